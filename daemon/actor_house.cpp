// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/actor_house.hpp"

#include "actors/encoder.hpp"
#include "actors/eviction.hpp"
#include "actors/memory.hpp"
#include "actors/settings.hpp"
#include "actors/stats.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker.hpp"
#include "daemon/logging.hpp"
#include "daemon/notify.hpp"
#include "daemon/scheduler.hpp"

#include <boost/asio/post.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <csignal>
#include <future>
#include <random>

namespace cellard::daemon {
namespace {

std::size_t threads_of(const config::configuration& settings) {
  return settings.daemon.threads != 0 ? settings.daemon.threads : io_pool::default_threads();
}

/// Changes with every start, so that a client sees that its leases and mappings are void.
std::uint64_t instance_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

actor_house::config_with_scheduler::config_with_scheduler(io_pool& pool) {
  install_scheduler(*this, pool);
}

actor_house::actor_house(const config::snapshot& settings,
                         std::optional<std::filesystem::path> file, std::uint64_t host_bytes,
                         stop_request& stop)
  : stop_(stop),
    pool_(threads_of(*settings)),
    config_(pool_),
    system_(std::make_unique<caf::actor_system>(config_)),
    counters_(std::make_shared<core::server_counters>()),
    staging_(std::make_shared<core::usage>()),
    settings_(settings),
    slow_(std::make_shared<slow_log>(settings->log.slow_requests)) {
  system_->await_actors_before_shutdown(false);
  spawn_all(settings, std::move(file), host_bytes);
}

actor_house::~actor_house() {
  shut_down(settings_->daemon.shutdown_deadline);
}

void actor_house::spawn_all(const config::snapshot& settings,
                            std::optional<std::filesystem::path> file, std::uint64_t host_bytes) {
  for (std::uint32_t i = 0; i < settings->daemon.workers + 1; ++i) {
    workers_.push_back(system_->spawn<caf::detached>(actors::worker, counters_));
  }
  memory_ = system_->spawn(actors::memory, settings, host_bytes, staging_);
  order_ = system_->spawn(actors::eviction, settings, host_bytes);
  stats_ = system_->spawn(actors::stats,
                          actors::stats_setup{counters_, staging_, host_bytes, settings, order_});
  actors::supervisor_setup setup;
  setup.settings = settings;
  setup.memory = memory_;
  setup.order = order_;
  setup.stats = stats_;
  setup.housekeeper = workers_.front();
  setup.copiers.assign(workers_.begin() + 1, workers_.end());
  setup.counters = counters_;
  setup.make_encoder = [this, settings] {
    return system_->spawn<caf::detached>(actors::encoder, settings);
  };
  setup.fatal = [this](std::string why) {
    stop_.ask({std::move(why), true});
  };
  setup.restarted = [](const std::string& what) {
    spdlog::error("{}", what);
  };
  supervisor_ = system_->spawn(actors::supervisor, std::move(setup));
  actors::settings_setup running;
  running.file = std::move(file);
  running.running = settings;
  running.host_bytes = host_bytes;
  running.memory = memory_;
  running.order = order_;
  running.supervisor = supervisor_;
  running.stats = stats_;
  running.applied = [this](const config::snapshot& fresh) {
    set_logging(fresh->log);
    slow_->limit(fresh->log.slow_requests);
    if (applied_) {
      applied_(fresh);
    }
  };
  running.reported = [](const core::result<std::string>& report) {
    if (report) {
      spdlog::info("reload: {}", *report);
    } else {
      spdlog::error("reload refused, nothing was changed: {}", report.error().context());
    }
    notify("READY=1");
  };
  configuration_ = system_->spawn<caf::detached>(actors::settings, std::move(running));
}

actors::session_setup actor_house::common() const {
  actors::session_setup all;
  all.settings = settings_;
  all.supervisor = supervisor_;
  all.memory = memory_;
  all.stats = stats_;
  all.configuration = configuration_;
  all.counters = counters_;
  all.slow = [log = slow_](const actors::slow_request& what) {
    if (const auto line = log->line(what, std::chrono::steady_clock::now())) {
      spdlog::warn("{}", *line);
    }
  };
  all.instance = instance_number();
  all.pid = static_cast<std::uint32_t>(getpid());
  return all;
}

void actor_house::watch_signals() {
  signals_ = std::make_unique<boost::asio::signal_set>(pool_.context(0), SIGTERM, SIGINT, SIGHUP);
  boost::asio::post(pool_.context(0), [this] { wait_signal(); });
  if (const auto period = watchdog_period(); period.count() > 0) {
    pool_.watch(period, [this](std::size_t thread) {
      if (thread == 0) {
        beat();
      }
    });
  }
}

void actor_house::wait_signal() {
  signals_->async_wait([this](const boost::system::error_code& failed, int number) {
    if (failed) {
      return;
    }
    if (number == SIGHUP) {
      notify_reloading();
      caf::anon_send(configuration_, actors::tick_atom::value);
      wait_signal();
    } else {
      stop_.ask({number == SIGTERM ? "SIGTERM" : "SIGINT", false});
    }
  });
}

void actor_house::beat() {
  // This thread ticks; the others must have, too, or the manager is not told that all is well.
  static thread_local std::vector<std::uint64_t> seen;
  seen.resize(pool_.size());
  bool all = true;
  for (std::size_t i = 1; i < pool_.size(); ++i) {
    const auto now = pool_.ticks(i);
    all = all && now != seen[i];
    seen[i] = now;
  }
  if (all) {
    notify("WATCHDOG=1");
  }
}

void actor_house::watch_file(const std::filesystem::path& file) {
  boost::asio::post(pool_.context(0), [this, file] {
    auto started = file_watch::start(
      pool_.context(0), file, [this] { caf::anon_send(configuration_, actors::tick_atom::value); });
    if (started) {
      watch_ = *started;
    } else {
      spdlog::warn("{}", started.error().context());
    }
  });
}

bool actor_house::shut_down(std::chrono::microseconds deadline) {
  if (!system_) {
    return true;
  }
  std::promise<void> quiet;
  boost::asio::post(pool_.context(0), [this, &quiet] {
    signals_.reset();
    if (watch_) {
      watch_->stop();
      watch_.reset();
    }
    quiet.set_value();
  });
  quiet.get_future().wait();
  const auto until = [&] {
    return std::chrono::steady_clock::now() + deadline;
  };
  const auto end = [&](auto& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
  };
  // Sessions end by their sockets. What is left after a deadline is ended with the system.
  const std::size_t house_actors = workers_.size() + 7;
  bool clean = await_running(*system_, house_actors + settings_->limits.namespaces, until());
  end(supervisor_);
  end(configuration_);
  end(stats_);
  end(memory_);
  end(order_);
  for (auto& each : workers_) {
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  }
  workers_.clear();
  clean = await_running(*system_, 0, until()) && clean;
  // A detached actor's thread waits until nobody refers to the actor any more, and what this calls
  // refers to some.
  applied_ = nullptr;
  if (!clean) {
    spdlog::error("{} actors did not end within daemon.shutdown_deadline",
                  system_->registry().running());
  }
  system_.reset();
  return clean;
}

}  // namespace cellard::daemon
