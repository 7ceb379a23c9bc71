// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/device_codecs/integer_codec.hpp"

#include "gpu/device_codecs/integer_launch.hpp"
#include "gpu/rope_table.hpp"

#include <algorithm>
#include <limits>

namespace cellard::gpu {
namespace {

using host::integer_head;
using host::integer_tiles;
using host::step_storage;

enum slot : std::size_t { raw_values, coded, finding_word, cosine_table, sine_table };

/// What no code may exceed: a scale is rounded up, and rotation adds one channel to another.
float reach_of(const segment& shape, bool rotates) {
  if (shape.type != core::dtype::f16) {
    return std::numeric_limits<float>::infinity();
  }
  return rotates ? host::f16_rotated_reach : host::f16_reach;
}

/// The tiles that hold `wanted`. @pre it is not empty
token_range tiles_of(const integer_tiles& tiles, token_range wanted) {
  token_range out;
  for (std::uint32_t i = 0; i < tiles.count(); ++i) {
    const auto tile = tiles.at(i);
    if (tile.first + tile.tokens <= wanted.first) {
      out.first = i + 1;
    } else if (tile.first < wanted.first + wanted.count) {
      ++out.count;
    }
  }
  return out;
}

}  // namespace

device_integer_codec::device_integer_codec(unsigned bits, std::shared_ptr<device> on)
  : integer_codec_base(bits),
    device_(std::move(on)) {
}

/// With room for what this head describes; queues the tables of the rotation.
core::result<kernels::integer_segment>
device_integer_codec::prepare(const segment& shape, const integer_head& head, stream& on) const {
  const integer_tiles tiles(shape, head);
  auto encoded = on.take(coded, tiles.bytes());
  CELLARD_TRY(encoded);
  auto found = on.take(finding_word, sizeof(unsigned));
  CELLARD_TRY(found);
  kernels::integer_segment out;
  out.encoded = *encoded;
  out.found = reinterpret_cast<unsigned*>(*found);
  out.tokens = shape.tokens;
  out.tiles = tiles.count();
  out.heads = shape.heads;
  out.dim = shape.dim;
  out.bits = head.bits;
  out.keys = shape.what == side::keys;
  out.wide_steps = head.storage == step_storage::f32;
  out.reach = reach_of(shape, rotates(shape));
  if (rotates(shape)) {
    const rope_table& table = *shape.rope;
    const std::size_t bytes = sizeof(float) * shape.tokens * table.pairs();
    auto cosines = on.take(cosine_table, bytes);
    CELLARD_TRY(cosines);
    auto sines = on.take(sine_table, bytes);
    CELLARD_TRY(sines);
    on.copy(*cosines, table.cosines(0).data(), bytes);
    on.copy(*sines, table.sines(0).data(), bytes);
    out.rotation = {reinterpret_cast<const float*>(*cosines),
                    reinterpret_cast<const float*>(*sines), table.pairs(),
                    table.pairing() == core::rope_descriptor::pairing_kind::half};
  }
  return out;
}

core::result<std::size_t> device_integer_codec::encode(const segment& shape,
                                                       std::span<const std::byte> raw,
                                                       std::span<std::byte> out,
                                                       scratch& /*work*/) const {
  CELLARD_TRY(check(shape));
  auto on = device_->open();
  CELLARD_TRY(on);
  const auto code_bits = static_cast<std::uint8_t>(bits());
  auto with = prepare(shape, {code_bits, step_storage::f32, rotates(shape)}, **on);
  CELLARD_TRY(with);
  auto values = (*on)->take(raw_values, raw.size());
  CELLARD_TRY(values);
  (*on)->copy(*values, raw.data(), raw.size());
  for (const step_storage storage : {step_storage::f16, step_storage::f32}) {
    const integer_head head{code_bits, storage, rotates(shape)};
    const std::size_t bytes = integer_tiles(shape, head).bytes();
    with->wide_steps = storage == step_storage::f32;
    unsigned found = 0;
    (*on)->zero(with->found, sizeof found);
    launch_encode(**on, shape.type, *with, *values);
    (*on)->copy(&found, with->found, sizeof found);
    (*on)->copy(out.data() + integer_head::bytes, with->encoded + integer_head::bytes,
                bytes - integer_head::bytes);
    CELLARD_TRY((*on)->wait());
    if ((found & kernels::not_finite) != 0) {
      return tl::unexpected(not_finite(shape));
    }
    if ((found & kernels::not_held) == 0) {
      head.write(out);
      return bytes;
    }
  }
  return tl::unexpected(not_held(shape));
}

core::result<core::ok_t> device_integer_codec::decode(const segment& shape,
                                                      std::span<const std::byte> encoded,
                                                      token_range wanted, std::span<std::byte> out,
                                                      scratch& /*work*/) const {
  CELLARD_TRY(check(shape));
  const auto head = read_head(shape, encoded);
  CELLARD_TRY(head);
  if (wanted.count == 0) {
    return core::ok_t{};
  }
  auto on = device_->open();
  CELLARD_TRY(on);
  auto with = prepare(shape, *head, **on);
  CELLARD_TRY(with);
  auto values = (*on)->take(raw_values, out.size());
  CELLARD_TRY(values);
  // Once, into memory that nobody else can change.
  const integer_tiles tiles(shape, *head);
  const token_range touched = tiles_of(tiles, wanted);
  const auto last = tiles.at(touched.first + touched.count - 1);
  const std::size_t begin = tiles.at(touched.first).scales;
  const std::size_t end = last.codes + last.tokens * tiles.row_bytes();
  (*on)->copy(with->encoded + begin, encoded.data() + begin, end - begin);
  unsigned found = 0;
  (*on)->zero(with->found, sizeof found);
  launch_decode(**on, shape.type, *with, touched, wanted, *values);
  (*on)->copy(&found, with->found, sizeof found);
  (*on)->copy(out.data(), *values, out.size());
  CELLARD_TRY((*on)->wait());
  if (found != 0) {
    return tl::unexpected(bad_step(shape));
  }
  return core::ok_t{};
}

}  // namespace cellard::gpu
