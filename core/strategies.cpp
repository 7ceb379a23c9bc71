// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The list of strategies: one line each.
#include "core/strategies/adaptive.hpp"
#include "core/strategies/lfu.hpp"
#include "core/strategies/lru.hpp"
#include "core/strategies/s3fifo.hpp"
#include "core/strategy.hpp"

#include <array>

namespace cellard::core {
namespace {

template <class Strategy>
std::unique_ptr<strategy> make(block_ledger& blocks) {
  return std::make_unique<Strategy>(blocks);
}

struct registration {
  std::string_view name;
  std::unique_ptr<strategy> (*make)(block_ledger&);
};

constexpr std::array registered = {
  registration{"lru", make<lru>},
  registration{"lfu", make<lfu>},
  registration{"adaptive", make<adaptive>},
  registration{"s3fifo", make<s3fifo>},
};

}  // namespace

std::unique_ptr<strategy> make_strategy(std::string_view name, block_ledger& blocks) {
  for (const auto& each : registered) {
    if (each.name == name) {
      return each.make(blocks);
    }
  }
  return nullptr;
}

std::vector<std::string_view> strategy_names() {
  std::vector<std::string_view> names;
  for (const auto& each : registered) {
    names.push_back(each.name);
  }
  return names;
}

}  // namespace cellard::core
