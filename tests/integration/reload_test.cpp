// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading the configuration again while clients work: a good file takes effect, a bad one changes
// nothing and says which line is wrong, and capacity goes down and up in steps under load.
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 64 * 1024;

/// Line 6 is `limits`.
std::string with_capacity(const std::string& capacity, const std::string& limits = {},
                          const std::string& memory = {}) {
  return "[daemon]\nwatch_file = false\n" + memory_of(capacity, limits) + memory;
}

/// A client that puts and gets all the time, in a thread.
class load {
public:
  load(const std::string& socket, std::uint64_t base)
    : thread_([this, socket, base] { run(socket, base); }) {}
  ~load() { stop(); }
  load(const load&) = delete;
  load& operator=(const load&) = delete;

  void stop() {
    over_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  [[nodiscard]] std::string problem() const { return problem_; }
  [[nodiscard]] std::uint64_t stored() const { return stored_; }

private:
  void run(const std::string& socket, std::uint64_t base) try {
    const store_client client(socket, "model", opaque(block));
    for (std::uint64_t chain = 0; !over_; chain = (chain + 1) % 100) {
      const auto first = base + 1000 * chain;
      for (const int each : client.put(first, 8, 1, block)) {
        stored_ += each == CELLARD_OK ? 1U : 0U;
        if (each != CELLARD_OK && each != CELLARD_EXISTS && each != CELLARD_BUSY
            && each != CELLARD_NO_PARENT) {
          throw std::runtime_error(cellard_status_name(each));
        }
      }
      client.find(first, 8, 1);  // throws at a wrong byte
    }
  } catch (const std::exception& failed) {
    problem_ = failed.what();
  }

  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> stored_{0};
  std::string problem_;  // of the thread; read after stop
  std::thread thread_;
};

BOOST_AUTO_TEST_CASE(a_reload_request_reports_what_changed_and_a_bad_file_its_line) {
  const daemon_process daemon({.config = with_capacity("32 MiB")});
  watcher eyes(daemon);
  daemon.write_config(with_capacity("48 MiB"));
  const auto report = eyes.client().text(protocol::opcode::reload);
  BOOST_TEST(report.find("memory.capacity") != std::string::npos, report);
  BOOST_TEST(eyes.stats().at("capacity_bytes") == 48U << 20);
  const auto before = eyes.client().text(protocol::opcode::config);
  for (const char* bad :
       {"sessions = 0\n", "sesions = 10\n", "[limits\n", "out_bytes = 5\n", "out_bytes = \n"}) {
    daemon.write_config(with_capacity("24 MiB", bad));
    const auto refused = eyes.client().ask<protocol::text_reply>(
      protocol::admin_request{protocol::opcode::reload, true});
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().code() == core::errc::config_invalid);
    const auto& text = refused.error().context();
    BOOST_TEST(text.find("cellard.toml:6") != std::string::npos, text);
    BOOST_TEST(eyes.client().text(protocol::opcode::config) == before);
    BOOST_TEST(eyes.stats().at("capacity_bytes") == 48U << 20);
  }
}

BOOST_AUTO_TEST_CASE(sighup_under_load_with_good_and_bad_files) {
  daemon_process daemon({.config = with_capacity("32 MiB")});
  watcher eyes(daemon);
  load a(daemon.socket(), 0);
  load b(daemon.socket(), 1'000'000);
  for (int round = 0; round < 10; ++round) {
    const bool good = round % 2 == 0;
    daemon.write_config(
      with_capacity(round % 4 == 0 ? "40 MiB" : "32 MiB", good ? "" : "leases = \"many\"\n"));
    daemon.signal(SIGHUP);
    daemon.wait_notified("RELOADING=1");
    daemon.wait_notified("READY=1");
    BOOST_TEST(eyes.stats().at("capacity_bytes")
               == (good ? (round % 4 == 0 ? 40U : 32U) : (round % 4 == 1 ? 40U : 32U)) << 20);
  }
  const auto before = a.stored() + b.stored();
  eyes.until("more puts", [&](const auto&) { return a.stored() + b.stored() > before + 100; });
  a.stop();
  b.stop();
  BOOST_TEST(a.problem() == "");
  BOOST_TEST(b.problem() == "");
  BOOST_TEST(daemon.log().find("reload refused") != std::string::npos);
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(capacity_goes_down_in_steps_and_up_again_under_load) {
  daemon_process daemon({.config = with_capacity("96 MiB", "", "segment = \"8 MiB\"\n")});
  watcher eyes(daemon);
  load a(daemon.socket(), 0);
  load b(daemon.socket(), 1'000'000);
  const auto full = [](std::uint64_t mib) {
    return [mib](const auto& now) {
      return now.at("granted_bytes") > mib << 20;
    };
  };
  const auto within = [](std::uint64_t mib) {
    return [mib](const auto& now) {
      return now.at("granted_bytes") <= mib << 20 && now.at("used_bytes") <= mib << 20;
    };
  };
  eyes.until("all that staging leaves is granted", full(40));
  for (const std::uint64_t mib : {48U, 24U, 16U}) {
    daemon.write_config(with_capacity(std::to_string(mib) + " MiB", "", "segment = \"8 MiB\"\n"));
    static_cast<void>(eyes.client().text(protocol::opcode::reload));
    eyes.until("the memory is given back", within(mib / 2));
  }
  const auto before = a.stored() + b.stored();
  eyes.until("puts in little memory",
             [&](const auto&) { return a.stored() + b.stored() > before + 100; });
  daemon.write_config(with_capacity("80 MiB", "", "segment = \"8 MiB\"\n"));
  static_cast<void>(eyes.client().text(protocol::opcode::reload));
  eyes.until("it grows again", full(30));
  a.stop();
  b.stop();
  BOOST_TEST(a.problem() == "");
  BOOST_TEST(b.problem() == "");
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_is_read_by_itself) {
  const daemon_process daemon({.config = "[memory]\ncapacity = \"32 MiB\"\n"});
  watcher eyes(daemon);
  daemon.write_config("[memory]\ncapacity = \"40 MiB\"\n");
  eyes.until("the new capacity",
             [](const auto& now) { return now.at("capacity_bytes") == 40U << 20; });
}

BOOST_AUTO_TEST_CASE(without_a_file_or_with_one_that_is_gone_a_reload_changes_nothing) {
  const daemon_process daemon({.config = with_capacity("32 MiB")});
  watcher eyes(daemon);
  BOOST_REQUIRE(::unlink(daemon.config_file().c_str()) == 0);
  const auto refused = eyes.client().ask<protocol::text_reply>(
    protocol::admin_request{protocol::opcode::reload, true});
  BOOST_TEST(!refused);
  BOOST_TEST(eyes.stats().at("capacity_bytes") == 32U << 20);
}

}  // namespace
}  // namespace cellard::tests
