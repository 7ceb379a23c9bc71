// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The threads, the actor system and the actors that exist once. Made in the order of who needs
// whom, ended in the order of docs/threading.md: sessions (their sockets are shut by the server
// before), supervisor with the shards, settings, stats, memory and eviction, workers; each step has
// the same deadline.
#pragma once

#include "actors/session.hpp"
#include "daemon/file_watch.hpp"
#include "daemon/io_pool.hpp"
#include "daemon/slow_log.hpp"
#include "daemon/stop_request.hpp"

#include <boost/asio/signal_set.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace cellard::daemon {

class actor_house {
public:
  actor_house(const config::snapshot& settings, std::optional<std::filesystem::path> file,
              std::uint64_t host_bytes, stop_request& stop);
  ~actor_house();
  actor_house(const actor_house&) = delete;
  actor_house& operator=(const actor_house&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }
  [[nodiscard]] io_pool& pool() noexcept { return pool_; }

  /// What all sessions share.
  [[nodiscard]] actors::session_setup common() const;

  /// Called with every new configuration, on the settings actor's thread. Set once, before signals
  /// are watched.
  void on_apply(std::function<void(const config::snapshot&)> what) { applied_ = std::move(what); }

  /// SIGTERM and SIGINT end the daemon, SIGHUP reads the configuration again.
  void watch_signals();
  void watch_file(const std::filesystem::path& file);

  /// Ends all actors. False when some did not end in time.
  bool shut_down(std::chrono::microseconds deadline);

private:
  struct config_with_scheduler : caf::actor_system_config {
    explicit config_with_scheduler(io_pool& pool);
  };

  void spawn_all(const config::snapshot& settings, std::optional<std::filesystem::path> file,
                 std::uint64_t host_bytes);
  void wait_signal();
  void beat();

  stop_request& stop_;
  io_pool pool_;
  config_with_scheduler config_;
  std::unique_ptr<caf::actor_system> system_;
  std::function<void(const config::snapshot&)> applied_;
  std::shared_ptr<core::server_counters> counters_;
  std::shared_ptr<core::usage> staging_;
  config::snapshot settings_;
  std::shared_ptr<slow_log> slow_;
  std::vector<actors::worker_actor> workers_;
  actors::memory_actor memory_;
  actors::eviction_actor order_;
  actors::stats_actor stats_;
  actors::supervisor_actor supervisor_;
  actors::settings_actor configuration_;
  std::unique_ptr<boost::asio::signal_set> signals_;
  std::shared_ptr<file_watch> watch_;
};

}  // namespace cellard::daemon
