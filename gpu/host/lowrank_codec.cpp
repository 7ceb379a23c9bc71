// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/lowrank_codec.hpp"

#include "gpu/host/factor_codes.hpp"
#include "gpu/host/segment_check.hpp"

#include <algorithm>
#include <functional>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch; find_low_rank and the rest's codec have the first eight.
enum slot : std::size_t { rows_slot = scratch::outer, sizes_slot, sums_slot, row_slot };

constexpr std::size_t most_rank = 16;  // codecs.md 6.6

/// The rest as a segment of its own.
segment rest_of(const segment& shape) {
  segment rest = shape;
  rest.type = core::dtype::f32;
  rest.rope = nullptr;
  return rest;
}

}  // namespace

std::size_t lowrank_codec::bound(const segment& shape) const noexcept {
  const std::size_t rank = std::min({most_rank, std::size_t{shape.tokens}, shape.channels()});
  return factor_layout{shape.tokens, shape.channels(), rank}.bytes() + rest_.bound(rest_of(shape));
}

core::result<std::size_t> lowrank_codec::encode(const segment& shape,
                                                std::span<const std::byte> raw,
                                                std::span<std::byte> out, scratch& work) const {
  CELLARD_TRY(check_segment(shape, name(), float_rows::rotates(shape)));
  const std::size_t channels = shape.channels();
  const auto rows = work.take<float>(rows_slot, shape.count());
  CELLARD_TRY(rows_.read(shape, raw, name(), rows));

  const auto spent = work.take<float>(row_slot, rows.size());
  std::copy(rows.begin(), rows.end(), spent.begin());
  const auto sizes = work.take<float>(sizes_slot, channels);
  normalise(shape, spent, sizes);
  write_factors(shape, find_low_rank(spent, shape.tokens, channels, {1, most_rank}, work), sizes,
                out);

  // The rest is of what will be decoded, so that it mends the rounding of the factors too.
  const auto factors =
    factor_reader::open(shape, out, work.take<std::int32_t>(sums_slot, channels), sizes);
  const auto row = work.take<float>(row_slot, channels);
  for (std::uint32_t token = 0; token < shape.tokens; ++token) {
    if (!factors || !factors->read(token, row)) {
      return core::fail(core::errc::internal, "{} does not read the factors that it wrote", name_);
    }
    const auto values = rows.subspan(token * channels, channels);
    std::transform(values.begin(), values.end(), row.begin(), values.begin(), std::minus{});
  }
  const std::size_t before = factors->layout().bytes();
  auto rest =
    rest_.encode(rest_of(shape), std::as_bytes(rows), out.subspan(before), work).prefixed(name_);
  CELLARD_TRY(rest);
  return before + *rest;
}

core::result<core::ok_t> lowrank_codec::decode(const segment& shape,
                                               std::span<const std::byte> encoded,
                                               token_range wanted, std::span<std::byte> out,
                                               scratch& work) const {
  CELLARD_TRY(check_segment(shape, name(), float_rows::rotates(shape)));
  const std::size_t channels = shape.channels();
  const auto factors =
    factor_reader::open(shape, encoded, work.take<std::int32_t>(sums_slot, channels),
                        work.take<float>(sizes_slot, channels));
  if (!factors) {
    return core::fail(core::errc::corrupt,
                      "layer {}: {} bytes do not begin with the factors of {} tokens", shape.layer,
                      encoded.size(), shape.tokens);
  }
  const auto rest = work.take<float>(rows_slot, wanted.count * channels);
  CELLARD_TRY(rest_
                .decode(rest_of(shape), encoded.subspan(factors->layout().bytes()), wanted,
                        std::as_writable_bytes(rest), work)
                .prefixed(name_));
  const auto row = work.take<float>(row_slot, channels);
  for (std::uint32_t i = 0; i < wanted.count; ++i) {
    const std::uint32_t token = wanted.first + i;
    if (!factors->read(token, row)) {
      return core::fail(core::errc::corrupt, "layer {}: token {} has a step that {} does not write",
                        shape.layer, token, name_);
    }
    const auto values = rest.subspan(i * channels, channels);
    std::transform(row.begin(), row.end(), values.begin(), row.begin(), std::plus{});
    rows_.write(shape, token, row, out.data() + i * channels * core::element_bytes(shape.type));
  }
  return core::ok_t{};
}

}  // namespace cellard::gpu::host
