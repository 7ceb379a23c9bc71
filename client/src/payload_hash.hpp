// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// XXH3-64 of payload, incrementally. A thin wall around xxhash, which is compiled in here, so that
// libcellard asks for no libxxhash.
#pragma once

#include "protocol/wire.hpp"

#include <cstdint>
#include <memory>

namespace cellard::library {

class payload_hash {
public:
  payload_hash();
  ~payload_hash();
  payload_hash(const payload_hash&) = delete;
  payload_hash& operator=(const payload_hash&) = delete;

  void restart() noexcept;
  void update(protocol::bytes_view bytes) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

std::uint64_t hash_of(protocol::bytes_view bytes) noexcept;

}  // namespace cellard::library
