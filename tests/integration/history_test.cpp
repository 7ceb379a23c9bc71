// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Clients that put, get and remove the same keys at once, in memory that is too small for all of
// them, and log when each call began and ended. Afterwards each version that a get returned must be
// one that could be there: its put began before the get ended, and no removal that began after that
// put had ended, had itself ended before the get began. A miss is always right. Payloads say what
// they are, so a mixed block is seen at once.
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <map>
#include <random>
#include <thread>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::uint64_t key_count = 400;
constexpr int client_count = 4;
constexpr int operations = 1500;

enum class act { put, get, remove };

struct event {
  act what = act::get;
  std::uint64_t key = 0;
  std::uint64_t version = 0;
  std::uint64_t began = 0;  ///< by one clock that all clients share
  std::uint64_t ended = 0;
};

std::atomic<std::uint64_t> shared_clock{1};

class history_client {
public:
  history_client(const std::string& socket, std::uint64_t number)
    : store_(socket, "history", opaque(block)),
      random_(number),
      next_version_(number << 32) {}

  void run() try {
    for (int i = 0; i < operations; ++i) {
      const std::uint64_t key = random_() % key_count;
      const auto kind = random_() % 10;
      if (kind < 4) {
        put(key);
      } else if (kind < 9) {
        get(key);
      } else {
        remove(key);
      }
    }
  } catch (const std::exception& failed) {
    problem = failed.what();
  }

  std::vector<event> events;
  std::string problem;

private:
  void put(std::uint64_t key) {
    event e{act::put, key, ++next_version_, shared_clock++, 0};
    const auto status = store_.put(key, 1, e.version, block).front();
    e.ended = shared_clock++;
    if (status == CELLARD_OK) {
      events.push_back(e);
    } else if (status != CELLARD_EXISTS && status != CELLARD_PENDING && status != CELLARD_BUSY
               && status != CELLARD_NO_PARENT) {
      throw std::runtime_error(std::string{"put: "} + cellard_status_name(status));
    }
  }

  void get(std::uint64_t key) {
    event e{act::get, key, 0, shared_clock++, 0};
    const auto found = store_.space.get(store_client::keys_of(key, 1));
    if (found.size() == 0) {
      return;
    }
    const auto version = version_in(found[0], key);
    if (!found.intact()) {
      return;  // taken back: a miss
    }
    e.ended = shared_clock++;
    if (!version) {
      throw std::runtime_error("key " + std::to_string(key) + " has mixed bytes");
    }
    e.version = *version;
    events.push_back(e);
  }

  void remove(std::uint64_t key) {
    event e{act::remove, key, 0, shared_clock++, 0};
    store_.space.remove(store_client::keys_of(key, 1));
    e.ended = shared_clock++;
    events.push_back(e);
  }

  store_client store_;
  std::mt19937_64 random_;
  std::uint64_t next_version_;
};

/// What is wrong with this history of one key; empty when it is legal.
std::string illegal(const std::vector<event>& events) {
  std::map<std::uint64_t, event> puts;
  std::vector<event> removals;
  for (const auto& each : events) {
    if (each.what == act::put) {
      puts[each.version] = each;
    } else if (each.what == act::remove) {
      removals.push_back(each);
    }
  }
  for (const auto& get : events) {
    if (get.what != act::get) {
      continue;
    }
    const auto put = puts.find(get.version);
    if (put == puts.end() || put->second.began > get.ended) {
      return "version " + std::to_string(get.version) + " was never put";
    }
    for (const auto& removal : removals) {
      if (removal.began > put->second.ended && removal.ended < get.began) {
        return "version " + std::to_string(get.version) + " was removed before";
      }
    }
    // A key is stored once only until it is dropped, so a newer put proves that the old is gone.
    for (const auto& [version, newer] : puts) {
      if (newer.began > put->second.ended && newer.ended < get.began) {
        return "version " + std::to_string(get.version) + " is older than a finished put";
      }
    }
  }
  return {};
}

void check_history(const daemon_options& options) {
  daemon_process daemon(options);
  std::vector<std::unique_ptr<history_client>> clients;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < client_count; ++i) {
    clients.push_back(std::make_unique<history_client>(daemon.socket(), i + 1));
  }
  for (const auto& each : clients) {
    threads.emplace_back([client = each.get()] { client->run(); });
  }
  std::map<std::uint64_t, std::vector<event>> by_key;
  for (int i = 0; i < client_count; ++i) {
    threads[static_cast<std::size_t>(i)].join();
    const auto& client = *clients[static_cast<std::size_t>(i)];
    BOOST_TEST(client.problem == "");
    for (const auto& each : client.events) {
      by_key[each.key].push_back(each);
    }
  }
  std::size_t gets = 0;
  for (const auto& [key, events] : by_key) {
    BOOST_TEST(illegal(events) == "", "key " << key);
    gets += static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [](const event& each) { return each.what == act::get; }));
  }
  BOOST_TEST(gets > 500U);  // the test would prove nothing if all were misses
  clients.clear();
  watcher eyes(daemon);
  eyes.until_idle();
  BOOST_TEST(eyes.stats().at("corrupt") == 0);
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(with_room_for_all) {
  check_history({.config = memory_of("64 MiB")});
}

BOOST_AUTO_TEST_CASE(with_evictions_all_the_time) {
  check_history({.config = memory_of("16 MiB")});
}

BOOST_AUTO_TEST_CASE(the_check_itself_sees_what_is_illegal) {
  const event put{act::put, 1, 7, 1, 2};
  const event removal{act::remove, 1, 0, 3, 4};
  BOOST_TEST(illegal({put, {act::get, 1, 7, 5, 6}}) == "");
  BOOST_TEST(illegal({put, removal, {act::get, 1, 7, 5, 6}}) != "");
  BOOST_TEST(illegal({put, {act::remove, 1, 0, 3, 6}, {act::get, 1, 7, 5, 7}}) == "");
  BOOST_TEST(illegal({{act::get, 1, 7, 5, 6}}) != "");
  BOOST_TEST(illegal({put, {act::put, 1, 8, 3, 4}, {act::get, 1, 7, 5, 6}}) != "");
}

}  // namespace
}  // namespace cellard::tests
