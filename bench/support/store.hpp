// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface for benchmarks: one client with one namespace of opaque blocks. What fails is
// thrown, with the library's sentence.
#pragma once

#include "client/include/cellard/client.h"

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace cellard::bench {

inline void check(int status) {
  if (status != CELLARD_OK) {
    throw std::runtime_error(std::string(cellard_status_name(status)) + ": "
                             + cellard_last_error());
  }
}

using blocks_ptr = std::unique_ptr<cellard_blocks, decltype(&cellard_blocks_free)>;

class store {
public:
  store(const std::string& socket, const std::string& name, std::size_t largest_block);

  [[nodiscard]] cellard_match lookup(std::span<const cellard_key> keys) const;
  [[nodiscard]] blocks_ptr get(std::span<const cellard_key> keys) const;
  /// Into a buffer of the block's size; false: it is not there.
  [[nodiscard]] bool get_copy(const cellard_key& key, std::span<std::byte> to) const;
  /// One root block; false: there was no room.
  [[nodiscard]] bool put(const cellard_key& key, std::span<const std::byte> bytes) const;
  /// A whole chain, every block with these bytes. Waits for room.
  void put_chain(std::span<const cellard_key> keys, std::span<const std::byte> bytes) const;
  /// What is missing of a chain of which so many blocks are there, every block with these bytes; as
  /// far as there is room.
  void put_rest(std::span<const cellard_key> keys, std::size_t there,
                std::span<const std::byte> bytes) const;
  void remove(std::span<const cellard_key> keys) const;
  /// A number of the daemon's statistics, by its name.
  [[nodiscard]] std::uint64_t statistic(const std::string& name) const;
  /// Processor time that the daemon's forecast took.
  [[nodiscard]] double forecast_cpu_seconds() const;

private:
  std::unique_ptr<cellard_client, decltype(&cellard_close)> client_{nullptr, cellard_close};
  std::unique_ptr<cellard_space, decltype(&cellard_space_close)> space_{nullptr,
                                                                        cellard_space_close};
};

}  // namespace cellard::bench
