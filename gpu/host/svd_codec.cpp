// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/svd_codec.hpp"

#include "gpu/host/factor_codes.hpp"
#include "gpu/host/segment_check.hpp"

namespace cellard::gpu::host {
namespace {

// Buffers of scratch; find_low_rank has the first eight.
enum slot : std::size_t { rows_slot = scratch::outer, sizes_slot, sums_slot };

constexpr double wanted_energy = 0.99;

/// Directions that cost less than eight bits a value; 0 when the steps alone cost as much.
std::size_t most_rank(const segment& shape) {
  const std::size_t others = factor_layout{shape.tokens, shape.channels(), 0}.bytes();
  return shape.count() <= others ? 0
                                 : (shape.count() - 1 - others) / (shape.tokens + shape.channels());
}

}  // namespace

std::size_t svd_codec::bound(const segment& shape) const noexcept {
  return shape.count();
}

core::result<std::size_t> svd_codec::encode(const segment& shape, std::span<const std::byte> raw,
                                            std::span<std::byte> out, scratch& work) const {
  CELLARD_TRY(check_segment(shape, name(), float_rows::rotates(shape)));
  const std::size_t most = most_rank(shape);
  const auto rows = work.take<float>(rows_slot, shape.count());
  CELLARD_TRY(rows_.read(shape, raw, name(), rows));
  if (most > 0) {
    const auto sizes = work.take<float>(sizes_slot, shape.channels());
    normalise(shape, rows, sizes);
    const auto factors =
      find_low_rank(rows, shape.tokens, shape.channels(), {wanted_energy, most}, work);
    if (factors.energy >= wanted_energy) {
      write_factors(shape, factors, sizes, out);
      return factor_layout{shape.tokens, shape.channels(), factors.rank}.bytes();
    }
  }
  return core::fail(core::errc::invalid_argument,
                    "{} of layer {}: {} tokens of {} channels have more than a hundredth of their "
                    "energy outside {} directions, and with more svd would take 8 bits a value: "
                    "int4 takes less",
                    name_of(shape.what), shape.layer, shape.tokens, shape.channels(), most);
}

core::result<core::ok_t> svd_codec::decode(const segment& shape, std::span<const std::byte> encoded,
                                           token_range wanted, std::span<std::byte> out,
                                           scratch& work) const {
  CELLARD_TRY(check_segment(shape, name(), float_rows::rotates(shape)));
  const std::size_t channels = shape.channels();
  const auto row = work.take<float>(rows_slot, channels);
  const auto factors =
    factor_reader::open(shape, encoded, work.take<std::int32_t>(sums_slot, channels),
                        work.take<float>(sizes_slot, channels));
  if (!factors || factors->layout().bytes() != encoded.size()) {
    return core::fail(core::errc::corrupt,
                      "layer {}: {} bytes are not a segment of svd for {} tokens", shape.layer,
                      encoded.size(), shape.tokens);
  }
  for (std::uint32_t i = 0; i < wanted.count; ++i) {
    const std::uint32_t token = wanted.first + i;
    if (!factors->read(token, row)) {
      return core::fail(core::errc::corrupt,
                        "layer {}: token {} has a step that svd does not write", shape.layer,
                        token);
    }
    rows_.write(shape, token, row, out.data() + i * channels * core::element_bytes(shape.type));
  }
  return core::ok_t{};
}

}  // namespace cellard::gpu::host
