// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/store.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace cellard::bench {

store::store(const std::string& socket, const std::string& name, std::size_t largest_block) {
  cellard_options options = CELLARD_OPTIONS_INIT;
  options.socket = socket.c_str();
  options.client_name = "bench";
  options.deadline_ms = 20'000;
  cellard_client* client = nullptr;
  check(cellard_connect(&options, &client));
  client_.reset(client);
  cellard_layout layout = CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_OPAQUE;
  layout.max_bytes = largest_block;
  cellard_space* space = nullptr;
  check(cellard_open(client, name.c_str(), &layout, nullptr, 0, &space));
  space_.reset(space);
}

cellard_match store::lookup(std::span<const cellard_key> keys) const {
  cellard_match match = CELLARD_MATCH_INIT;
  check(cellard_lookup(space_.get(), keys.data(), keys.size(), &match));
  return match;
}

blocks_ptr store::get(std::span<const cellard_key> keys) const {
  cellard_blocks* blocks = nullptr;
  check(cellard_get(space_.get(), keys.data(), keys.size(), &blocks));
  return {blocks, cellard_blocks_free};
}

bool store::get_copy(const cellard_key& key, std::span<std::byte> to) const {
  const cellard_buffer buffer{to.data(), to.size()};
  std::size_t copied = 0;
  check(cellard_get_copy(space_.get(), &key, 1, &buffer, 1, &copied));
  return copied == 1;
}

bool store::put(const cellard_key& key, std::span<const std::byte> bytes) const {
  const cellard_const_buffer buffer{bytes.data(), bytes.size()};
  std::size_t stored = 0;
  check(cellard_put(space_.get(), nullptr, &key, 1, &buffer, 1, nullptr, &stored));
  return stored == 1;
}

void store::put_chain(std::span<const cellard_key> keys, std::span<const std::byte> bytes) const {
  const std::vector<cellard_const_buffer> buffers(keys.size(), {bytes.data(), bytes.size()});
  std::size_t stored = 0;
  for (int attempt = 0; attempt < 2000 && stored < keys.size(); ++attempt) {
    if (attempt > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    check(cellard_put(space_.get(), nullptr, keys.data(), keys.size(), buffers.data(), 1, nullptr,
                      &stored));
  }
  if (stored < keys.size()) {
    throw std::runtime_error("a chain was not stored: no room");
  }
}

void store::put_rest(std::span<const cellard_key> keys, std::size_t there,
                     std::span<const std::byte> bytes) const {
  const auto rest = keys.subspan(there);
  if (rest.empty()) {
    return;
  }
  const std::vector<cellard_const_buffer> buffers(rest.size(), {bytes.data(), bytes.size()});
  const cellard_key* parent = there > 0 ? &keys[there - 1] : nullptr;
  check(cellard_put(space_.get(), parent, rest.data(), rest.size(), buffers.data(), 1, nullptr,
                    nullptr));
}

void store::remove(std::span<const cellard_key> keys) const {
  check(cellard_remove(space_.get(), keys.data(), keys.size(), nullptr));
}

double store::forecast_cpu_seconds() const {
  const cellard_outlook everybody{sizeof(cellard_outlook), nullptr, nullptr, 0, 1, nullptr, 0};
  char* text = nullptr;
  check(cellard_forecast(client_.get(), &everybody, &text));
  const std::string all(text);
  cellard_text_free(text);
  constexpr std::string_view name = "\"cpu_seconds\":";
  return std::strtod(all.c_str() + all.find(name) + name.size(), nullptr);
}

std::uint64_t store::statistic(const std::string& name) const {
  char* text = nullptr;
  check(cellard_admin(client_.get(), "stats", 1, &text));
  const std::string all(text);
  cellard_text_free(text);
  // The totals are sorted by name; the first of this name that is not a namespace's own counts.
  const auto list = all.find("\"per_namespace\"");
  const auto end = all.find("}]", list);
  const auto mark = "\"" + name + "\":";
  auto found = all.find(mark);
  if (found != std::string::npos && found > list && end != std::string::npos) {
    found = all.find(mark, end);
  }
  if (found == std::string::npos) {
    throw std::runtime_error("the daemon's statistics have no " + name);
  }
  return std::strtoull(all.c_str() + found + mark.size(), nullptr, 10);
}

}  // namespace cellard::bench
