// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The configuration as plain structs: what each part of the daemon reads. The defaults written here
// are those of mode `inference` and the only ones; the names, ranges and one-line documents of the
// keys are in keys.cpp, which a configuration is loaded, printed and compared by. Once loaded a
// configuration never changes: it is handed around as a `snapshot`, and a reload makes a new one.
// Units are in the names or in the types (units.hpp).
#pragma once

#include "config/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cellard::config {

enum class operating_mode : std::uint8_t { inference, interactive, bulk, streaming, training };
enum class hugepages_use : std::uint8_t { never, thp };
enum class verify_when : std::uint8_t { adopted, always, never };
enum class log_level : std::uint8_t { trace, debug, info, warn, error, critical, off };
enum class log_format : std::uint8_t { text, json };

/// The word for each enumerator, in their order.
template <class Enum>
struct words;
template <>
struct words<operating_mode> {
  static constexpr std::array<std::string_view, 5> list{"inference", "interactive", "bulk",
                                                        "streaming", "training"};
};
template <>
struct words<hugepages_use> {
  static constexpr std::array<std::string_view, 2> list{"never", "thp"};
};
template <>
struct words<verify_when> {
  static constexpr std::array<std::string_view, 3> list{"adopted", "always", "never"};
};
template <>
struct words<log_level> {
  static constexpr std::array<std::string_view, 7> list{"trace", "debug",    "info", "warn",
                                                        "error", "critical", "off"};
};
template <>
struct words<log_format> {
  static constexpr std::array<std::string_view, 2> list{"text", "json"};
};

/// The word as it stands in the file.
template <class Enum>
requires requires {
  words<Enum>::list;
}
constexpr std::string_view to_string(Enum value) noexcept {
  return words<Enum>::list.at(static_cast<std::size_t>(value));
}

struct daemon_settings {
  std::uint32_t threads = 0;  ///< 0: min(4, cores)
  std::uint32_t workers = 1;
  duration shutdown_deadline = std::chrono::seconds(5);
  bool watch_file = true;
  duration slow_request = std::chrono::milliseconds(20);
};

/// A socket. No listener at all means the one default path (decisions.md L4).
struct listener_settings {
  std::string path;
  file_mode mode{0660};
  std::string group;   ///< empty: the daemon's own
  std::string tenant;  ///< empty: the tenant has no name
  bool allow_root = false;
};

struct memory_settings {
  size_or_percent capacity{percent{250'000}};  ///< of the smaller of memory and cgroup limit
  percent low_watermark{900'000};
  percent high_watermark{950'000};
  hugepages_use hugepages = hugepages_use::never;
  bool prefault = true;
  std::uint64_t segment_bytes = 0;  ///< 0: by decisions.md E1
};

struct eviction_settings {
  std::string strategy = "lru";
};

struct codec_settings {
  std::string policy = "raw";
  std::string ladder;  ///< names, gentlest first (config/ladder.hpp); empty: none
  percent ladder_share{250'000};
  percent cpu{250'000};      ///< of one core, for each of quantizer and compressor
  std::uint32_t queue = 64;  ///< blocks that wait for one of them
  std::uint32_t first_raw = 4;
  std::uint32_t last_raw = 0;
  percent key_error{0};  ///< 0: no bound
  percent value_error{0};
  std::string checksum = "xxh3";
  verify_when verify = verify_when::adopted;
};

struct limit_settings {
  std::uint32_t sessions = 4096;
  std::uint32_t sessions_per_user = 1024;
  std::uint64_t frame_bytes = 192 * kib;
  std::uint32_t keys_per_request = 4096;
  std::uint32_t requests_in_flight = 32;
  std::uint64_t staging_bytes = 256 * mib;
  size_or_percent staging_total{percent{125'000}};  ///< of capacity
  std::uint32_t leases = 65'536;
  duration lease_time = std::chrono::seconds(30);
  std::uint64_t out_bytes = 1 * mib;
  std::uint32_t pins = 65'536;
  duration pin_time = std::chrono::hours(1);
  std::uint32_t namespaces = 64;
  std::uint32_t namespaces_per_session = 64;
  std::uint32_t salts = 4096;
  std::uint32_t blocks = 16'777'216;
  std::uint64_t copy_queue_bytes = 1 * gib;
  duration partial_time = std::chrono::seconds(30);
  std::uint64_t block_bytes = 1 * gib;
  std::uint64_t inline_block_bytes = 16 * mib;
  duration reservation_time = std::chrono::seconds(30);
  duration request_deadline = std::chrono::seconds(60);
};

/// What the namespaces that match may hold; the first quota that matches counts.
struct quota_settings {
  std::string name_space;                        ///< glob on the name; the key is `namespace`
  std::string tenant;                            ///< glob on the tenant; empty: any
  size_or_percent guaranteed{std::uint64_t{0}};  ///< of capacity
  size_or_percent maximum{percent{1'000'000}};
  duration max_age{0};             ///< 0: no limit
  std::string codec = "default";   ///< codec.policy for these namespaces
  std::string ladder = "default";  ///< codec.ladder for these namespaces
};

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::uint32_t slow_requests = 5;  ///< lines a second
};

/// What the daemon remembers of its own numbers.
struct statistics_settings {
  std::uint32_t namespaces = 32;
  std::uint64_t forecast_memory = 16 * mib;  ///< 0: no forecast
  percent forecast_cpu{10'000};              ///< of one core
};

/// The page of numbers for Prometheus.
struct metrics_settings {
  std::string listen;  ///< empty: no page
  std::uint32_t connections = 8;
  duration request_time = std::chrono::seconds(5);
};

struct configuration {
  operating_mode mode = operating_mode::inference;
  daemon_settings daemon;
  std::vector<listener_settings> listeners;
  memory_settings memory;
  eviction_settings eviction;
  codec_settings codec;
  limit_settings limits;
  std::vector<quota_settings> quotas;
  log_settings log;
  metrics_settings metrics;
  statistics_settings statistics;

  /// Which snapshot this is; the daemon counts its reloads in it. No key, so no part of a
  /// comparison.
  std::uint64_t version = 0;

  /// Equal in every key.
  friend bool operator==(const configuration& left, const configuration& right);
};

using snapshot = std::shared_ptr<const configuration>;

/// The configuration, frozen, as number `version`.
snapshot make_snapshot(configuration settings, std::uint64_t version);

}  // namespace cellard::config
