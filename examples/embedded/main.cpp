// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The cache inside of one program: no daemon, no socket. Stores a chain of blocks that is larger
// than the cache, reads what is left, and exchanges parts while the blocks are there.
#include "core/cache.hpp"

#include <cstdio>
#include <cstring>

namespace {

using namespace cellard::core;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

block_key key_of(std::uint64_t number) {
  block_key key;
  std::memcpy(key.bytes.data(), &number, sizeof number);
  return key;
}

}  // namespace

int main() {
  layout shape;
  shape.type = dtype::f16;
  shape.layers = 8;
  shape.kv_heads = 4;
  shape.head_dim = 64;
  shape.v_head_dim = 64;
  shape.block_tokens = 16;

  auto made = cache::make(shape, 8 * mib);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().message().c_str());
    return 1;
  }
  cache& kv = *made;
  const std::vector<std::byte> block(shape.block_bytes(), std::byte{42});

  // 40 chains of 8 blocks: 40 MiB through a cache of 8.
  for (std::uint64_t chain = 0; chain < 40; ++chain) {
    std::vector<block_key> keys;
    std::vector<std::span<const std::byte>> blocks;
    for (std::uint64_t i = 0; i < 8; ++i) {
      keys.push_back(key_of(chain * 100 + i));
      blocks.emplace_back(block);
    }
    kv.put(nullptr, keys, blocks);
  }

  std::uint32_t left = 0;
  for (std::uint64_t chain = 0; chain < 40; ++chain) {
    std::vector<block_key> keys;
    for (std::uint64_t i = 0; i < 8; ++i) {
      keys.push_back(key_of(chain * 100 + i));
    }
    left += kv.get(keys, [](std::size_t, std::span<const std::byte>) {});
  }

  kv.exchange_strategy("lru");
  kv.exchange_memory({4 * mib, 0, 0});

  const auto& numbers = kv.statistics();
  std::printf(
    "%u of 320 blocks were left, %llu were evicted; with half the memory %llu blocks stay\n", left,
    static_cast<unsigned long long>(numbers.evicted.get()),
    static_cast<unsigned long long>(numbers.blocks.get()));
  return left > 0 && numbers.evicted.get() > 0 ? 0 : 1;
}
