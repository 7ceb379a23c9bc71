// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/sparse_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch; dense_ has its own.
enum slot : std::size_t { dense_slot = scratch::outer, magnitude_slot, row_slot };

constexpr std::size_t head_bytes = 8;  // values kept of each token, zeros

/// Where the parts lie: those of int8, moved together.
class sparse_tiles {
public:
  sparse_tiles(const segment& shape, const integer_head& head, std::size_t kept) noexcept
    : dense_(shape, head),
      bitmap_bytes_((shape.channels() + 7) / 8),
      kept_(kept) {}

  [[nodiscard]] const integer_tiles& dense() const noexcept { return dense_; }
  [[nodiscard]] std::size_t bitmap_bytes() const noexcept { return bitmap_bytes_; }
  [[nodiscard]] std::size_t row_bytes() const noexcept { return bitmap_bytes_ + kept_; }

  /// Of what int8 has at `offset`, after `rows` rows.
  [[nodiscard]] std::size_t moved(std::size_t offset, std::size_t rows) const noexcept {
    return head_bytes + offset - rows * dense_.row_bytes() + rows * row_bytes();
  }

private:
  integer_tiles dense_;
  std::size_t bitmap_bytes_;
  std::size_t kept_;
};

/// Writes bitmap and codes of the largest values. Of equal ones the first are kept, so that there
/// is one answer. @pre `order` has as many elements as `magnitudes`
void write_row(std::span<const float> magnitudes, std::span<std::uint32_t> order, std::size_t kept,
               const std::byte* codes, std::span<std::byte> to) {
  std::iota(order.begin(), order.end(), 0U);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(kept);
  std::nth_element(order.begin(), end - 1, order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return magnitudes[a] != magnitudes[b] ? magnitudes[a] > magnitudes[b] : a < b;
  });
  std::sort(order.begin(), end);
  const auto packed = to.last(kept);
  std::fill(to.begin(), to.end(), std::byte{});
  for (std::size_t i = 0; i < kept; ++i) {
    const std::uint32_t channel = order[i];
    to[channel / 8] |= std::byte{1} << (channel % 8);
    packed[i] = codes[channel];
  }
}

/// Whether as many channels are in the bitmap as there are codes, and none beyond the last.
/// @pre nobody else writes to `row`
bool read_row(std::span<const std::byte> row, std::size_t kept, std::span<std::byte> codes) {
  const auto packed = row.last(kept);
  std::size_t next = 0;
  for (std::size_t at = 0; at < row.size() - kept; ++at) {
    auto bits = std::to_integer<unsigned>(row[at]);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t channel = 8 * at + static_cast<std::size_t>(std::countr_zero(bits));
      if (channel >= codes.size() || next == kept) {
        return false;
      }
      codes[channel] = packed[next++];
    }
  }
  return next == kept;
}

}  // namespace

sparse_codec::sparse_codec(level loops) : dense_(8, loops), numbers_(number_loops_of(loops)) {
}

std::size_t sparse_codec::bound(const segment& shape) const noexcept {
  const sparse_tiles tiles(shape, {8, step_storage::f32, false}, (shape.channels() + 1) / 2);
  return tiles.moved(tiles.dense().bytes(), shape.tokens);
}

core::result<std::size_t> sparse_codec::encode(const segment& shape, std::span<const std::byte> raw,
                                               std::span<std::byte> out, scratch& work) const {
  const auto dense = work.take<std::byte>(dense_slot, dense_.bound(shape));
  auto size = dense_.encode(shape, raw, dense, work).prefixed("sparse");
  CELLARD_TRY(size);
  const std::size_t channels = shape.channels();
  const auto kept = static_cast<std::uint32_t>((channels + 1) / 2);
  const sparse_tiles tiles(shape, *integer_head::read(dense), kept);
  std::memcpy(out.data(), &kept, sizeof kept);
  std::memset(out.data() + sizeof kept, 0, head_bytes - sizeof kept);
  std::memcpy(out.data() + head_bytes, dense.data(), integer_head::bytes);

  const auto magnitudes = work.take<float>(magnitude_slot, channels);
  const auto order = work.take<std::uint32_t>(row_slot, channels);
  const std::byte* from = raw.data();
  for (std::uint32_t i = 0; i < tiles.dense().count(); ++i) {
    const auto tile = tiles.dense().at(i);
    std::memcpy(out.data() + tiles.moved(tile.scales, tile.first), dense.data() + tile.scales,
                tile.codes - tile.scales);
    std::byte* to = out.data() + tiles.moved(tile.codes, tile.first);
    for (std::uint32_t token = 0; token < tile.tokens; ++token, to += tiles.row_bytes()) {
      numbers_.widen(shape.type, from, channels, magnitudes.data());
      from += channels * core::element_bytes(shape.type);
      std::transform(magnitudes.begin(), magnitudes.end(), magnitudes.begin(),
                     [](float value) { return std::abs(value); });
      write_row(magnitudes, order, kept, dense.data() + tile.codes + token * channels,
                {to, tiles.row_bytes()});
    }
  }
  return tiles.moved(tiles.dense().bytes(), shape.tokens);
}

/// Fills the gaps with zeros, and has int8 decode what that makes.
core::result<core::ok_t> sparse_codec::decode(const segment& shape,
                                              std::span<const std::byte> encoded,
                                              token_range wanted, std::span<std::byte> out,
                                              scratch& work) const {
  const auto corrupt = [&](std::string_view what) {
    return core::fail(core::errc::corrupt, "layer {}: {} bytes are not a segment of sparse: {}",
                      shape.layer, encoded.size(), what);
  };
  std::array<std::uint32_t, 2> head{};
  if (encoded.size() < head_bytes + integer_head::bytes) {
    return corrupt("they end within the head");
  }
  std::memcpy(head.data(), encoded.data(), head_bytes);
  const auto inner = integer_head::read(encoded.subspan(head_bytes));
  const std::size_t channels = shape.channels();
  const std::size_t kept = head[0];
  if (kept == 0 || kept > channels || head[1] != 0 || !inner || inner->bits != 8) {
    return corrupt("their head says nothing that an encoder writes");
  }
  const sparse_tiles tiles(shape, *inner, kept);
  if (encoded.size() != tiles.moved(tiles.dense().bytes(), shape.tokens)) {
    return corrupt("their head asks for another length");
  }
  const auto dense = work.take<std::byte>(dense_slot, tiles.dense().bytes());
  const auto row = work.take<std::byte>(row_slot, tiles.row_bytes());
  inner->write(dense);
  for (std::uint32_t i = 0; i < tiles.dense().count(); ++i) {
    const auto tile = tiles.dense().at(i);
    const std::uint32_t first = std::max(tile.first, wanted.first);
    const std::uint32_t end = std::min(tile.first + tile.tokens, wanted.first + wanted.count);
    if (first >= end) {
      continue;
    }
    std::memcpy(dense.data() + tile.scales, encoded.data() + tiles.moved(tile.scales, tile.first),
                tile.codes - tile.scales);
    for (std::uint32_t token = first; token < end; ++token) {
      const std::size_t within = token - tile.first;
      // The copy is what is checked and read: the bytes themselves may change.
      std::memcpy(row.data(),
                  encoded.data() + tiles.moved(tile.codes, tile.first) + within * row.size(),
                  row.size());
      const auto codes = dense.subspan(tile.codes + within * channels, channels);
      std::fill(codes.begin(), codes.end(), std::byte{});
      if (!read_row(row, kept, codes)) {
        return corrupt("the bitmap of a token has more channels than codes, or fewer");
      }
    }
  }
  return dense_.decode(shape, dense, wanted, out, work).prefixed("sparse");
}

}  // namespace cellard::gpu::host
