// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The cache in one process, without actors, sockets or threads: the same parts that the daemon's
// actors carry one by one, called one after the other. For programs that want a KV cache of their
// own, and for tests. examples/embedded shows it in a page.
//
// Each part is given at construction and can be exchanged while blocks are there: the strategy
// keeps the order, the budget may shrink or grow, a codec counts for blocks stored from then on
// (each block remembers its own). The cache owns all of them. One thread at a time.
#pragma once

#include "core/codec.hpp"
#include "core/eviction_order.hpp"
#include "core/memory_budget.hpp"
#include "core/shard.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace cellard::core {

class cache {
public:
  struct parts {
    std::unique_ptr<shard> index;  ///< chain tree, arena and leases of one namespace
    std::unique_ptr<eviction_order> order;
    std::unique_ptr<memory_budget> memory;
    std::unique_ptr<codec> quantizer;  ///< null = not used
    std::unique_ptr<codec>
      compressor;  ///< null = not used; runs on what the quantizer leaves alone
    std::shared_ptr<shard_counters> statistics;
  };

  explicit cache(parts given);

  /// An LRU cache of `capacity_bytes` for blocks of this layout, raw.
  static result<cache> make(const layout& shape, std::uint64_t capacity_bytes);

  /// How many leading keys are present.
  [[nodiscard]] std::uint32_t find(key_span keys);

  /// Calls `visit(i, bytes)` for each leading block that is present; the bytes are raw and valid
  /// during the call. How many there were.
  std::uint32_t get(key_span keys,
                    const std::function<void(std::size_t, std::span<const std::byte>)>& visit);

  /// Stores blocks of one chain; `parent` is the key before the first, null for a root. One status
  /// a block: ok, exists, no_parent or busy.
  std::vector<errc> put(const block_key* parent, key_span keys,
                        std::span<const std::span<const std::byte>> blocks);

  std::uint32_t remove(key_span keys);

  // Exchanges of parts. A codec that is replaced stays with the cache, which needs it to decode
  // what it encoded.
  void exchange_strategy(std::string_view name);  ///< @pre make_strategy knows it
  void exchange_memory(const budget_settings& limits);
  void exchange_quantizer(std::unique_ptr<codec> fresh);
  void exchange_compressor(std::unique_ptr<codec> fresh);
  /// The old one, with all its blocks; the strategy and the budget forget them.
  std::unique_ptr<shard> exchange_index(std::unique_ptr<shard> fresh);

  [[nodiscard]] const shard_counters& statistics() const { return *statistics_; }
  [[nodiscard]] const eviction_order& order() const { return *order_; }

private:
  errc store(std::uint32_t ticket, std::span<const std::byte> raw);
  result<std::pair<std::uint16_t, std::span<const std::byte>>>
  encoded(std::uint64_t first_token, std::span<const std::byte> raw);
  result<std::span<const std::byte>> decoded(const place& where);
  bool make_room(std::uint64_t bytes);
  [[nodiscard]] codec* find_codec(std::uint16_t number) const;
  void replace(std::unique_ptr<codec>& part, std::unique_ptr<codec> fresh);
  void tell_order();
  void shrink();

  std::unique_ptr<shard> index_;
  std::unique_ptr<eviction_order> order_;
  std::unique_ptr<memory_budget> memory_;
  std::unique_ptr<codec> quantizer_;
  std::unique_ptr<codec> compressor_;
  std::shared_ptr<shard_counters> statistics_;
  std::vector<std::unique_ptr<codec>> replaced_;  ///< codecs that only decode any more
  std::vector<std::byte> scratch_;
};

}  // namespace cellard::core
