// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/lossless.hpp"
#include "gpu/host/lossless_format.hpp"
#include "gpu/host/rans.hpp"

#include <bit>
#include <cstring>
#include <optional>

namespace cellard::gpu::host {
namespace {

using namespace lossless_format;
using core::errc;
using core::fail;

/// Writes to the front of what is left; false when it does not fit.
class output {
public:
  explicit output(std::span<std::byte> to) : to_(to) {}

  [[nodiscard]] std::size_t size() const noexcept { return used_; }

  /// The next `bytes` bytes; empty when they do not fit.
  [[nodiscard]] std::byte* claim(std::size_t bytes) noexcept {
    if (bytes > to_.size() - used_) {
      return nullptr;
    }
    used_ += bytes;
    return to_.data() + used_ - bytes;
  }

  [[nodiscard]] bool append(const void* from, std::size_t bytes) noexcept {
    std::byte* const at = claim(bytes);
    if (at == nullptr) {
      return false;
    }
    std::memcpy(at, from, bytes);
    return true;
  }

private:
  std::span<std::byte> to_;
  std::size_t used_ = 0;
};

/// Counts of all symbols, or of 64 of every 4096 when there are many and a table that
/// leaves some out is good enough.
std::vector<std::uint64_t> counts_of(const lossless_loops& loops, const shape_of& shape,
                                     std::span<const std::byte> raw, bool all, scratch& work) {
  constexpr std::size_t sample = 64;
  const auto symbols = work.take<std::uint8_t>(symbol_slot, run_values);
  const auto rest = work.take<std::byte>(rest_slot, run_values * shape.rest_bytes);
  // Four counters a symbol: equal neighbours would wait for each other.
  std::vector<std::uint64_t> counts(4 * rans_symbols);
  const bool some = !all && shape.count > 4 * run_values;
  for (std::size_t first = 0; first < shape.count; first += run_values) {
    const std::size_t count = std::min(some ? sample : run_values, shape.count - first);
    loops.split[shape.type](raw.data() + first * shape.value_bytes, count, symbols.data(),
                            rest.data());
    for (std::size_t i = 0; i < count; ++i) {
      ++counts[(i % 4) * rans_symbols + symbols[i]];
    }
  }
  for (std::size_t i = 0; i < rans_symbols; ++i) {
    counts[i] +=
      counts[i + rans_symbols] + counts[i + 2 * rans_symbols] + counts[i + 3 * rans_symbols];
  }
  counts.resize(rans_symbols);
  return counts;
}

/// The 14 neighbours that occur most often; zero has a code of its own.
nibble_code best_code(std::span<const std::uint64_t> counts) {
  nibble_code best{1};
  std::uint64_t covered = 0;
  std::uint64_t most = 0;
  for (std::size_t end = 1; end < counts.size(); ++end) {
    covered += counts[end];
    covered -= end > nibble_code::zero ? counts[end - nibble_code::zero] : 0;
    if (covered > most) {
      most = covered;
      best.base = static_cast<std::uint8_t>(std::max<std::size_t>(end, nibble_code::zero)
                                            - nibble_code::zero + 1);
    }
  }
  return best;
}

/// Lists the escapes of one group, which begins at value `begin` of its chunk. A few values of a
/// thousand are escapes, so eight bytes of nibbles are looked at together.
bool write_escapes(const std::byte* nibbles, const std::uint8_t* symbols, std::size_t begin,
                   std::size_t& left, output& to) {
  for (std::size_t at = 0; at < nibble_group / 2; at += sizeof(std::uint64_t)) {
    std::uint64_t codes = 0;
    std::memcpy(&codes, nibbles + at, sizeof codes);
    codes &= codes >> 1;
    codes &= codes >> 2;
    codes &= 0x1111111111111111U;  // the lowest bit of each nibble whose four bits are set
    for (; codes != 0; codes &= codes - 1) {
      const auto nibble = static_cast<std::size_t>(std::countr_zero(codes)) / 4;
      const std::size_t place = at + nibble / 2 + (nibble % 2) * (nibble_group / 2);
      const auto index = static_cast<std::uint16_t>(begin + place);
      if (left-- == 0 || !to.append(&index, 2) || !to.append(&symbols[place], 1)) {
        return false;
      }
    }
  }
  return true;
}

/// One chunk in nibbles; false when it does not fit or has too many escapes.
bool write_nibbles(const lossless_loops& loops, const shape_of& shape, nibble_code code,
                   std::span<const std::byte> raw, output& to, scratch& work) {
  const std::size_t count = raw.size() / shape.value_bytes;
  std::byte* rest = to.claim(count * shape.rest_bytes);
  std::byte* nibbles = rest == nullptr ? nullptr : to.claim(nibble_bytes(count));
  if (nibbles == nullptr) {
    return false;
  }
  const auto symbols = work.take<std::uint8_t>(symbol_slot, run_values);
  std::size_t escapes_left = count / 50 + 8;
  for (std::size_t first = 0; first < count; first += run_values) {
    const std::size_t run = std::min(run_values, count - first);
    loops.split[shape.type](raw.data() + first * shape.value_bytes, run, symbols.data(),
                            rest + first * shape.rest_bytes);
    const std::size_t groups = (run + nibble_group - 1) / nibble_group;
    std::fill(symbols.begin() + static_cast<std::ptrdiff_t>(run),
              symbols.begin() + static_cast<std::ptrdiff_t>(groups * nibble_group),
              std::uint8_t{0});
    std::uint64_t escapes = loops.pack(code, symbols.data(), groups, nibbles + first / 2);
    for (; escapes != 0; escapes &= escapes - 1) {
      const auto group = static_cast<std::size_t>(std::countr_zero(escapes));
      const std::size_t begin = first + group * nibble_group;
      if (!write_escapes(nibbles + begin / 2, symbols.data() + group * nibble_group, begin,
                         escapes_left, to)) {
        return false;
      }
    }
  }
  return true;
}

std::optional<std::size_t> encode_nibbles(const lossless_loops& loops, const shape_of& shape,
                                          std::span<const std::byte> raw, std::span<std::byte> out,
                                          scratch& work) {
  output to(out);
  const nibble_code code = best_code(counts_of(loops, shape, raw, false, work));
  std::array<std::uint8_t, 1 + table_codes> head{kind_nibbles};
  for (std::size_t i = 0; i < nibble_code::zero; ++i) {
    head[1 + i] = static_cast<std::uint8_t>(code.base + i);
  }
  if (!to.append(head.data(), head.size())) {
    return std::nullopt;
  }
  std::byte* const ends = to.claim(shape.chunks * sizeof(std::uint32_t));
  const std::size_t begin = to.size();
  for (std::size_t chunk = 0; chunk < shape.chunks; ++chunk) {
    const auto part = raw.subspan(chunk * chunk_values * shape.value_bytes,
                                  shape.values_in(chunk) * shape.value_bytes);
    if (ends == nullptr || !write_nibbles(loops, shape, code, part, to, work)) {
      return std::nullopt;
    }
    const auto end = static_cast<std::uint32_t>(to.size() - begin);
    std::memcpy(ends + chunk * sizeof end, &end, sizeof end);
  }
  return to.size();
}

bool write_shares(std::span<const std::uint16_t> shares, output& to) {
  constexpr std::uint16_t low = 0x7f;
  for (const std::uint16_t share : shares) {
    const std::array<std::uint8_t, 2> bytes{
      static_cast<std::uint8_t>(share > low ? (share & low) | 0x80U : share),
      static_cast<std::uint8_t>(share >> 7)};
    if (!to.append(bytes.data(), share > low ? 2 : 1)) {
      return false;
    }
  }
  return true;
}

std::optional<std::size_t> encode_rans(const lossless_loops& loops, level rounds,
                                       const shape_of& shape, std::span<const std::byte> raw,
                                       std::span<std::byte> out, scratch& work) {
  static const rans_order one_table;
  output to(out);
  const auto shares = rans_shares(counts_of(loops, shape, raw, true, work), rans_bits);
  const auto rows = work.take<std::uint32_t>(rows_slot, rans_symbols);
  rans_fill_rows(shares, rows);
  const std::uint8_t head = kind_rans;
  if (!to.append(&head, 1) || !write_shares(shares, to)) {
    return std::nullopt;
  }
  std::byte* const ends = to.claim(shape.chunks * sizeof(std::uint32_t));
  const std::size_t begin = to.size();
  for (std::size_t chunk = 0; chunk < shape.chunks; ++chunk) {
    const std::size_t count = shape.values_in(chunk);
    std::byte* const rest = ends == nullptr ? nullptr : to.claim(count * shape.rest_bytes);
    if (rest == nullptr) {
      return std::nullopt;
    }
    const auto symbols = work.take<std::uint8_t>(symbol_slot, count);
    const auto stream = work.take<std::byte>(stream_slot, rans_bound(count));
    loops.split[shape.type](raw.data() + chunk * chunk_values * shape.value_bytes, count,
                            symbols.data(), rest);
    if (!to.append(stream.data(),
                   rans_encode(rounds, rows, one_table, rans_bits, symbols, stream))) {
      return std::nullopt;
    }
    const auto end = static_cast<std::uint32_t>(to.size() - begin);
    std::memcpy(ends + chunk * sizeof end, &end, sizeof end);
  }
  return to.size();
}

}  // namespace

lossless_codec::lossless_codec(strength how, level loops)
  : how_(how),
    level_(loops),
    loops_(lossless_loops_of(loops)) {
}

std::string_view lossless_codec::name() const noexcept {
  return how_ == strength::nibbles ? "lossless" : "lossless-rans";
}

std::size_t lossless_codec::bound(const segment& shape) const noexcept {
  return 1 + shape.raw_bytes();
}

core::result<std::size_t> lossless_codec::encode(const segment& segment,
                                                 std::span<const std::byte> raw,
                                                 std::span<std::byte> out, scratch& work) const {
  if (core::element_bytes(segment.type) == 0) {
    return fail(errc::invalid_argument, "{} needs values with a type, not bytes of no shape",
                name());
  }
  if (raw.empty()) {
    return std::size_t{0};
  }
  const shape_of shape(segment);
  const auto smaller = out.first(raw.size());
  const bool long_exponent = segment.type == core::dtype::bf16 || segment.type == core::dtype::f32;
  if (how_ == strength::nibbles && long_exponent) {
    if (const auto size = encode_nibbles(loops_, shape, raw, smaller, work)) {
      return *size;
    }
  }
  if (const auto size = encode_rans(loops_, level_, shape, raw, smaller, work)) {
    return *size;
  }
  out[0] = std::byte{kind_raw};
  std::memcpy(out.data() + 1, raw.data(), raw.size());
  return 1 + raw.size();
}

}  // namespace cellard::gpu::host
