// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/payload_hash.hpp"

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace cellard::library {

struct payload_hash::state {
  XXH3_state_t inner;
};

payload_hash::payload_hash() : state_(std::make_unique<state>()) {
  restart();
}

payload_hash::~payload_hash() = default;

void payload_hash::restart() noexcept {
  XXH3_64bits_reset(&state_->inner);
}

void payload_hash::update(protocol::bytes_view bytes) noexcept {
  XXH3_64bits_update(&state_->inner, bytes.data(), bytes.size());
}

std::uint64_t payload_hash::value() const noexcept {
  return XXH3_64bits_digest(&state_->inner);
}

std::uint64_t hash_of(protocol::bytes_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace cellard::library
