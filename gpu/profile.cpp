// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using core::result;

// Within these a decoder's products and sums are finite floats, whatever was encoded.
constexpr float largest_mean = 0x1p100F;
constexpr float largest_scale = 0x1p100F;
constexpr float least_scale = 0x1p-100F;
constexpr int longest_component = 1 << basis_bits;

profile::id_type name_of(std::span<const std::byte> bytes) noexcept {
  XXH128_canonical_t name;
  XXH128_canonicalFromHash(&name, XXH3_128bits(bytes.data(), bytes.size()));
  profile::id_type out;
  std::memcpy(out.data(), name.digest, out.size());
  return out;
}

result<ok_t> check(const profile_header& head) {
  if (head.magic != profile_magic) {
    return fail(errc::corrupt, "the bytes do not begin like a profile");
  }
  if (head.version != profile_version) {
    return fail(errc::unsupported_version, "the profile has version {}, this is {}", head.version,
                profile_version);
  }
  if (head.scope > 1 || (head.flags & ~profile_rotated) != 0 || head.planes != 0
      || head.reserved != 0 || head.reserved_too != 0) {
    return fail(errc::corrupt,
                "the profile has scope {}, flags {}, {} planes: this reader knows "
                "scopes 0 and 1, flag 1 and no planes",
                head.scope, head.flags, head.planes);
  }
  return ok_t{};
}

result<ok_t> check(const profile_part& part, std::uint32_t layer, side which) {
  const auto bad = [&](const char* what) {
    return fail(errc::corrupt, "the profile's {} of layer {} have {}",
                which == side::keys ? "keys" : "values", layer, what);
  };
  if (!std::all_of(part.means.begin(), part.means.end(),
                   [](float mean) { return std::abs(mean) <= largest_mean; })) {
    return bad("a mean beyond 2^100");
  }
  if (!std::all_of(part.scales.begin(), part.scales.end(),
                   [](float scale) { return scale >= least_scale && scale <= largest_scale; })) {
    return bad("a scale that is not between 2^-100 and 2^100");
  }
  for (std::size_t group = 0; group < part.groups; ++group) {
    const auto spreads = part.spreads.subspan(group * part.size, part.size);
    if (!std::is_sorted(spreads.begin(), spreads.end(), std::greater<>())
        || spreads.front() > profile::most_spread || spreads.back() < profile::least_spread) {
      return bad("deviations that are not in falling order, or beyond 2^-32 to 2^16");
    }
  }
  if (!std::all_of(part.basis.begin(), part.basis.end(),
                   [](int value) { return std::abs(value) <= longest_component; })) {
    return bad("a basis with a component longer than one");
  }
  return ok_t{};
}

}  // namespace

result<ok_t> profile_shape::check() const {
  // Each dimension fits sixteen bits, so that no size below overflows.
  constexpr std::uint32_t most = 1U << 16;
  const bool whole = layers > 0 && heads > 0 && key_dim > 0 && core::element_bytes(type) > 0;
  const bool small = layers <= most && heads <= most && key_dim <= most && value_dim <= most
                     && channels(side::keys) <= most && channels(side::values) <= most;
  if (!whole || !small || bytes() > max_profile_bytes) {
    return fail(errc::invalid_argument,
                "a profile of {} layers, {} heads of {} and {} channels, one basis a {}, is empty "
                "or larger than {} bytes: take the scope of a head",
                layers, heads, key_dim, value_dim, scope == profile_scope::head ? "head" : "layer",
                max_profile_bytes);
  }
  return ok_t{};
}

profile::profile(const profile_shape& shape, std::uint64_t tokens, std::vector<std::byte> bytes)
  : shape_(shape),
    tokens_(tokens),
    bytes_(std::move(bytes)),
    id_(name_of(bytes_)) {
}

result<std::shared_ptr<const profile>> profile::read(std::span<const std::byte> bytes) {
  profile_header head;
  if (bytes.size() < sizeof head || bytes.size() > max_profile_bytes) {
    return fail(errc::corrupt, "a profile has between {} and {} bytes, not {}", sizeof head,
                max_profile_bytes, bytes.size());
  }
  std::memcpy(&head, bytes.data(), sizeof head);
  CELLARD_TRY(gpu::check(head));
  const profile_shape shape{static_cast<core::dtype>(head.type),
                            static_cast<profile_scope>(head.scope),
                            (head.flags & profile_rotated) != 0,
                            head.layers,
                            head.heads,
                            head.key_dim,
                            head.value_dim};
  if (!shape.check() || shape.bytes() != bytes.size()) {
    return fail(errc::corrupt, "{} bytes are no profile of {} layers, {} heads, {} and {} channels",
                bytes.size(), head.layers, head.heads, head.key_dim, head.value_dim);
  }
  // Checked in the copy, which nobody else writes to.
  std::shared_ptr<const profile> made(
    new profile(shape, head.tokens, std::vector<std::byte>(bytes.begin(), bytes.end())));
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    for (std::uint32_t i = 0; i < shape.sides(); ++i) {
      const auto which = static_cast<side>(i);
      CELLARD_TRY(gpu::check(made->part(layer, which), layer, which));
    }
  }
  return made;
}

bool profile::fits(const segment& shape) const noexcept {
  const bool keys = shape.what == side::keys;
  return shape.type == shape_.type && shape.layer < shape_.layers && shape.heads == shape_.heads
         && shape.dim == (keys ? shape_.key_dim : shape_.value_dim) && shape.dim > 0
         && (!keys || (shape.rope != nullptr) == shape_.rotated_back);
}

profile_part profile::part(std::uint32_t layer, side which) const noexcept {
  const std::byte* from = bytes_.data() + shape_.section_offset(layer, which);
  const std::size_t channels = shape_.channels(which);
  const std::size_t size = shape_.size(which);
  const auto* floats = reinterpret_cast<const float*>(from);
  return {shape_.groups(),
          size,
          {floats, channels},
          {floats + channels, channels},
          {reinterpret_cast<const std::int8_t*>(from + shape_.spreads_offset(which)), channels},
          {reinterpret_cast<const std::int16_t*>(from + shape_.basis_offset(which)),
           shape_.groups() * shape_.basis_size(which)}};
}

}  // namespace cellard::gpu
