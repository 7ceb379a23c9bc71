// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/xtc_plan.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::gpu::host {
namespace {

constexpr std::uint8_t rotated_flag = 2;

rans_order order_of(std::span<const std::uint8_t> tables, std::size_t rows) {
  if (tables.empty()) {
    return {};
  }
  std::vector<std::uint32_t> starts(tables.size());
  std::transform(tables.begin(), tables.end(), starts.begin(),
                 [&](std::uint8_t table) { return static_cast<std::uint32_t>(table * rows); });
  return rans_order(std::move(starts));
}

}  // namespace

void xtc_head::write(std::span<std::byte> out) const noexcept {
  const std::array<std::uint8_t, bytes> head{static_cast<std::uint8_t>(level),
                                             rotated_back ? rotated_flag : std::uint8_t{0}};
  std::memcpy(out.data(), head.data(), bytes);
}

std::optional<xtc_head> xtc_head::read(std::span<const std::byte> encoded) noexcept {
  std::array<std::uint8_t, bytes> head;
  if (encoded.size() < bytes) {
    return std::nullopt;
  }
  std::memcpy(head.data(), encoded.data(), bytes);
  if (head[0] > xtc_most_level || (head[1] & ~rotated_flag) != 0
      || !std::all_of(head.begin() + 2, head.end(), [](auto byte) { return byte == 0; })) {
    return std::nullopt;
  }
  return xtc_head{head[0], head[1] != 0};
}

xtc_streams::xtc_streams(const segment& shape) noexcept : tokens_(shape.tokens) {
  constexpr std::size_t least_tokens = 64;
  constexpr std::size_t least_values = 32768;  // 128 bytes of states are a small part then
  const std::size_t tokens =
    std::max(least_tokens, (least_values + shape.channels() - 1) / shape.channels());
  count_ = static_cast<std::uint32_t>(std::max<std::size_t>(1, (tokens_ + tokens / 2) / tokens));
}

token_range xtc_streams::at(std::uint32_t index) const noexcept {
  const auto begin = [&](std::uint64_t i) {
    return static_cast<std::uint32_t>(i * tokens_ / count_);
  };
  return {begin(index), begin(index + std::uint64_t{1}) - begin(index)};
}

xtc_plan::xtc_plan(const profile_part& part, unsigned level) {
  for (std::size_t at = 0; at < part.groups; ++at) {
    group here{0, tables_.size(), 0, numbers_, bits_};
    for (const std::int8_t spread : part.spreads.subspan(at * part.size, part.size)) {
      const int width = std::min(spread + 2 * static_cast<int>(level), xtc_most_width);
      if (width < xtc_least_width) {
        break;  // spreads fall
      }
      const unsigned table = xtc_table(width);
      const unsigned shift = xtc_shift(width);
      tables_.push_back(static_cast<std::uint8_t>(table));
      shifts_.push_back(static_cast<std::uint8_t>(shift));
      factors_.push_back(static_cast<std::int16_t>(1U << (14 - shift)));
      reaches_.push_back(static_cast<std::int16_t>(xtc_tables_of_all().reach.at(table)));
      starts_.push_back(static_cast<std::int32_t>(table * rans_symbols));
      weights_.push_back(1 << shift);
      for (unsigned weight = 0; weight < xtc_shift(width); ++weight) {
        ++bits_.at(weight);
      }
      places_.push_back(static_cast<std::uint32_t>(here.numbers + here.kept));
      ++here.kept;
    }
    here.pairs = (here.kept + 1) / 2;
    numbers_ += 2 * here.pairs;
    groups_.push_back(here);
  }
  encoding_ = order_of(tables_, rans_symbols);
  decoding_ = order_of(tables_, xtc_slots);
}

std::size_t xtc_plan::first_bit(unsigned weight, std::size_t tokens) const noexcept {
  std::size_t bits = 0;
  for (unsigned before = 0; before < weight; ++before) {
    bits += tokens * bits_.at(before);
  }
  return bits;
}

}  // namespace cellard::gpu::host
