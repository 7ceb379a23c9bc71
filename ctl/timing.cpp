// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// ping and bench: how quickly this daemon answers this host's clients.
#include "ctl/timing.hpp"

#include "config/units.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <utility>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {

double durations::total_seconds() const noexcept {
  return std::accumulate(taken_us_.begin(), taken_us_.end(), 0.0) / 1e6;
}

double durations::quantile_us(double share) const {
  if (taken_us_.empty()) {
    return 0;
  }
  auto sorted = taken_us_;
  const auto last = static_cast<double>(sorted.size() - 1);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(last * share);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

nlohmann::json durations::to_json(std::uint64_t bytes_a_call) const {
  nlohmann::json out{{"calls", count()},
                     {"p50_us", quantile_us(0.5)},
                     {"p99_us", quantile_us(0.99)},
                     {"max_us", quantile_us(1)}};
  if (bytes_a_call > 0 && total_seconds() > 0) {
    const auto bytes = static_cast<double>(bytes_a_call) * static_cast<double>(count());
    out["bytes_per_second"] = bytes / total_seconds();
  }
  return out;
}

namespace {

using nlohmann::json;

void run_ping(const globals& shared, std::uint32_t count) {
  const auto daemon = connect(shared);
  durations taken;
  for (std::uint32_t i = 0; i < count; ++i) {
    taken.measure([&] { ask_text(daemon, "health"); });
  }
  if (shared.json) {
    print_json(taken.to_json());
  } else {
    std::cout << fmt::format(
      "{} answers from pid {}: p50 {:.0f} us, p99 {:.0f} us, max {:.0f} us\n", count,
      daemon.server().pid, taken.quantile_us(0.5), taken.quantile_us(0.99), taken.quantile_us(1));
  }
}

struct bench_options {
  std::string size = "1 MiB";
  std::uint32_t count = 64;
};

/// A namespace for the measurement alone, which goes when it ends however it ends.
class bench_space {
public:
  bench_space(const client& daemon, std::uint64_t block_bytes)
    : daemon_(daemon),
      name_(fmt::format("cellarctl-bench-{}", getpid())) {
    cellard_layout layout CELLARD_LAYOUT_INIT;
    layout.max_bytes = block_bytes;
    check(cellard_open(daemon_.handle(), name_.c_str(), &layout, nullptr, 0, &space_));
  }
  bench_space(const bench_space&) = delete;
  bench_space& operator=(const bench_space&) = delete;
  ~bench_space() {
    cellard_space_close(space_);
    cellard_forget(daemon_.handle(), name_.c_str(), 0);
  }

  [[nodiscard]] cellard_space* handle() const noexcept { return space_; }

private:
  const client& daemon_;
  std::string name_;
  cellard_space* space_ = nullptr;
};

struct bench_result {
  durations puts;
  durations lookups;
  durations gets;
  std::size_t stored = 0;
  std::size_t found = 0;
};

std::vector<key> keys_of_bench(std::uint32_t count) {
  std::vector<key> keys(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    check(cellard_key_from_bytes(&i, sizeof i, &keys[i]));
  }
  return keys;
}

bench_result measure(const client& daemon, std::uint64_t block_bytes, std::uint32_t count) {
  const bench_space space(daemon, block_bytes);
  const auto keys = keys_of_bench(count);
  bench_result out;
  std::vector<std::byte> bytes(block_bytes, std::byte{0x5A});
  for (const auto& each : keys) {
    const cellard_const_buffer from{bytes.data(), bytes.size()};
    std::size_t stored = 0;
    out.puts.measure(
      [&] { check(cellard_put(space.handle(), nullptr, &each, 1, &from, 1, nullptr, &stored)); });
    out.stored += stored;
  }
  for (const auto& each : keys) {
    cellard_match match CELLARD_MATCH_INIT;
    out.lookups.measure([&] { check(cellard_lookup(space.handle(), &each, 1, &match)); });
  }
  for (const auto& each : keys) {
    const cellard_buffer into{bytes.data(), bytes.size()};
    std::size_t copied = 0;
    out.gets.measure([&] { check(cellard_get_copy(space.handle(), &each, 1, &into, 1, &copied)); });
    out.found += copied;
  }
  return out;
}

void run_bench(const globals& shared, const bench_options& options) {
  const auto size = config::parse_bytes(options.size);
  if (!size || *size == 0) {
    throw refused("invalid_argument", size ? "--size is 0" : "--size: " + size.error().context());
  }
  const auto daemon = connect(shared);
  const auto result = measure(daemon, *size, options.count);
  const std::pair<const char*, json> rows[] = {{"put", result.puts.to_json(*size)},
                                               {"lookup", result.lookups.to_json()},
                                               {"get", result.gets.to_json(*size)}};
  if (shared.json) {
    json out{{"block_bytes", *size}, {"stored", result.stored}, {"found", result.found}};
    for (const auto& [name, row] : rows) {
      out[name] = row;
    }
    print_json(out);
    return;
  }
  table out({{"CALL"}, {"CALLS", true}, {"P50", true}, {"P99", true}, {"RATE", true}});
  for (const auto& [name, row] : rows) {
    const auto rate = number(row, "bytes_per_second");
    out.add({name, human_count(number(row, "calls")),
             fmt::format("{:.0f} us", number(row, "p50_us")),
             fmt::format("{:.0f} us", number(row, "p99_us")),
             rate > 0 ? fmt::format("{:.2f} GB/s", rate / 1e9) : ""});
  }
  out.print(std::cout);
  std::cout << fmt::format("blocks of {}, one a call, one client; {} of {} stored, {} found\n",
                           human_bytes(static_cast<double>(*size)), result.stored, options.count,
                           result.found);
}

}  // namespace

void add_timing_commands(CLI::App& app, const globals& shared) {
  auto* ping = app.add_subcommand("ping", "Measure round trips");
  auto count = std::make_shared<std::uint32_t>(100);
  ping->add_option("-c,--count", *count, "round trips, 100 unless given")
    ->check(CLI::Range(1, 1'000'000));
  ping->callback([&shared, count] { run_ping(shared, *count); });

  auto* bench =
    app.add_subcommand("bench", "Measure put, lookup and get in a namespace of its own");
  auto options = std::make_shared<bench_options>();
  bench->add_option("--size", options->size, "of a block, 1 MiB unless given");
  bench->add_option("-c,--count", options->count, "blocks, 64 unless given")
    ->check(CLI::Range(1, 100'000));
  bench->callback([&shared, options] { run_bench(shared, *options); });
}

}  // namespace cellard::ctl
