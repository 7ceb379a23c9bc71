// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/key_table.hpp"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cellard::core {
namespace {

constexpr std::uint32_t first_size = 1024;
constexpr std::uint32_t moved_per_change = 32;

}  // namespace

hash_secret hash_secret::random() {
  hash_secret secret;
  // The kernel gives up to 256 bytes at once, and only waits at boot.
  if (getrandom(secret.bytes_.data(), secret.bytes_.size(), 0)
      != static_cast<ssize_t>(secret.bytes_.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return secret;
}

hash_secret::hash_secret(std::uint64_t seed) noexcept {
  for (std::size_t i = 0; i < bytes_.size(); i += 8) {
    const std::uint64_t word = XXH3_64bits_withSeed(&i, sizeof i, seed);
    std::memcpy(bytes_.data() + i, &word, sizeof word);
  }
}

std::uint32_t hash_secret::hash(std::uint16_t salt, const block_key& key) const noexcept {
  const std::uint64_t whole =
    XXH3_64bits_withSecret(key.bytes.data(), key.bytes.size(), bytes_.data(), bytes_.size());
  const std::uint64_t salted = whole + salt * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::uint32_t>(salted ^ (salted >> 32));
}

void key_table::free_deleter::operator()(entry* entries) const noexcept {
  std::free(entries);  // NOLINT: the counterpart of calloc
}

key_table::key_table() : now_(make_table(first_size)) {
}

key_table::table key_table::make_table(std::uint32_t entries) {
  // calloc, because it takes a large table as untouched zero pages from the kernel instead of
  // clearing it.
  auto* memory = static_cast<entry*>(std::calloc(entries, sizeof(entry)));  // NOLINT
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return {std::unique_ptr<entry[], free_deleter>(memory), entries - 1, 0};
}

void key_table::place_in(table& where, entry value) {
  std::uint32_t at = value.hash & where.mask;
  while (where.entries[at].number_plus_one != 0) {
    at = (at + 1) & where.mask;
  }
  where.entries[at] = value;
  ++where.used;
}

void key_table::insert(std::uint32_t hash, std::uint32_t number) {
  move_some();
  if (!before_.entries && now_.used + 1 > now_.mask - now_.mask / 5) {
    before_ = std::move(now_);
    now_ = make_table((before_.mask + 1) * 2);
    cursor_ = 0;
  }
  place_in(now_, {number + 1, hash});
  ++size_;
}

void key_table::erase(std::uint32_t hash, std::uint32_t number) {
  if (!erase_from(now_, hash, number, false) && before_.entries) {
    erase_from(before_, hash, number, true);
  }
  --size_;
}

bool key_table::erase_from(table& where, std::uint32_t hash, std::uint32_t number,
                           bool keep_chain) {
  std::uint32_t at = hash & where.mask;
  while (where.entries[at].number_plus_one != number + 1) {
    if (where.entries[at].number_plus_one == 0) {
      return false;
    }
    at = (at + 1) & where.mask;
  }
  --where.used;
  if (keep_chain) {
    where.entries[at].number_plus_one = moved;
    return true;
  }
  // Close the gap: pull back every later entry of the run whose own place is at or before the gap.
  std::uint32_t gap = at;
  for (std::uint32_t next = (gap + 1) & where.mask; where.entries[next].number_plus_one != 0;
       next = (next + 1) & where.mask) {
    const std::uint32_t home = where.entries[next].hash & where.mask;
    if (((next - home) & where.mask) >= ((next - gap) & where.mask)) {
      where.entries[gap] = where.entries[next];
      gap = next;
    }
  }
  where.entries[gap] = {0, 0};
  return true;
}

void key_table::move_some() {
  if (!before_.entries) {
    return;
  }
  for (std::uint32_t i = 0; i < moved_per_change; ++i) {
    entry& old = before_.entries[cursor_];
    if (old.number_plus_one != 0 && old.number_plus_one != moved) {
      place_in(now_, old);
      old.number_plus_one = moved;
    }
    if (cursor_++ == before_.mask) {
      before_ = {};
      return;
    }
  }
}

std::size_t key_table::memory_bytes() const noexcept {
  return (std::size_t{now_.mask} + 1 + (before_.entries ? std::size_t{before_.mask} + 1 : 0))
         * sizeof(entry);
}

}  // namespace cellard::core
