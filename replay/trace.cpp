// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "replay/trace.hpp"

#include <algorithm>

namespace cellard::replay {

trace_builder::trace_builder(std::string name, double block_tokens) {
  made_.name = std::move(name);
  made_.block_tokens = block_tokens;
}

std::size_t trace_builder::place_hash::operator()(const place& of) const noexcept {
  return (of.hash ^ (std::uint64_t{of.parent} << 32)) * 0x9e3779b97f4a7c15U;
}

node_id trace_builder::block(node_id parent, std::uint64_t hash) {
  const auto fresh = static_cast<node_id>(made_.parents.size());
  const auto [found, added] = known_.try_emplace({hash, parent}, fresh);
  if (added) {
    made_.parents.push_back(parent);
  }
  return found->second;
}

void trace_builder::add(double seconds, std::span<const node_id> chain) {
  if (made_.requests.empty()) {
    began_ = seconds;
  }
  const double since = seconds - began_;
  const double earliest = made_.requests.empty() ? 0 : made_.requests.back().seconds;
  made_.requests.push_back(
    {std::max(since, earliest), made_.blocks.size(), static_cast<std::uint32_t>(chain.size())});
  made_.blocks.insert(made_.blocks.end(), chain.begin(), chain.end());
}

}  // namespace cellard::replay
