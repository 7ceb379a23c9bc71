// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/device_codecs/integer_launch.hpp"

#include "gpu/kernels/integer_decode.cuh"
#include "gpu/kernels/integer_encode.cuh"
#include "gpu/kernels/integer_steps.cuh"

#include <algorithm>
#include <type_traits>

namespace cellard::gpu {
namespace {

constexpr unsigned groups_of(std::size_t things, unsigned size) {
  return static_cast<unsigned>((things + size - 1) / size);
}

/// Blocks that share the tokens of a tile, 32 and more each: a full tile of 1024 channels is 32 of
/// them, so that the layers of a block fill a device.
unsigned parts_of_tile(const kernels::integer_segment& with) {
  return std::min(8U, groups_of(groups_of(with.tokens, with.tiles), 32));
}

template <class Visit>
void with_type(core::dtype type, Visit&& visit) {
  switch (type) {
  case core::dtype::f16:
    return visit(kernels::f16());
  case core::dtype::bf16:
    return visit(kernels::bf16());
  case core::dtype::f8e4m3:
    return visit(kernels::f8e4m3());
  default:
    return visit(kernels::f32());
  }
}

template <class Visit>
void with_bits(unsigned bits, Visit&& visit) {
  switch (bits) {
  case 2:
    return visit(std::integral_constant<unsigned, 2>());
  case 3:
    return visit(std::integral_constant<unsigned, 3>());
  case 4:
    return visit(std::integral_constant<unsigned, 4>());
  case 5:
    return visit(std::integral_constant<unsigned, 5>());
  case 6:
    return visit(std::integral_constant<unsigned, 6>());
  default:
    return visit(std::integral_constant<unsigned, 8>());
  }
}

template <class Type>
kernels::integer_source<Type> source_at(const std::byte* raw) {
  return {reinterpret_cast<const typename Type::bits*>(raw)};
}

}  // namespace

void launch_encode(stream& on, core::dtype type, const kernels::integer_segment& with,
                   const std::byte* raw) {
  const unsigned channels = with.heads * with.dim;
  const unsigned tile_tokens = groups_of(with.tokens, with.tiles);
  with_type(type, [&](auto tag) {
    using element = decltype(tag);
    const auto from = source_at<element>(raw);
    if (with.keys) {
      using steps = kernels::key_steps<element>;
      launch<steps>(on, {groups_of(channels, steps::columns), with.tiles}, {with, from});
    } else {
      using steps = kernels::value_steps<element>;
      const std::size_t rows = std::size_t{tile_tokens} * with.heads;
      launch<steps>(on, {groups_of(rows, steps::rows), with.tiles}, {with, from});
    }
    with_bits(with.bits, [&](auto bits) {
      using codes = kernels::integer_encode<element, decltype(bits)::value>;
      launch<codes>(on,
                    {groups_of(with.row_bytes(), codes::threads), with.tiles, parts_of_tile(with)},
                    {with, from});
    });
  });
}

void launch_decode(stream& on, core::dtype type, const kernels::integer_segment& with,
                   token_range tiles, token_range wanted, std::byte* out) {
  const unsigned channels = with.heads * with.dim;
  const std::size_t tile_tokens = groups_of(with.tokens, with.tiles);
  const std::size_t groups = with.keys ? channels : tile_tokens * with.heads;
  using check = kernels::check_steps;
  launch<check>(on, {groups_of(groups, check::threads), tiles.count}, {with, tiles.first});
  with_type(type, [&](auto tag) {
    with_bits(with.bits, [&](auto bits) {
      using element = decltype(tag);
      using values = kernels::integer_decode<element, decltype(bits)::value>;
      launch<values>(on, {groups_of(channels, values::threads), tiles.count, parts_of_tile(with)},
                     {with, reinterpret_cast<typename element::bits*>(out), tiles.first,
                      wanted.first, wanted.first + wanted.count});
    });
  });
}

}  // namespace cellard::gpu
