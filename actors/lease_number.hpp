// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A lease as the client sees it: the handle of its namespace in the top 16 bits, the shard's own
// number below, so that leases of several namespaces can be given back in one list.
#pragma once

#include <cstdint>
#include <utility>

namespace cellard::actors::lease_number {

inline constexpr unsigned id_bits = 48;

constexpr std::uint64_t join(std::uint32_t handle, std::uint64_t id) noexcept {
  return (std::uint64_t{handle} << id_bits) | id;
}

constexpr std::pair<std::uint32_t, std::uint64_t> split(std::uint64_t number) noexcept {
  return {static_cast<std::uint32_t>(number >> id_bits),
          number & ((std::uint64_t{1} << id_bits) - 1)};
}

}  // namespace cellard::actors::lease_number
