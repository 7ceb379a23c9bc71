// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client killed at any step of a put or a get leaves nothing: no block that was not committed, no
// memory, lease, reservation or descriptor in the daemon, and nothing that another client waits
// for.
#include "tests/support/child.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/payload.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 256 * 1024;
constexpr std::size_t count = 8;

/// A daemon with one block (key 1), so that there is a segment, and its state when all is quiet.
struct scene {
  scene() : eyes(daemon) {
    {
      raw_client first(daemon.socket());
      const auto mine = first.open("model", block);
      fill(first.stage(block).first(block), 1, 1);
      BOOST_REQUIRE(
        (first.put(mine, keys_from(1, 1), block) == std::vector<core::errc>{core::errc::ok}));
    }
    descriptors = eyes.until_idle();
    space = eyes.client().open("model", block);
  }

  /// Runs `life` in a process, kills it once it is there, and looks at what is left.
  void kill_at(const char* step, const std::function<void(raw_client&)>& life) {
    BOOST_TEST_CONTEXT(step) {
      child victim([&](const auto& report) {
        raw_client client(daemon.socket());
        life(client);
        report();
        sleep_until_killed();
      });
      victim.wait_reported();
      BOOST_TEST(eyes.client().lookup(space, keys) == 0U);
      victim.kill();
      eyes.until_idle(descriptors);
      BOOST_TEST(eyes.client().lookup(space, keys) == 0U);
      BOOST_TEST(eyes.client().lookup(space, keys_from(1, 1)) == 1U);
    }
  }

  /// Runs `life` in a process that kills itself at its end, before anything can be answered. What
  /// it put is there or not, but a beginning of the chain and with the right bytes.
  void die_after(const char* step, const std::function<void(raw_client&)>& life) {
    BOOST_TEST_CONTEXT(step) {
      child victim([&](const auto&) {
        raw_client client(daemon.socket());
        life(client);
        ::kill(::getpid(), SIGKILL);
      });
      BOOST_TEST(victim.wait() == 128 + SIGKILL);
      eyes.until_idle(descriptors);
      const auto found = eyes.client().lookup(space, keys);
      for (std::uint32_t i = 0; i < found; ++i) {
        BOOST_TEST((read(keys[i]) == payload(100 + i, 1, block)));
      }
      if (found > 0) {
        BOOST_TEST(eyes.client()
                     .ask<protocol::count_reply>(chain(protocol::opcode::remove, space, keys))
                     ->count
                   == found);
        eyes.until_idle(descriptors);
      }
    }
  }

  std::vector<std::byte> read(const core::block_key& key) {
    std::vector<std::byte> bytes;
    protocol::read_request request{.space = space, .length = 64 * 1024, .key = key};
    while (bytes.size() < block) {
      request.offset = bytes.size();
      const auto reply = eyes.client().reply_to(eyes.client().send(request));
      const auto piece = reply.as<protocol::read_reply>();
      if (!piece || piece->bytes.empty()) {
        return {};
      }
      request.generation = piece->generation;
      bytes.insert(bytes.end(), piece->bytes.begin(), piece->bytes.end());
    }
    return bytes;
  }

  daemon_process daemon;
  watcher eyes;
  std::uint32_t space = 0;
  std::size_t descriptors = 0;
  const std::vector<core::block_key> keys = keys_from(100, count);
};

void fill_all(std::span<std::byte> area) {
  for (std::size_t i = 0; i < count; ++i) {
    fill(area.subspan(i * block, block), 100 + i, 1);
  }
}

protocol::commit_request reserve_all(raw_client& client, std::uint32_t space, core::key_span keys) {
  const auto tickets = client.ask<protocol::reserve_reply>(reserve_of(space, keys));
  auto commit = commit_of(space);
  for (const auto& each : tickets->entries) {
    if (each.status != core::errc::ok) {
      throw std::runtime_error("not reserved");
    }
    commit.entries.push_back({each.ticket, block, commit.entries.size() * block});
  }
  return commit;
}

BOOST_FIXTURE_TEST_CASE(killed_at_each_step_before_a_commit, scene) {
  kill_at("hello", [](raw_client&) {});
  kill_at("open", [](raw_client& client) { client.open("model", block); });
  kill_at("stage", [](raw_client& client) { client.stage(count * block); });
  kill_at("reserve without a staging area",
          [&](raw_client& client) { reserve_all(client, client.open("model", block), keys); });
  kill_at("reserve", [&](raw_client& client) {
    const auto mine = client.open("model", block);
    client.stage(count * block);
    reserve_all(client, mine, keys);
  });
  kill_at("half written", [&](raw_client& client) {
    const auto mine = client.open("model", block);
    const auto area = client.stage(count * block);
    reserve_all(client, mine, keys);
    fill(area.first(block / 2), 100, 1);
  });
  kill_at("written", [&](raw_client& client) {
    const auto mine = client.open("model", block);
    const auto area = client.stage(count * block);
    reserve_all(client, mine, keys);
    fill_all(area);
  });
  kill_at("written inline", [&](raw_client& client) {
    client.open("model", block);
    client.stage(count * block);
    const auto piece = payload(100, 1, 4096);
    static_cast<void>(
      client.ask<protocol::count_reply>(protocol::write_request{.offset = 0, .bytes = piece}));
  });
  kill_at("staged twice", [&](raw_client& client) {
    client.stage(block);
    client.stage(count * block);
  });
}

BOOST_FIXTURE_TEST_CASE(killed_right_after_sending, scene) {
  die_after("hello", [&](raw_client& client) { client.send(protocol::hello_request{}); });
  die_after("open", [&](raw_client& client) { client.send(open_of("model", block)); });
  die_after("stage",
            [&](raw_client& client) { client.send(protocol::stage_request{count * block}); });
  die_after("reserve", [&](raw_client& client) {
    client.send(reserve_of(client.open("model", block), keys));
  });
  for (int round = 0; round < 20; ++round) {
    die_after("put", [&](raw_client& client) {
      const auto mine = client.open("model", block);
      fill_all(client.stage(count * block));
      client.send(client.put_of(mine, keys, block));
    });
    die_after("commit", [&](raw_client& client) {
      const auto mine = client.open("model", block);
      fill_all(client.stage(count * block));
      client.send(reserve_all(client, mine, keys));
    });
    die_after("get", [&](raw_client& client) {
      client.send(chain(protocol::opcode::get, client.open("model", block), keys_from(1, 1)));
    });
    die_after("everything at once", [&](raw_client& client) {
      const auto mine = client.open("model", block);
      fill_all(client.stage(count * block));
      client.send(client.put_of(mine, keys, block));
      client.send(chain(protocol::opcode::get, mine, keys_from(1, 1)));
      client.send(reserve_of(mine, keys_from(300, 4)));
      client.send(protocol::stage_request{block});
      client.send(protocol::close_request{mine});
    });
  }
}

BOOST_FIXTURE_TEST_CASE(killed_while_it_holds_leases_and_pieces_of_them_were_removed, scene) {
  kill_at("leases", [](raw_client& client) {
    const auto mine = client.open("model", block);
    if (client.get(mine, keys_from(1, 1)).lease == 0) {
      throw std::runtime_error("no lease");
    }
  });
  child reader([&](const auto& report) {
    raw_client client(daemon.socket());
    const auto mine = client.open("model", block);
    fill_all(client.stage(count * block));
    client.put(mine, keys, block);
    client.get(mine, keys);
    report();
    sleep_until_killed();
  });
  reader.wait_reported();
  // Gauges are written after the answer, which other clients may have first.
  eyes.until("one lease", [](const auto& numbers) { return numbers.at("leases") == 1; });
  BOOST_TEST(
    eyes.client().ask<protocol::count_reply>(chain(protocol::opcode::remove, space, keys))->count
    == count);
  BOOST_TEST(eyes.client().lookup(space, keys) == 0U);
  eyes.until("the slots wait for the reader",
             [](const auto& numbers) { return numbers.at("deferred_slots") == count; });
  reader.kill();
  eyes.until_idle(descriptors);
}

BOOST_FIXTURE_TEST_CASE(the_key_of_a_dead_writer_can_be_written_by_the_next, scene) {
  child writer([&](const auto& report) {
    raw_client client(daemon.socket());
    reserve_all(client, client.open("model", block), keys);
    report();
    sleep_until_killed();
  });
  writer.wait_reported();
  raw_client next(daemon.socket());
  const auto mine = next.open("model", block);
  fill_all(next.stage(count * block));
  BOOST_TEST((next.put(mine, keys, block) == std::vector<core::errc>(count, core::errc::pending)));
  writer.kill();
  eyes.until("no reservation", [](const auto& numbers) { return numbers.at("reservations") == 0; });
  BOOST_TEST((next.put(mine, keys, block) == std::vector<core::errc>(count, core::errc::ok)));
}

BOOST_AUTO_TEST_CASE(a_namespace_is_not_held_open_by_clients_that_died_while_opening) {
  const daemon_process daemon;
  watcher eyes(daemon);
  for (int round = 0; round < 100; ++round) {
    raw_client client(daemon.socket());
    client.send(open_of("brief", block));
  }
  eyes.until_idle();
  const auto gone = eyes.client().ask<protocol::count_reply>(protocol::forget_request{"brief", 0});
  BOOST_TEST((gone || gone.error().code() == core::errc::not_found),
             (gone ? std::string{} : gone.error().message()));
}

BOOST_AUTO_TEST_CASE(a_connection_ends_with_its_process_even_if_a_child_keeps_the_socket) {
  const daemon_process daemon;
  watcher eyes(daemon);
  child owner([&](const auto& report) {
    raw_client client(daemon.socket());
    client.stage(block);
    const child heir([&](const auto& tell) {
      ::prctl(PR_SET_PDEATHSIG, 0);  // it lives on, until the daemon ends the connection
      tell();
      client.ended();
    });
    heir.wait_reported();
    report();
    sleep_until_killed();
  });
  owner.wait_reported();
  BOOST_TEST(eyes.stats().at("sessions") == 2);
  owner.kill();
  eyes.until_idle();
}

}  // namespace
}  // namespace cellard::tests
