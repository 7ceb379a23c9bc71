// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/integer_tiles.hpp"

#include "gpu/host/integer_loops.hpp"

#include <algorithm>

namespace cellard::gpu::host {
namespace {

constexpr std::uint32_t tile_tokens = 256;  // codecs.md 6.3
constexpr std::uint8_t flag_f32_steps = 1;
constexpr std::uint8_t flag_rotated_back = 2;

}  // namespace

void integer_head::write(std::span<std::byte> to) const {
  std::fill_n(to.begin(), bytes, std::byte{});
  to[0] = static_cast<std::byte>(bits);
  to[1] = static_cast<std::byte>((storage == step_storage::f32 ? flag_f32_steps : 0)
                                 | (rotated_back ? flag_rotated_back : 0));
}

std::optional<integer_head> integer_head::read(std::span<const std::byte> from) {
  if (from.size() < bytes) {
    return std::nullopt;
  }
  std::array<std::byte, bytes> copy;
  std::copy_n(from.begin(), bytes, copy.begin());
  const auto flags = std::to_integer<std::uint8_t>(copy[1]);
  const bool rest_is_zero =
    std::all_of(copy.begin() + 2, copy.end(), [](std::byte each) { return each == std::byte{}; });
  if (!rest_is_zero || (flags & ~(flag_f32_steps | flag_rotated_back)) != 0) {
    return std::nullopt;
  }
  return integer_head{std::to_integer<std::uint8_t>(copy[0]),
                      (flags & flag_f32_steps) != 0 ? step_storage::f32 : step_storage::f16,
                      (flags & flag_rotated_back) != 0};
}

integer_tiles::integer_tiles(const segment& shape, const integer_head& head) noexcept
  : tokens_(shape.tokens),
    count_(std::max(1U, (shape.tokens + tile_tokens / 2) / tile_tokens)),
    groups_a_tile_(shape.what == side::keys ? shape.channels() : 0),
    groups_a_token_(shape.what == side::keys ? 0 : shape.heads),
    step_bytes_(head.storage == step_storage::f16 ? 2 : 4),
    symmetric_(head.bits == 8),
    row_bytes_(packed_bytes(head.bits, shape.channels())) {
}

std::uint32_t integer_tiles::first_token(std::uint32_t index) const noexcept {
  return static_cast<std::uint32_t>(std::uint64_t{tokens_} * index / count_);
}

std::size_t integer_tiles::start(std::uint32_t index) const noexcept {
  const std::size_t tokens = first_token(index);
  const std::size_t groups = index * groups_a_tile_ + tokens * groups_a_token_;
  return integer_head::bytes + groups * step_bytes_ * (symmetric_ ? 1 : 2) + tokens * row_bytes_;
}

integer_tiles::tile integer_tiles::at(std::uint32_t index) const noexcept {
  tile out{};
  out.first = first_token(index);
  out.tokens = first_token(index + 1) - out.first;
  out.groups = groups_a_tile_ + out.tokens * groups_a_token_;
  out.scales = start(index);
  out.leasts = out.scales + out.groups * step_bytes_;
  out.codes = out.leasts + (symmetric_ ? 0 : out.groups * step_bytes_);
  return out;
}

}  // namespace cellard::gpu::host
