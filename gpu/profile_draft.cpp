// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile_draft.hpp"

#include <cstring>

namespace cellard::gpu {

profile_draft::profile_draft(const profile_shape& shape, std::uint64_t tokens)
  : shape_(shape),
    bytes_(shape.bytes()) {
  profile_header head{};
  head.magic = profile_magic;
  head.version = profile_version;
  head.type = static_cast<std::uint8_t>(shape.type);
  head.scope = static_cast<std::uint8_t>(shape.scope);
  head.flags = shape.rotated_back ? profile_rotated : 0;
  head.layers = shape.layers;
  head.heads = shape.heads;
  head.key_dim = shape.key_dim;
  head.value_dim = shape.value_dim;
  head.tokens = tokens;
  std::memcpy(bytes_.data(), &head, sizeof head);
}

profile_draft::part profile_draft::at(std::uint32_t layer, side which) noexcept {
  std::byte* to = bytes_.data() + shape_.section_offset(layer, which);
  const std::size_t channels = shape_.channels(which);
  auto* floats = reinterpret_cast<float*>(to);
  return {{floats, channels},
          {floats + channels, channels},
          {reinterpret_cast<std::int8_t*>(to + shape_.spreads_offset(which)), channels},
          {reinterpret_cast<std::int16_t*>(to + shape_.basis_offset(which)),
           shape_.groups() * shape_.basis_size(which)}};
}

}  // namespace cellard::gpu
