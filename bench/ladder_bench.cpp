// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the ladder is for: the hit ratio of the public traces with the ladder on against off, in the
// same bytes, the blocks that are resident in them, and what a hit costs on the average, since
// blocks in fewer bytes have to be decoded. The traces have no values; what a step takes and how
// long it is decoded is measured first, on 256 tokens of 8 heads of 128. Encoders are taken to keep
// up; requests are served one after the other. Sizes are shares of what all blocks take raw.
//
//   ladder_bench [FOLDER]      default: $CELLARD_TRACES; without either it says so and ends
#include "bench/support/rows.hpp"
#include "core/eviction_order.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>
#include <vector>

#include "replay/cells.hpp"
#include "replay/policy.hpp"

namespace {

using namespace cellard;
using core::node_id;
using replay::request;
using replay::trace;

constexpr core::space_id space = 1;
constexpr std::uint32_t raw_units = 1000;  // of memory that a raw block takes
constexpr double sizes[] = {0.005, 0.01, 0.02, 0.05, 0.1};
constexpr int rounds = 9;

/// A block's bytes at a step, and how long it takes to have them raw.
struct rung {
  std::uint32_t units = raw_units;
  double seconds = 0;
};

double median_seconds(const auto& work) {
  std::array<double, rounds> all{};
  for (double& each : all) {
    const double began = replay::processor_seconds();
    work();
    each = replay::processor_seconds() - began;
  }
  std::sort(all.begin(), all.end());
  return all[rounds / 2];
}

/// Raw, int8 and int4: half a megabyte of f16, in the caches.
std::array<rung, 3> measure_rungs() {
  const gpu::segment shape{
    .type = core::dtype::f16, .what = gpu::side::values, .tokens = 256, .heads = 8, .dim = 128};
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<std::byte> raw(shape.raw_bytes());
  for (std::size_t i = 0; i < raw.size(); i += 2) {
    const std::uint16_t half = gpu::float_to_f16(normal(random));
    std::memcpy(&raw[i], &half, sizeof half);
  }
  std::vector<std::byte> back(raw.size());
  std::array<rung, 3> all;
  all[0].seconds = median_seconds([&] { std::memcpy(back.data(), raw.data(), raw.size()); });
  const auto& codecs = gpu::host::best_codecs();
  gpu::scratch work;
  std::size_t step = 0;
  for (const char* name : {"int8", "int4"}) {
    const auto& codec = *codecs.find(name);
    std::vector<std::byte> coded(codec.bound(shape));
    coded.resize(codec.encode(shape, raw, coded, work).value());
    rung& one = all.at(++step);
    one.units = static_cast<std::uint32_t>(raw_units * coded.size() / raw.size());
    one.seconds = median_seconds([&] {
      if (!codec.decode(shape, coded, {0, shape.tokens}, back, work)) {
        std::abort();
      }
    });
  }
  return all;
}

struct outcome {
  std::uint64_t asked = 0;
  std::uint64_t hits = 0;
  double hit_seconds = 0;  ///< of all hits together
  double resident = 0;     ///< blocks, at the end

  [[nodiscard]] double ratio() const {
    return static_cast<double>(hits) / static_cast<double>(asked);
  }
};

class laddered_cache {
public:
  laddered_cache(const trace& what, const std::string& policy, std::uint64_t units, unsigned steps,
                 const std::array<rung, 3>& rungs)
    : what_(what),
      rungs_(rungs),
      order_(policy),
      capacity_(units),
      step_(what.distinct(), absent) {
    by_.steps = steps;
    by_.codings = ~std::size_t{0};
  }

  void serve(const request& next) {
    const auto chain = what_.chain(next);
    std::size_t hits = 0;
    while (hits < chain.size() && step_[chain[hits]] != absent) {
      made_.hit_seconds += rungs_.at(step_[chain[hits]]).seconds;
      ++hits;
    }
    made_.asked += chain.size();
    made_.hits += hits;
    core::access_batch batch;
    batch.space = space;
    batch.when = std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(next.seconds + 1)));
    batch.asked = static_cast<std::uint32_t>(chain.size());
    batch.known = static_cast<std::uint32_t>(hits);
    batch.touched.assign(chain.rend() - static_cast<std::ptrdiff_t>(hits), chain.rend());
    for (std::size_t i = hits; i < chain.size(); ++i) {
      batch.inserted.push_back(
        {{chain[i], 1}, what_.parents[chain[i]], raw_units, replay::fingerprint(chain[i])});
      step_[chain[i]] = 0;
      used_ += raw_units;
    }
    order_.record(batch);
    make_room();
  }

  [[nodiscard]] outcome result() {
    made_.resident = static_cast<double>(order_.size(space));
    return made_;
  }

private:
  static constexpr std::uint8_t absent = 255;

  /// Rounds, because a choice guesses what a codec will win.
  void make_room() {
    while (used_ > capacity_) {
      const auto choice = order_.choose(space, used_ - capacity_, by_);
      core::access_batch truth;
      truth.space = space;
      for (const auto& each : choice.lowered) {
        const node_id id = each.block.node;
        used_ -= rungs_.at(step_[id]).units;
        step_[id] = static_cast<std::uint8_t>(each.step + (by_.steps == 1 ? 1 : 0));
        used_ += rungs_.at(step_[id]).units;
        truth.resized.push_back({each.block, rungs_.at(step_[id]).units});
      }
      for (const auto& each : choice.victims) {
        used_ -= rungs_.at(step_[each.node]).units;
        step_[each.node] = absent;
      }
      order_.record(truth);
    }
  }

  const trace& what_;
  const std::array<rung, 3>& rungs_;
  core::eviction_order order_;
  core::ladder by_;
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
  std::vector<std::uint8_t> step_;
  outcome made_;
};

void compare(const trace& what, const std::string& policy, const std::array<rung, 3>& rungs) {
  for (const double size : sizes) {
    const auto units =
      static_cast<std::uint64_t>(size * static_cast<double>(what.distinct())) * raw_units;
    std::array<outcome, 3> all;
    for (unsigned steps = 0; steps <= 2; ++steps) {
      laddered_cache cache(what, policy, units, steps, rungs);
      for (const request& next : what.requests) {
        cache.serve(next);
      }
      all.at(steps) = cache.result();
    }
    const char* const names[] = {"off", "int4", "int8, int4"};
    for (unsigned steps = 1; steps <= 2; ++steps) {
      const auto name =
        fmt::format("ladder {} {} {} at {} %", names[steps], what.name, policy, 100 * size);
      bench::at_least(name, 100 * all.at(steps).ratio(), "% hit", 100 * all[0].ratio(), 1);
    }
    for (unsigned steps = 0; steps <= 2; ++steps) {
      const auto& one = all.at(steps);
      std::cerr << fmt::format(
        "{:<8} {:<8} {:>4.1f} %  {:<10} hit {:5.1f} %  blocks {:>8.0f}  {:5.0f} us a hit\n",
        what.name, policy, 100 * size, names[steps], 100 * one.ratio(), one.resident,
        1e6 * one.hit_seconds / static_cast<double>(one.hits));
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const char* const folder = count > 1 ? arguments[1] : std::getenv("CELLARD_TRACES");
  if (folder == nullptr) {
    std::cerr << "SKIPPED: what the ladder wins; set CELLARD_TRACES to the folder with "
                 "mc_conv.kvt.xz, cc_u16.kvt.xz and agents.kvt.xz\n";
    return 0;
  }
  const auto rungs = measure_rungs();
  for (const rung& one : rungs) {
    std::cerr << fmt::format("{:.3f} of the bytes, {:.0f} us half a megabyte\n",
                             static_cast<double>(one.units) / raw_units, 1e6 * one.seconds);
  }
  for (const char* name : {"mc_conv", "cc_u16", "agents"}) {
    const auto what =
      replay::read_trace(std::filesystem::path(folder) / fmt::format("{}.kvt.xz", name));
    if (!what) {
      std::cerr << what.error().context() << '\n';
      return 1;
    }
    for (const char* policy : {"lru", "adaptive"}) {
      compare(*what, policy, rungs);
    }
  }
  return 0;
}
