// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Small traces made of numbers: conversations that share a system prompt and go on for some turns.
#pragma once

#include <random>

#include "replay/trace.hpp"

namespace cellard::replay {

inline trace synthetic(unsigned seed, std::size_t requests, unsigned conversations,
                       unsigned growth) {
  std::mt19937 random(seed);
  trace_builder made("synthetic", 16);
  std::vector<std::size_t> length(conversations, 1);
  double now = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    now += static_cast<double>(random() % 100) / 10;
    const auto who = static_cast<std::size_t>(random() % conversations);
    std::vector<node_id> chain;
    for (std::size_t at = 0; at < length[who]; ++at) {
      const std::uint64_t hash = at < 2 ? at : (who + 1) * 1000 + at;
      chain.push_back(made.block(chain.empty() ? no_node : chain.back(), hash));
    }
    made.add(now, chain);
    length[who] = random() % 10 == 0 ? 1 : length[who] + random() % (growth + 1);
  }
  return made.take();
}

}  // namespace cellard::replay
