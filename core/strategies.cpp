// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The list of strategies: one line each.
#include "core/strategies/lru.hpp"
#include "core/strategy.hpp"

#include <array>

namespace cellard::core {
namespace {

struct registration {
  std::string_view name;
  std::unique_ptr<strategy> (*make)();
};

constexpr std::array registered = {
  registration{"lru",
               [] {
                 return std::unique_ptr<strategy>(std::make_unique<lru>());
               }},
};

}  // namespace

std::unique_ptr<strategy> make_strategy(std::string_view name) {
  for (const auto& each : registered) {
    if (each.name == name) {
      return each.make();
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

std::unique_ptr<strategy> switch_strategy(const strategy& old, std::string_view name) {
  auto next = make_strategy(name);
  for (const space_id space : old.spaces()) {
    // Blocks arrive in the order in which they would go, so inserting them one by one recreates it.
    access_batch batch;
    batch.space = space;
    old.export_order(space, batch.inserted);
    next->record(batch);
  }
  return next;
}

}  // namespace cellard::core
