// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The numbers of a load that have a history, and one reading of them from a namespace's counters.
// Counters grow; gauges (the last two) stand for a moment. Values, any thread.
#pragma once

#include "core/shard_counters.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cellard::core {

enum class load_number : std::uint8_t {
  requests,  ///< of the whole daemon; namespaces and tenants have none
  lookups,
  blocks_asked,
  blocks_hit,
  tokens_asked,
  tokens_hit,
  served_bytes,
  puts,
  put_bytes,
  puts_present,
  puts_busy,
  evicted,
  evicted_bytes,
  removed,
  used_bytes,
  blocks,
};

inline constexpr std::size_t load_numbers = 16;
inline constexpr std::size_t first_gauge = static_cast<std::size_t>(load_number::used_bytes);

inline constexpr std::array<std::string_view, load_numbers> load_number_names{
  "requests",      "lookups", "blocks_asked", "blocks_hit",   "tokens_asked", "tokens_hit",
  "served_bytes",  "puts",    "put_bytes",    "puts_present", "puts_busy",    "evicted",
  "evicted_bytes", "removed", "used_bytes",   "blocks",
};

constexpr std::size_t at(load_number which) {
  return static_cast<std::size_t>(which);
}

/// One reading, by load_number.
using load_reading = std::array<std::uint64_t, load_numbers>;

/// `block_tokens` is 0 for opaque blocks, which have no tokens.
inline load_reading read_load(const shard_counters& from, std::uint32_t block_tokens) {
  load_reading now{};
  now[at(load_number::lookups)] = from.lookups.get();
  now[at(load_number::blocks_hit)] = from.blocks_hit.get();  // before what it is a part of
  now[at(load_number::blocks_asked)] = from.blocks_asked.get();
  now[at(load_number::tokens_hit)] = now[at(load_number::blocks_hit)] * block_tokens;
  now[at(load_number::tokens_asked)] = now[at(load_number::blocks_asked)] * block_tokens;
  now[at(load_number::served_bytes)] = from.served_bytes.get();
  now[at(load_number::puts)] = from.puts.get();
  now[at(load_number::put_bytes)] = from.put_bytes.get();
  now[at(load_number::puts_present)] = from.puts_present.get();
  now[at(load_number::puts_busy)] = from.puts_busy.get();
  now[at(load_number::evicted)] = from.evicted.get();
  now[at(load_number::evicted_bytes)] = from.evicted_bytes.get();
  now[at(load_number::removed)] = from.removed.get();
  now[at(load_number::used_bytes)] = from.used_bytes.get();
  now[at(load_number::blocks)] = from.blocks.get();
  return now;
}

}  // namespace cellard::core
