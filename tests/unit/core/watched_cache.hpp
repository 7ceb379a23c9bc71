// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A cache that tells what it does as a shard tells the eviction actor, for tests of the forecast:
// conversations that share a beginning and grow, asked for and stored at random.
#pragma once

#include "core/eviction_order.hpp"

#include <algorithm>
#include <random>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cellard::core::testing {

class watched_cache {
public:
  static constexpr space_id space = 1;

  watched_cache(std::string_view strategy, std::size_t capacity)
    : order(strategy),
      capacity_(capacity) {}

  /// Serves one request, a get and a put; `hear(batch)` is called after the order has recorded
  /// each.
  template <class Hear>
  void serve(std::uint64_t conversation, std::size_t length, Hear hear) {
    std::vector<std::uint64_t> chain;
    for (std::size_t i = 0; i < length; ++i) {
      chain.push_back(i < 2 ? i + 1 : (conversation + 1) * 1'000 + i);
    }
    const auto missing = std::find_if(chain.begin(), chain.end(),
                                      [&](std::uint64_t name) { return !there_.contains(name); });
    const auto hits = static_cast<std::size_t>(missing - chain.begin());
    asked += chain.size();
    found += hits;
    access_batch batch = begun();
    for (std::size_t i = hits; i > 0; --i) {
      batch.touched.push_back(there_[chain[i - 1]]);
    }
    batch.asked = static_cast<std::uint32_t>(chain.size());
    batch.known = batch.wanted = static_cast<std::uint32_t>(hits);
    for (std::size_t i = hits; i < chain.size(); ++i) {
      batch.lacking.push_back(fingerprint(chain[i]));
    }
    if (!batch.empty()) {
      order.record(batch);
    }
    hear(batch);
    if (puts) {
      put(chain, hits, batch.touched, hear);
    }
  }

  /// A put of what is missing of the chain.
  template <class Hear>
  void put(const std::vector<std::uint64_t>& chain, std::size_t hits,
           const std::vector<node_id>& path, Hear hear) {
    access_batch put = begun();
    put.refreshed = path;
    node_id above = hits > 0 ? there_[chain[hits - 1]] : no_node;
    for (std::size_t i = hits; i < chain.size(); ++i) {
      const node_id id = number();
      put.inserted.push_back({{id, ++generation_}, above, 1, fingerprint(chain[i])});
      there_[chain[i]] = id;
      name_of_[id] = chain[i];
      above = id;
    }
    if (!put.inserted.empty()) {
      order.record(put);
      hear(put);
    }
    make_room();
  }

  /// `requests` of 40 conversations, some of them often.
  template <class Hear>
  void serve_many(int requests, Hear hear) {
    for (int i = 0; i < requests; ++i) {
      const std::uint64_t who = random_() % 2 == 0 ? random_() % 5 : random_() % 40;
      serve(who, 3 + random_() % 20, hear);
    }
  }

  eviction_order order;
  std::size_t asked = 0;
  std::size_t found = 0;
  bool puts = true;  ///< false: nobody brings what is missing

private:
  /// Spread as a hashed key's first bytes are.
  static std::uint64_t fingerprint(std::uint64_t name) { return name * 0x9e3779b97f4a7c15U; }

  access_batch begun() {
    access_batch batch;
    batch.space = space;
    batch.when =
      std::chrono::steady_clock::time_point(std::chrono::milliseconds(100 * ++requests_));
    return batch;
  }

  node_id number() {
    if (free_.empty()) {
      name_of_.push_back(0);
      return static_cast<node_id>(name_of_.size() - 1);
    }
    const node_id id = free_.back();
    free_.pop_back();
    return id;
  }

  void make_room() {
    std::vector<block_name> victims;
    if (order.size(space) > capacity_) {
      order.choose(space, order.size(space) - capacity_, victims);
    }
    for (const block_name& each : victims) {
      there_.erase(name_of_[each.node]);
      free_.push_back(each.node);
    }
  }

  std::size_t capacity_;
  std::unordered_map<std::uint64_t, node_id> there_;
  std::vector<std::uint64_t> name_of_;
  std::vector<node_id> free_;
  std::uint32_t generation_ = 0;
  int requests_ = 0;
  std::mt19937_64 random_{1};
};

}  // namespace cellard::core::testing
