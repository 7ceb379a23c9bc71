// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/xtc_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch.
enum slot : std::size_t {
  values,
  inverses,
  wide_basis,
  components,
  offsets,
  steps,
  symbols,
  listed
};

// With these no sum of a channel leaves int32: |basis| is 2^12 at most.
constexpr std::uint32_t most_sum = (1U << 19) - 1;

// What a symbol decodes to lies in its step's cell: so many sixteenths beyond the step at the most.
constexpr std::uint32_t most_rest = 11;

/// The basis of a group as float, [channels][kept].
void widen_basis(std::span<const std::int16_t> basis, std::size_t size, std::size_t kept,
                 std::span<float> wide) {
  for (std::size_t c = 0; c < size; ++c) {
    for (std::size_t i = 0; i < kept; ++i) {
      wide[c * kept + i] = basis[basis_index(size, i, c)];
    }
  }
}

/// Writes bits one after the other.
class bit_writer {
public:
  explicit bit_writer(std::byte* to) : to_(to) {}
  void put(unsigned bit) noexcept {
    held_ |= std::uint64_t{bit} << count_;
    if (++count_ == 64) {
      write(sizeof held_);
    }
  }
  /// Zeros up to a whole byte.
  void finish() noexcept { write((count_ + 7) / 8); }

private:
  void write(std::size_t bytes) noexcept {
    std::memcpy(to_, &held_, bytes);
    to_ += bytes;
    held_ = 0;
    count_ = 0;
  }

  std::byte* to_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

/// Steps of some tokens as symbols, and those beyond the reach of their tables.
struct symbol_writer {
  const xtc_plan& plan;
  const xtc_loops& loops;
  const xtc_tables& tables = xtc_tables_of_all();

  /// How many are listed; nothing when more than there is room for, or when a sum of decoded
  /// numbers is too large.
  [[nodiscard]] std::optional<std::size_t> write(std::span<const std::int16_t> steps,
                                                 std::uint8_t* symbols,
                                                 std::span<std::int16_t> listed) const {
    std::size_t count = 0;
    for (std::size_t token = 0; token < steps.size(); token += plan.symbols()) {
      for (const auto& group : plan.groups()) {
        const auto here = steps.subspan(token + group.symbols, group.kept);
        const auto done = loops.symbols(here.data(), here.size(), plan.coding(group.symbols),
                                        symbols + token + group.symbols);
        if (16 * done.sum + most_rest * group.kept > most_sum) {
          return std::nullopt;
        }
        for (std::size_t i = 0; done.beyond && i < here.size(); ++i) {
          if (symbols[token + group.symbols + i] == 0) {
            if (count == listed.size()) {
              return std::nullopt;
            }
            listed[count++] =
              static_cast<std::int16_t>(here[i] >> plan.shifts()[group.symbols + i]);
          }
        }
      }
    }
    return count;
  }

  void write_bits(std::span<const std::int16_t> steps, std::byte* out) const {
    bit_writer bits(out);
    for (unsigned weight = 0; weight < xtc_most_shift; ++weight) {
      for (std::size_t token = 0; plan.bits(weight) > 0 && token < steps.size();
           token += plan.symbols()) {
        for (const auto& group : plan.groups()) {
          // Those that have such a bit are its first: spreads fall.
          for (std::size_t i = group.symbols;
               i < group.symbols + group.kept && plan.shifts()[i] > weight; ++i) {
            bits.put(static_cast<unsigned>(steps[token + i] >> weight) & 1U);
          }
        }
      }
    }
    bits.finish();
  }
};

template <class T>
std::size_t put(std::span<std::byte> out, std::size_t at, std::span<const T> from) {
  if (!from.empty()) {
    std::memcpy(out.data() + at, from.data(), from.size_bytes());
  }
  return at + from.size_bytes();
}

}  // namespace

core::result<std::size_t> xtc_codec::encode(const segment& shape, std::span<const std::byte> raw,
                                            std::span<std::byte> out, scratch& work) const {
  CELLARD_TRY(check(shape));
  if (!numbers_.all_finite(shape.type, raw.data(), shape.count())) {
    return core::fail(core::errc::invalid_argument,
                      "{} of layer {} have values that are not finite, which {} cannot hold: "
                      "lossless can",
                      shape.what == side::keys ? "keys" : "values", shape.layer, name_);
  }
  const xtc_plan plan(shape.learned->part(shape.layer, shape.what), level_);
  const auto rounded = work.take<std::int16_t>(steps, plan.symbols() * shape.tokens);
  if (!turn(shape, plan, raw, rounded.data(), work)) {
    return core::fail(core::errc::invalid_argument,
                      "{} of layer {} lie more than {} steps from their mean: they are not what "
                      "the profile was learned from",
                      shape.what == side::keys ? "keys" : "values", shape.layer, xtc_largest);
  }
  return write(shape, plan, rounded, out, work);
}

/// Values to whole steps, [tokens][symbols]. False when one is too large.
bool xtc_codec::turn(const segment& shape, const xtc_plan& plan, std::span<const std::byte> raw,
                     std::int16_t* to, scratch& work) const {
  const auto part = shape.learned->part(shape.layer, shape.what);
  const std::size_t channels = shape.channels();
  const auto scaled = work.take<float>(values, shape.count());
  numbers_.widen(shape.type, raw.data(), shape.count(), scaled.data());
  if (shape.what == side::keys && shape.rope != nullptr) {
    rope_.undo(*shape.rope, {0, shape.tokens}, shape.heads, shape.dim, scaled.data());
  }
  const auto inverse = work.take<float>(inverses, channels);
  std::transform(part.scales.begin(), part.scales.end(), inverse.begin(),
                 [](float scale) { return 1 / scale; });
  for (std::size_t token = 0; token < shape.tokens; ++token) {
    xtc_.scale(part.means.data(), inverse.data(), channels, scaled.data() + token * channels);
  }
  // Wide components are rounded to the nearest step; narrow ones, which are mostly near zero, later
  // to one: fewer bits for the same error.
  const auto rounding = work.take<float>(offsets, plan.symbols());
  std::transform(plan.shifts().begin(), plan.shifts().end(), rounding.begin(),
                 [](std::uint8_t shift) { return shift == 0 ? 0.35F : 0.5F; });
  const float step = std::ldexp(1.0F, static_cast<int>(level_) - static_cast<int>(basis_bits));
  bool within = true;
  for (std::size_t at = 0; at < part.groups; ++at) {
    const auto& group = plan.groups()[at];
    const auto wide = work.take<float>(wide_basis, part.size * group.kept);
    widen_basis(part.basis_of(at), part.size, group.kept, wide);
    const auto turned = work.take<float>(components, group.kept * shape.tokens);
    xtc_.forward(scaled.data() + at * part.size, channels, shape.tokens, wide.data(), part.size,
                 group.kept, turned.data());
    for (std::size_t token = 0; token < shape.tokens; ++token) {
      within =
        xtc_.round(turned.data() + token * group.kept, group.kept, step,
                   rounding.data() + group.symbols, to + token * plan.symbols() + group.symbols)
        && within;
    }
  }
  return within;
}

core::result<std::size_t> xtc_codec::write(const segment& shape, const xtc_plan& plan,
                                           std::span<const std::int16_t> from,
                                           std::span<std::byte> out, scratch& work) const {
  const symbol_writer writer{plan, xtc_};
  const xtc_streams streams(shape);
  xtc_head{level_, shape.what == side::keys && shape.rope != nullptr}.write(out);
  std::size_t at = xtc_head::bytes + streams.count() * xtc_stream_bytes;
  for (std::uint32_t index = 0; index < streams.count(); ++index) {
    const auto tokens = streams.at(index);
    const auto part = from.subspan(tokens.first * plan.symbols(), tokens.count * plan.symbols());
    const auto coded = work.take<std::uint8_t>(symbols, part.size());
    const auto beyond = work.take<std::int16_t>(listed, 1 + part.size() / xtc_listed_share);
    const auto count = writer.write(part, coded.data(), beyond);
    if (!count) {
      return core::fail(core::errc::invalid_argument,
                        "more than one in {} numbers of {} of layer {} lies where the profile "
                        "expects none, or they are too large together: take another codec, or a "
                        "profile of such texts",
                        xtc_listed_share, shape.what == side::keys ? "keys" : "values",
                        shape.layer);
    }
    const std::size_t bytes = part.empty()
                                ? 0
                                : rans_encode(loops_, writer.tables.rows, plan.encoding(), xtc_bits,
                                              coded, out.subspan(at));
    const std::array<std::uint32_t, 2> entry{static_cast<std::uint32_t>(bytes),
                                             static_cast<std::uint32_t>(*count)};
    put<std::uint32_t>(out, xtc_head::bytes + index * xtc_stream_bytes, entry);
    at = put<std::int16_t>(out, at + bytes, beyond.first(*count));
    const std::size_t low = plan.bit_bytes(tokens.count);
    writer.write_bits(part, out.data() + at);
    at += low;
  }
  return at;
}

}  // namespace cellard::gpu::host
