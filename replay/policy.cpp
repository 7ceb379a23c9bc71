// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "replay/policy.hpp"

#include "core/eviction_order.hpp"

#include <chrono>
#include <ctime>

namespace cellard::replay {
namespace {

constexpr core::space_id space = 1;
constexpr std::size_t requests_between_looks = 256;

std::chrono::steady_clock::time_point at(double seconds) {
  return std::chrono::steady_clock::time_point(
    std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds)));
}

class run {
public:
  run(const trace& what, const std::string& policy, std::size_t capacity)
    : what_(what),
      order_(policy),
      capacity_(capacity),
      resident_(what.distinct(), 0) {}

  /// Returns the hits.
  std::size_t serve(const request& next) {
    const auto chain = what_.chain(next);
    std::size_t hits = 0;
    while (hits < chain.size() && resident_[chain[hits]] != 0) {
      ++hits;
    }
    batch_.space = space;
    batch_.when = at(next.seconds);
    batch_.asked = static_cast<std::uint32_t>(chain.size());
    batch_.known = static_cast<std::uint32_t>(hits);
    batch_.touched.assign(chain.rend() - static_cast<std::ptrdiff_t>(hits), chain.rend());
    batch_.inserted.clear();
    for (std::size_t i = hits; i < chain.size(); ++i) {
      batch_.inserted.push_back({{chain[i], 1}, what_.parents[chain[i]], 1, fingerprint(chain[i])});
      resident_[chain[i]] = 1;
    }
    order_.record(batch_);
    if (order_.size(space) > capacity_) {
      victims_.clear();
      order_.choose(space, order_.size(space) - capacity_, victims_);
      for (const core::block_name& victim : victims_) {
        resident_[victim.node] = 0;
      }
    }
    return hits;
  }

private:
  const trace& what_;
  core::eviction_order order_;
  std::size_t capacity_;
  std::vector<std::uint8_t> resident_;
  core::access_batch batch_;
  std::vector<core::block_name> victims_;
};

}  // namespace

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::uint64_t fingerprint(node_id block) {
  std::uint64_t mixed = (std::uint64_t{block} + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9U;
  return mixed ^ (mixed >> 32);
}

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  for (const auto name : core::strategy_names()) {
    names.emplace_back(name);
  }
  names.emplace_back("belady");
  return names;
}

outcome run_policy(const trace& what, const std::string& policy, std::size_t capacity,
                   const watcher& watch) {
  if (policy == "belady") {
    return run_belady(what, capacity, watch);
  }
  const double began = processor_seconds();
  run mine(what, policy, capacity);
  outcome made;
  for (std::size_t i = 0; i < what.requests.size(); ++i) {
    if (watch && i % requests_between_looks == 0
        && !watch(static_cast<double>(i) / static_cast<double>(what.requests.size()))) {
      return made;
    }
    made.hits += mine.serve(what.requests[i]);
    made.asked += what.requests[i].count;
  }
  made.seconds = processor_seconds() - began;
  made.finished = true;
  return made;
}

}  // namespace cellard::replay
