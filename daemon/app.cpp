// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/app.hpp"

#include "config/load.hpp"
#include "config/validate.hpp"
#include "core/host_memory.hpp"
#include "daemon/actor_house.hpp"
#include "daemon/file_watch.hpp"
#include "daemon/logging.hpp"
#include "daemon/metrics_page.hpp"
#include "daemon/metrics_server.hpp"
#include "daemon/notify.hpp"
#include "daemon/server.hpp"
#include "daemon/stop_request.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <exception>
#include <fstream>

namespace cellard::daemon {
namespace {

constexpr int exit_config = 78;  // EX_CONFIG of sysexits.h
constexpr int exit_failure = 1;
constexpr int exit_temporary = 75;  // EX_TEMPFAIL: another daemon has the socket

core::result<config::snapshot> load(const command_line& options, const core::host_memory& host) {
  config::configuration settings;
  if (options.config) {
    auto loaded = config::load_file(*options.config);
    CELLARD_TRY(loaded);
    settings = std::move(*loaded);
  }
  if (options.log_level) {
    settings.log.level = *options.log_level;
  }
  if (const auto problems = config::validate(settings, host.usable_bytes()); !problems.empty()) {
    return core::fail(core::errc::config_invalid, "{}", problems.front().text);
  }
  return config::make_snapshot(std::move(settings), 1);
}

core::result<std::vector<listener>> open_listeners(const command_line& options,
                                                   const config::configuration& settings) {
  auto wanted = settings.listeners;
  if (options.socket) {
    wanted.assign(1, {});
    wanted.front().path = *options.socket;
  } else {
    auto passed = passed_listeners(wanted);
    CELLARD_TRY(passed);
    if (!passed->empty()) {
      return passed;
    }
  }
  if (wanted.empty()) {
    auto path = default_socket_path();
    CELLARD_TRY(path);
    wanted.assign(1, {});
    wanted.front().path = *path;
    wanted.front().mode = config::file_mode{0600};
  }
  std::vector<listener> opened;
  for (const auto& each : wanted) {
    auto one = listen_on(each);
    CELLARD_TRY(one);
    opened.push_back(std::move(*one));
  }
  return opened;
}

/// With a user namespace of our own every client would be uid 65534, and all tenants one
/// (operations.md 1).
bool uids_are_real() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 1;
  std::uint64_t outside = 1;
  std::uint64_t count = 0;
  return !(map >> inside >> outside >> count) || (inside == 0 && outside == 0 && count > 65534);
}

void say_hello(const std::vector<listener>& doors, const config::configuration& settings,
               const core::host_memory& host) {
  const auto capacity = settings.memory.capacity.resolve(host.usable_bytes());
  for (const auto& each : doors) {
    spdlog::info("cellard {} listens on {}, capacity {}", CELLARD_VERSION, each.settings().path,
                 config::bytes_text(capacity));
  }
  if (capacity > host.available_bytes) {
    spdlog::warn("memory.capacity is {}, but only {} are free now", config::bytes_text(capacity),
                 config::bytes_text(host.available_bytes));
  }
  if (!uids_are_real()) {
    spdlog::warn("this process is in a user namespace (PrivateUsers=?): clients of different users "
                 "look alike");
  }
}

/// The page of numbers; null where none is configured.
core::result<std::shared_ptr<metrics_server>> open_page(actor_house& house,
                                                        const config::metrics_settings& settings) {
  if (settings.listen.empty()) {
    return std::shared_ptr<metrics_server>();
  }
  auto page = metrics_server::open(house.pool().context(0), settings,
                                   metrics_page(house.system(), house.common().stats));
  CELLARD_TRY(page);
  (*page)->start();
  spdlog::info("the numbers are at {}, for all users of this host", (*page)->url());
  return page;
}

int serve(const command_line& options, const config::snapshot& settings,
          const core::host_memory& host) {
  auto doors = open_listeners(options, *settings);
  if (!doors) {
    spdlog::critical("{}", doors.error().message());
    return doors.error().code() == core::errc::exists ? exit_temporary : exit_failure;
  }
  say_hello(*doors, *settings, host);
  stop_request stop;
  actor_house house(settings, options.config, host.usable_bytes(), stop);
  auto page = open_page(house, settings->metrics);
  if (!page) {
    spdlog::critical("{}", page.error().context());
    return exit_failure;
  }
  auto front =
    std::make_shared<server>(house.system(), house.pool(), std::move(*doors), house.common());
  house.on_apply([front](const config::snapshot& fresh) { front->apply(fresh); });
  front->start();
  house.watch_signals();
  if (options.config && settings->daemon.watch_file) {
    house.watch_file(*options.config);
  }
  notify("READY=1");
  const auto why = stop.wait();
  notify("STOPPING=1");
  spdlog::info("stopping: {}", why.reason);
  front->stop();
  front.reset();
  if (*page) {
    (*page)->stop();
    page->reset();
  }
  const bool clean = house.shut_down(settings->daemon.shutdown_deadline);
  spdlog::info("stopped");
  return why.failed || !clean ? exit_failure : 0;
}

}  // namespace

int run(const command_line& options) {
  config::log_settings early;
  early.level = options.log_level.value_or(config::log_level::info);
  set_logging(early);
  const auto host = core::read_host_memory();
  const auto settings = load(options, host);
  if (!settings) {
    spdlog::critical("{}", settings.error().context());
    return exit_config;
  }
  if (options.check) {
    spdlog::info("the configuration is good");
    return 0;
  }
  set_logging((*settings)->log);
  try {
    return serve(options, *settings, host);
  } catch (const std::exception& failed) {
    spdlog::critical("cannot start: {}", failed.what());
    return exit_failure;
  }
}

}  // namespace cellard::daemon
