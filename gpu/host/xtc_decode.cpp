// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/xtc_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch.
enum slot : std::size_t { symbols, others, low_bits, numbers, factors, values };

constexpr float largest_f16 = 65504;

core::result<core::ok_t> corrupt(const segment& shape, std::string_view name, const char* why) {
  return core::fail(core::errc::corrupt, "{} of layer {}: bytes that {} does not write: {}",
                    shape.what == side::keys ? "keys" : "values", shape.layer, name, why);
}

/// The part of `wanted` that lies in `tokens`.
token_range common(token_range wanted, token_range tokens) {
  const std::uint32_t begin = std::max(wanted.first, tokens.first);
  const std::uint32_t end = std::min(wanted.first + wanted.count, tokens.first + tokens.count);
  return {begin, end > begin ? end - begin : 0};
}

int bit_at(std::span<const std::byte> bits, std::size_t at) noexcept {
  return std::to_integer<int>(bits[at / 8]) >> (at % 8) & 1;
}

/// Symbols of one stream to numbers, in sixteenths of a step.
struct number_reader {
  const xtc_plan& plan;
  const xtc_loops& loops;
  std::size_t stream_tokens;
  std::span<const std::byte> bits;  // a copy
  const xtc_tables& tables = xtc_tables_of_all();

  /// All but the low bits, which `add_bits` adds; a listed number is written by the caller.
  void write(const std::uint8_t* from, std::int16_t* to) const noexcept {
    for (const auto& group : plan.groups()) {
      loops.numbers(from + group.symbols, group.kept, tables.numbers.data(),
                    plan.starts(group.symbols), plan.weights(group.symbols), to + group.numbers);
      if (group.kept % 2 == 1) {
        to[group.numbers + group.kept] = 0;
      }
    }
  }

  void add_bits(std::size_t token, std::int16_t* to) const noexcept {
    for (unsigned weight = 0; weight < xtc_most_shift; ++weight) {
      const std::size_t first = plan.first_bit(weight, stream_tokens) + token * plan.bits(weight);
      for (const auto& group : plan.groups()) {
        std::size_t at = first + group.bits.at(weight);
        for (std::size_t i = 0; i < group.kept && plan.shifts()[group.symbols + i] > weight;
             ++i, ++at) {
          to[group.numbers + i] =
            static_cast<std::int16_t>(to[group.numbers + i] + (bit_at(bits, at) << (weight + 4)));
        }
      }
    }
  }
};

}  // namespace

core::result<core::ok_t> xtc_codec::decode(const segment& shape, std::span<const std::byte> encoded,
                                           token_range wanted, std::span<std::byte> out,
                                           scratch& work) const {
  if (const auto good = check(shape); !good) {
    return core::fail(core::errc::corrupt, "{}", good.error().context());
  }
  const auto head = xtc_head::read(encoded);
  if (!head || head->rotated_back != (shape.what == side::keys && shape.rope != nullptr)) {
    return corrupt(shape, name_, "no head of this format, or of keys that were rotated otherwise");
  }
  const xtc_plan plan(shape.learned->part(shape.layer, shape.what), head->level);
  const auto streams = find_streams(shape, plan, encoded);
  CELLARD_TRY(streams);
  const std::size_t token_bytes = shape.channels() * core::element_bytes(shape.type);
  std::vector<const stream*> needed;
  for (const auto& each : *streams) {
    if (common(wanted, each.tokens).count > 0) {
      needed.push_back(&each);
    }
  }
  for (std::size_t i = 0; i < needed.size(); i += 2) {
    const std::span pair(needed.data() + i, std::min<std::size_t>(2, needed.size() - i));
    std::array<std::span<std::uint8_t>, 2> read_symbols;
    CELLARD_TRY(read_pair(plan, pair, read_symbols, work));
    for (std::size_t k = 0; k < pair.size(); ++k) {
      const auto part = common(wanted, pair[k]->tokens);
      const auto read = work.take<std::int16_t>(numbers, part.count * plan.numbers());
      CELLARD_TRY(read_numbers(shape, plan, *pair[k], read_symbols.at(k), part, read.data(), work));
      turn_back(shape, plan, head->level, part, read.data(),
                out.data() + (part.first - wanted.first) * token_bytes, work);
    }
  }
  return core::ok_t{};
}

/// Where each stream lies. All lengths are copied once, and fit afterwards.
core::result<std::vector<xtc_codec::stream>>
xtc_codec::find_streams(const segment& shape, const xtc_plan& plan,
                        std::span<const std::byte> encoded) const {
  const xtc_streams cut(shape);
  std::size_t at = xtc_head::bytes + cut.count() * xtc_stream_bytes;
  std::vector<stream> out;
  for (std::uint32_t i = 0; i < cut.count() && at <= encoded.size(); ++i) {
    std::array<std::uint32_t, 2> entry;
    std::memcpy(entry.data(), encoded.data() + xtc_head::bytes + i * xtc_stream_bytes,
                sizeof entry);
    const auto tokens = cut.at(i);
    const std::size_t listed = entry[1] * sizeof(std::int16_t);
    const std::size_t bits = plan.bit_bytes(tokens.count);
    const std::size_t left = encoded.size() - at;
    if (entry[0] > left || listed > left - entry[0] || bits > left - entry[0] - listed
        || (plan.symbols() == 0 && entry[0] != 0)) {
      break;
    }
    out.push_back({tokens, encoded.subspan(at, entry[0]), encoded.subspan(at + entry[0], listed),
                   encoded.subspan(at + entry[0] + listed, bits)});
    at += entry[0] + listed + bits;
  }
  if (out.size() != cut.count() || at != encoded.size()) {
    return core::fail(core::errc::corrupt,
                      "{} of layer {}: {} bytes are not {} streams of {} for {} tokens",
                      shape.what == side::keys ? "keys" : "values", shape.layer, encoded.size(),
                      cut.count(), name_, shape.tokens);
  }
  return out;
}

/// The symbols of one stream, or of two at once.
core::result<core::ok_t> xtc_codec::read_pair(const xtc_plan& plan,
                                              std::span<const stream* const> from,
                                              std::array<std::span<std::uint8_t>, 2>& to,
                                              scratch& work) const {
  for (std::size_t k = 0; k < from.size(); ++k) {
    to.at(k) =
      work.take<std::uint8_t>(k == 0 ? symbols : others, from[k]->tokens.count * plan.symbols());
  }
  if (plan.symbols() == 0) {
    return core::ok_t{};
  }
  const auto& slots = xtc_tables_of_all().slots;
  if (from.size() == 1) {
    return rans_decode(loops_, slots, plan.decoding(), xtc_bits, from[0]->symbols, to[0]);
  }
  return rans_decode(loops_, slots, plan.decoding(), xtc_bits,
                     {{{from[0]->symbols, to[0]}, {from[1]->symbols, to[1]}}});
}

/// Numbers of the tokens `part`, [tokens][plan.numbers()].
core::result<core::ok_t> xtc_codec::read_numbers(const segment& shape, const xtc_plan& plan,
                                                 const stream& from,
                                                 std::span<const std::uint8_t> coded,
                                                 token_range part, std::int16_t* to,
                                                 scratch& work) const {
  const auto bits = work.take<std::byte>(low_bits, from.bits.size());
  if (!bits.empty()) {
    std::memcpy(bits.data(), from.bits.data(), bits.size());
  }
  const number_reader reader{plan, xtc_, from.tokens.count, bits};
  const std::size_t skipped = part.first - from.tokens.first;
  for (std::size_t token = 0; token < part.count; ++token) {
    reader.write(coded.data() + (skipped + token) * plan.symbols(), to + token * plan.numbers());
  }
  // Listed numbers come in the order of their symbols, so those of all tokens are counted.
  std::size_t next = 0;
  const auto zero_from = [&](std::size_t begin) {
    const void* at = std::memchr(coded.data() + begin, 0, coded.size() - begin);
    return at == nullptr
             ? coded.size()
             : static_cast<std::size_t>(static_cast<const std::uint8_t*>(at) - coded.data());
  };
  for (std::size_t index = coded.empty() ? 0 : zero_from(0); index < coded.size();
       index = zero_from(index + 1), ++next) {
    if ((next + 1) * sizeof(std::int16_t) > from.listed.size()) {
      return corrupt(shape, name_, "more symbols say that a number is listed than are");
    }
    std::int16_t high = 0;
    std::memcpy(&high, from.listed.data() + next * sizeof high, sizeof high);
    const std::size_t component = index % plan.symbols();
    const int most = (xtc_largest + 1) >> plan.shifts()[component];
    if (high < -most || high >= most) {
      return corrupt(shape, name_, "a listed number is too large");
    }
    const std::size_t token = index / plan.symbols();
    if (token >= skipped && token - skipped < part.count) {
      to[(token - skipped) * plan.numbers() + plan.number_of(component)] =
        static_cast<std::int16_t>(high * (16 << plan.shifts()[component]));
    }
  }
  if (next * sizeof(std::int16_t) != from.listed.size()) {
    return corrupt(shape, name_, "fewer symbols say that a number is listed than are");
  }
  for (std::size_t token = 0; token < part.count; ++token) {
    reader.add_bits(skipped + token, to + token * plan.numbers());
  }
  return core::ok_t{};
}

void xtc_codec::turn_back(const segment& shape, const xtc_plan& plan, unsigned level,
                          token_range part, const std::int16_t* from, std::byte* out,
                          scratch& work) const {
  const auto learned = shape.learned->part(shape.layer, shape.what);
  const std::size_t channels = shape.channels();
  // A number is sixteenths of a step of 2^-level, and a basis 2^12ths: exact, since no scale of a
  // profile is that small.
  const auto factor = work.take<float>(factors, channels);
  const float unit = std::ldexp(1.0F, -4 - static_cast<int>(basis_bits) - static_cast<int>(level));
  std::transform(learned.scales.begin(), learned.scales.end(), factor.begin(),
                 [&](float scale) { return scale * unit; });
  const auto turned = work.take<float>(values, part.count * channels);
  for (std::size_t at = 0; at < learned.groups; ++at) {
    const auto& group = plan.groups()[at];
    const std::size_t first = at * learned.size;
    xtc_.inverse(from + group.numbers, plan.numbers(), part.count, learned.basis_of(at).data(),
                 learned.size, group.pairs, factor.data() + first, learned.means.data() + first,
                 turned.data() + first, channels);
  }
  if (shape.what == side::keys && shape.rope != nullptr) {
    rope_.rotate(*shape.rope, part, shape.heads, shape.dim, turned.data());
  }
  if (shape.type == core::dtype::f16) {
    // What was near the largest number may come out above it: other types have room or saturate.
    for (float& value : turned) {
      value = std::clamp(value, -largest_f16, largest_f16);
    }
  }
  numbers_.narrow(shape.type, turned.data(), turned.size(), out);
}

}  // namespace cellard::gpu::host
