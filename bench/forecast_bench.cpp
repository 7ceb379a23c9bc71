// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How wrong the forecast is. The public traces run through a cache of one size, and what its
// eviction actor would hear goes to the forecast; its hit ratios for other sizes are compared with
// a full replay at these. Sizes are shares of the distinct blocks. Also what it costs: processor
// nanoseconds a block access, and bytes.
//
//   forecast_bench [FOLDER]      default: $CELLARD_TRACES; without either it says so and ends
#include "core/forecast.hpp"

#include "bench/support/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include "replay/cells.hpp"
#include "replay/policy.hpp"

namespace {

using namespace cellard;
using core::node_id;
using replay::request;
using replay::trace;

constexpr core::space_id space = 1;
constexpr std::uint64_t memory_bytes = std::uint64_t{16} << 20;
constexpr double most_memory_mib = 16;
constexpr double most_mean_points = 2;
constexpr double most_points = 5;
constexpr double all_the_trace_hours = 24 * 3650;
constexpr double compared_sizes[] = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4};
constexpr double present_sizes[] = {0.01, 0.05, 0.1};

/// A cache as the daemon's eviction actor sees it: a get, then a put of what was missing.
class watched_cache {
public:
  watched_cache(const trace& what, const std::string& policy, std::size_t capacity)
    : what_(what),
      order_(policy),
      capacity_(capacity),
      resident_(what.distinct(), 0),
      forecast_({policy, capacity, memory_bytes, 1,
                 std::chrono::seconds(static_cast<int>(all_the_trace_hours * 3600))},
                4711) {
    forecast_.join(space, 1);
  }

  void serve(const request& next) {
    const auto chain = what_.chain(next);
    std::size_t hits = 0;
    while (hits < chain.size() && resident_[chain[hits]] != 0) {
      ++hits;
    }
    get(next, chain.first(hits), chain.subspan(hits));
    put(chain.subspan(hits));
    make_room();
  }

  /// The forecast for `factor` times the present size.
  [[nodiscard]] double at(double factor) const {
    const auto results = forecast_.results();
    const core::space_share whole{&results.front(), 1};
    return core::forecast_hit_ratio({&whole, 1}, factor);
  }
  [[nodiscard]] double sampled() const { return forecast_.results().front().sampled; }
  [[nodiscard]] double ns() const { return ns_; }
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }

private:
  void get(const request& next, std::span<const node_id> found, std::span<const node_id> missing) {
    batch_ = {};
    batch_.space = space;
    batch_.when = std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(next.seconds + 1)));
    batch_.asked = static_cast<std::uint32_t>(found.size() + missing.size());
    batch_.known = batch_.wanted = static_cast<std::uint32_t>(found.size());
    batch_.touched.assign(found.rbegin(), found.rend());
    for (const node_id block : missing) {
      batch_.lacking.push_back(replay::fingerprint(block));
    }
    record();
  }

  void put(std::span<const node_id> missing) {
    batch_.asked = batch_.known = batch_.wanted = 0;
    batch_.lacking.clear();
    batch_.refreshed.swap(batch_.touched);
    for (const node_id block : missing) {
      batch_.inserted.push_back({{block, 1}, what_.parents[block], 1, replay::fingerprint(block)});
      resident_[block] = 1;
    }
    if (!missing.empty()) {
      record();
    }
  }

  void record() {
    if (!batch_.empty()) {
      order_.record(batch_);
    }
    const double began = replay::processor_seconds();
    forecast_.record(batch_, order_.ledger(space));
    ns_ += 1e9 * (replay::processor_seconds() - began);
    most_bytes_ = std::max(most_bytes_, forecast_.memory_bytes());
  }

  void make_room() {
    if (order_.size(space) > capacity_) {
      victims_.clear();
      order_.choose(space, order_.size(space) - capacity_, victims_);
      for (const core::block_name& victim : victims_) {
        resident_[victim.node] = 0;
      }
    }
  }

  const trace& what_;
  core::eviction_order order_;
  std::size_t capacity_;
  std::vector<std::uint8_t> resident_;
  core::forecast forecast_;
  core::access_batch batch_;
  std::vector<core::block_name> victims_;
  double ns_ = 0;
  std::size_t most_bytes_ = 0;
};

struct errors {
  double sum = 0;
  double most = 0;
  int cells = 0;
  double ns = 0;
  double accesses = 0;
  std::size_t most_bytes = 0;
};

void measure(const trace& what, const std::string& policy, double present,
             const std::vector<double>& truth, errors& all) {
  watched_cache cache(what, policy, replay::cache_size{present, 0}.capacity(what.distinct()));
  for (const request& next : what.requests) {
    cache.serve(next);
  }
  std::string line;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double factor = compared_sizes[i] / present;
    if (factor < core::curve_sizes.front() || factor > core::curve_sizes.back()) {
      line += "    -";
      continue;
    }
    const double points = 100 * std::abs(cache.at(factor) - truth[i]);
    line += fmt::format("{:>5.1f}", points);
    all.sum += points;
    all.most = std::max(all.most, points);
    ++all.cells;
  }
  all.ns += cache.ns();
  all.accesses += static_cast<double>(what.blocks.size());
  all.most_bytes = std::max(all.most_bytes, cache.most_bytes());
  std::cerr << fmt::format(
    "{:<8} {:<9} at {:>3.0f} %, one block of {:<3.0f} {}  {:.0f} ns/access\n", what.name, policy,
    100 * present, 1 / cache.sampled(), line, cache.ns() / static_cast<double>(what.blocks.size()));
}

bool measure(const std::filesystem::path& folder, const std::string& policy) {
  errors all;
  for (const char* name : {"mc_conv", "cc_u16", "agents"}) {
    const auto what = replay::read_trace(folder / fmt::format("{}.kvt.xz", name));
    if (!what) {
      std::cerr << what.error().context() << '\n';
      return false;
    }
    std::vector<double> truth;
    for (const double share : compared_sizes) {
      const auto blocks = replay::cache_size{share, 0}.capacity(what->distinct());
      truth.push_back(replay::run_policy(*what, policy, blocks).hit_ratio());
    }
    for (const double present : present_sizes) {
      measure(*what, policy, present, truth, all);
    }
  }
  const auto name = "forecast " + policy;
  bench::at_most(name + " mean error", all.sum / all.cells, "points", most_mean_points);
  bench::at_most(name + " largest error", all.most, "points", most_points);
  bench::at_most(name + " memory", static_cast<double>(all.most_bytes) / (1 << 20), "MiB",
                 most_memory_mib);
  // No goal: in the daemon the sample is halved until its time is within a bound.
  std::cerr << fmt::format("{}: {:.0f} ns/access\n", name, all.ns / all.accesses);
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const char* const folder = count > 1 ? arguments[1] : std::getenv("CELLARD_TRACES");
  if (folder == nullptr) {
    std::cerr << "SKIPPED: the forecast's error; set CELLARD_TRACES to the folder with "
                 "mc_conv.kvt.xz, cc_u16.kvt.xz and agents.kvt.xz\n";
    return 0;
  }
  std::cerr << "errors in points at 0.5, 1, 2, 5, 10, 20 and 40 % of the distinct blocks\n";
  return measure(folder, "lru") && measure(folder, "adaptive") ? 0 : 1;
}
