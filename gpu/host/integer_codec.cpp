// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/integer_codec.hpp"

#include "gpu/rope_table.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch.
enum slot : std::size_t { tile_values, least_values, most_values, scales, inverses, codes, row };

core::dtype type_of(step_storage storage) noexcept {
  return storage == step_storage::f16 ? core::dtype::f16 : core::dtype::f32;
}

/// Whether no code of these groups decodes to infinity: a scale is rounded up, and rotation may add
/// one channel's error to another's value. (Other types have room, or saturate.)
bool f16_reaches(step_arrays steps, std::size_t groups, float top, float reach) {
  for (std::size_t i = 0; i < groups; ++i) {
    if (std::max(std::abs(steps.least[i]), std::abs(top * steps.scale[i] + steps.least[i]))
        > reach) {
      return false;
    }
  }
  return true;
}

/// Of the tile's steps, those of one of its tokens.
step_arrays of_token(const segment& shape, step_arrays steps, std::uint32_t token) {
  const std::size_t first = shape.what == side::keys ? 0 : std::size_t{token} * shape.heads;
  return {steps.scale + first, steps.least + first, steps.inverse + first};
}

step_arrays take_steps(std::size_t groups, scratch& work) {
  return {work.take<float>(scales, groups).data(), work.take<float>(least_values, groups).data(),
          work.take<float>(inverses, groups).data()};
}

}  // namespace

integer_codec::integer_codec(unsigned bits, level loops)
  : integer_codec_base(bits),
    numbers_(number_loops_of(loops)),
    rope_(rope_loops_of(loops)),
    integers_(integer_loops_of(loops)) {
}

core::result<std::size_t> integer_codec::encode(const segment& shape,
                                                std::span<const std::byte> raw,
                                                std::span<std::byte> out, scratch& work) const {
  CELLARD_TRY(check(shape));
  for (const step_storage storage : {step_storage::f16, step_storage::f32}) {
    const integer_head head{static_cast<std::uint8_t>(bits()), storage, rotates(shape)};
    auto held = encode_with(shape, head, raw, out, work);
    CELLARD_TRY(held);
    if (*held) {
      return integer_tiles(shape, head).bytes();
    }
  }
  return tl::unexpected(not_held(shape));
}

/// False when `head.storage` does not hold a step.
core::result<bool> integer_codec::encode_with(const segment& shape, const integer_head& head,
                                              std::span<const std::byte> raw,
                                              std::span<std::byte> out, scratch& work) const {
  const integer_tiles tiles(shape, head);
  const std::size_t token_bytes = shape.channels() * core::element_bytes(shape.type);
  head.write(out);
  for (std::uint32_t i = 0; i < tiles.count(); ++i) {
    const auto tile = tiles.at(i);
    source from{shape.type, raw.data() + tile.first * token_bytes};
    if (!numbers_.all_finite(from.type, from.values, tile.tokens * shape.channels())) {
      return tl::unexpected(not_finite(shape));
    }
    from = rotated_back(shape, tile, from, work);
    const step_arrays steps = take_steps(tile.groups, work);
    if (!steps_of(shape, tile, head.storage, from, steps, work)) {
      return false;
    }
    const core::dtype stored = type_of(head.storage);
    numbers_.narrow(stored, steps.scale, tile.groups, out.data() + tile.scales);
    if (!symmetric()) {
      numbers_.narrow(stored, steps.least, tile.groups, out.data() + tile.leasts);
    }
    for (std::uint32_t token = 0; token < tile.tokens; ++token) {
      const source row{from.type,
                       from.values + token * shape.channels() * core::element_bytes(from.type)};
      encode_token(shape, row, of_token(shape, steps, token),
                   out.data() + tile.codes + token * tiles.row_bytes(), work);
    }
  }
  return true;
}

integer_codec::source integer_codec::rotated_back(const segment& shape,
                                                  const integer_tiles::tile& tile, source from,
                                                  scratch& work) const {
  if (!rotates(shape)) {
    return from;
  }
  const auto values = work.take<float>(tile_values, tile.tokens * shape.channels());
  numbers_.widen(from.type, from.values, values.size(), values.data());
  rope_.undo(*shape.rope, {tile.first, tile.tokens}, shape.heads, shape.dim, values.data());
  return {core::dtype::f32, std::as_bytes(values).data()};
}

bool integer_codec::steps_of(const segment& shape, const integer_tiles::tile& tile,
                             step_storage storage, source from, step_arrays to,
                             scratch& work) const {
  const auto type = static_cast<std::size_t>(from.type);
  float* most = work.take<float>(most_values, tile.groups).data();
  if (shape.what == side::keys) {
    integers_.channel_ranges[type](from.values, tile.tokens, tile.groups, to.least, most);
  } else {
    integers_.row_ranges[type](from.values, tile.groups, shape.dim, to.least, most);
  }
  const auto loop = symmetric() ? integers_.symmetric_steps : integers_.asymmetric_steps;
  const float top = symmetric() ? 127.0F : static_cast<float>((1U << bits()) - 1);
  return loop(to.least, most, tile.groups, top, storage, to)
         && (shape.type != core::dtype::f16
             || f16_reaches(to, tile.groups, top, rotates(shape) ? f16_rotated_reach : f16_reach));
}

void integer_codec::encode_token(const segment& shape, source from, step_arrays steps,
                                 std::byte* to, scratch& work) const {
  const auto type = static_cast<std::size_t>(from.type);
  const std::size_t channels = shape.channels();
  const float lowest = symmetric() ? -127.0F : 0.0F;
  const float highest = symmetric() ? 127.0F : static_cast<float>((1U << bits()) - 1);
  auto* packed = symmetric() ? reinterpret_cast<std::int8_t*>(to)
                             : work.take<std::int8_t>(codes, channels).data();
  if (shape.what == side::keys) {
    integers_.encode_channels[type](from.values, channels, steps, lowest, highest, packed);
  } else {
    integers_.encode_rows[type](from.values, shape.heads, shape.dim, steps, lowest, highest,
                                packed);
  }
  if (!symmetric()) {
    integers_.pack.at(bits())(packed, channels, to);
  }
}

core::result<core::ok_t> integer_codec::decode(const segment& shape,
                                               std::span<const std::byte> encoded,
                                               token_range wanted, std::span<std::byte> out,
                                               scratch& work) const {
  CELLARD_TRY(check(shape));
  const auto head = read_head(shape, encoded);
  CELLARD_TRY(head);
  const integer_tiles tiles(shape, *head);
  const std::size_t token_bytes = shape.channels() * core::element_bytes(shape.type);
  for (std::uint32_t i = 0; i < tiles.count(); ++i) {
    const auto tile = tiles.at(i);
    const std::uint32_t first = std::max(tile.first, wanted.first);
    const std::uint32_t end = std::min(tile.first + tile.tokens, wanted.first + wanted.count);
    if (first >= end) {
      continue;
    }
    const step_arrays steps = take_steps(tile.groups, work);
    if (!read_steps(tile, head->storage, encoded, steps)) {
      return tl::unexpected(bad_step(shape));
    }
    for (std::uint32_t token = first; token < end; ++token) {
      const std::uint32_t within = token - tile.first;
      const std::byte* packed = encoded.data() + tile.codes + within * tiles.row_bytes();
      const std::int8_t* unpacked = reinterpret_cast<const std::int8_t*>(packed);
      if (!symmetric()) {
        auto room = work.take<std::int8_t>(codes, shape.channels());
        integers_.unpack.at(head->bits)(packed, room.size(), room.data());
        unpacked = room.data();
      }
      decode_token(shape, token, unpacked, of_token(shape, steps, within),
                   out.data() + (token - wanted.first) * token_bytes, work);
    }
  }
  return core::ok_t{};
}

/// Copies the steps of a tile, then looks at the copy: within these limits all that is decoded is
/// finite, and the same on every level.
bool integer_codec::read_steps(const integer_tiles::tile& tile, step_storage storage,
                               std::span<const std::byte> encoded, step_arrays to) const {
  const core::dtype stored = type_of(storage);
  numbers_.widen(stored, encoded.data() + tile.scales, tile.groups, to.scale);
  if (symmetric()) {
    std::fill_n(to.least, tile.groups, 0.0F);
  } else {
    numbers_.widen(stored, encoded.data() + tile.leasts, tile.groups, to.least);
  }
  if (storage == step_storage::f32) {
    const auto within = [](float step) {
      return std::abs(step) <= 2 * largest_value;
    };
    std::for_each_n(to.scale, tile.groups, [](float& scale) {
      scale = std::bit_cast<float>(std::bit_cast<std::uint32_t>(scale) & ~f32_scale_cut);
    });
    return std::all_of(to.scale, to.scale + tile.groups, within)
           && std::all_of(to.least, to.least + tile.groups, within);
  }
  const auto finite = [&](const float* steps) {
    return numbers_.all_finite(core::dtype::f32, reinterpret_cast<const std::byte*>(steps),
                               tile.groups);
  };
  return finite(to.scale) && finite(to.least);
}

void integer_codec::decode_token(const segment& shape, std::uint32_t token, const std::int8_t* from,
                                 step_arrays steps, std::byte* to, scratch& work) const {
  if (!rotates(shape)) {
    decode_codes(shape, from, steps, shape.type, to);
    return;
  }
  const auto values = work.take<float>(row, shape.channels());
  decode_codes(shape, from, steps, core::dtype::f32, std::as_writable_bytes(values).data());
  rope_.rotate(*shape.rope, {token, 1}, shape.heads, shape.dim, values.data());
  numbers_.narrow(shape.type, values.data(), values.size(), to);
}

void integer_codec::decode_codes(const segment& shape, const std::int8_t* from, step_arrays steps,
                                 core::dtype type, std::byte* to) const {
  const auto index = static_cast<std::size_t>(type);
  if (shape.what == side::keys) {
    integers_.decode_channels[index](from, shape.channels(), steps, to);
  } else {
    integers_.decode_rows[index](from, shape.heads, shape.dim, steps, to);
  }
}

}  // namespace cellard::gpu::host
