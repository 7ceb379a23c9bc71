// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// From (salt, key) to a node number: open addressing over 8-byte entries {node, 32 bits of hash}.
// Keys come from clients, so the hash is XXH3 with a secret drawn at start: nobody outside can
// choose keys that collide.
//
// Growth never stalls a request: a table that passes 80 % is doubled, and every later insertion
// moves a few dozen entries of the old one. The table does not own nodes; it asks its owner whether
// a candidate is the one (`Same`). One thread at a time.
#pragma once

#include "core/block_key.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace cellard::core {

/// Secret of the process for table positions. Never stored, never sent.
class hash_secret {
public:
  /// Random, from the kernel.
  static hash_secret random();

  /// Always the same, for tests.
  explicit hash_secret(std::uint64_t seed) noexcept;

  [[nodiscard]] std::uint32_t hash(std::uint16_t salt, const block_key& key) const noexcept;

private:
  hash_secret() = default;
  std::array<std::uint8_t, 192> bytes_{};
};

class key_table {
public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  key_table();

  /// The number for which `same(number)` holds among those inserted with `hash`, or none.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Same same) const {
    const std::uint32_t found = find_in(now_, hash, same);
    return found != none || !before_.entries ? found : find_in(before_, hash, same);
  }

  /// @pre the key is absent
  void insert(std::uint32_t hash, std::uint32_t number);

  /// @pre `number` was inserted with `hash`
  void erase(std::uint32_t hash, std::uint32_t number);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Bytes of the tables.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct entry {
    std::uint32_t number_plus_one;  ///< 0 = empty, so that fresh memory is an empty table
    std::uint32_t hash;
  };
  static constexpr std::uint32_t moved = ~std::uint32_t{0};

  struct free_deleter {
    void operator()(entry* entries) const noexcept;
  };
  struct table {
    std::unique_ptr<entry[], free_deleter> entries;
    std::uint32_t mask = 0;
    std::uint32_t used = 0;
  };

  template <class Same>
  static std::uint32_t find_in(const table& where, std::uint32_t hash, Same same) {
    for (std::uint32_t at = hash & where.mask;; at = (at + 1) & where.mask) {
      const entry candidate = where.entries[at];
      if (candidate.number_plus_one == 0) {
        return none;
      }
      if (candidate.hash == hash && candidate.number_plus_one != moved
          && same(candidate.number_plus_one - 1)) {
        return candidate.number_plus_one - 1;
      }
    }
  }

  static table make_table(std::uint32_t entries);
  static void place_in(table& where, entry value);
  static bool erase_from(table& where, std::uint32_t hash, std::uint32_t number, bool keep_chain);
  void move_some();

  table now_;
  table before_;  ///< being moved; its erased entries stay as `moved`
  std::uint32_t cursor_ = 0;
  std::size_t size_ = 0;
};

}  // namespace cellard::core
