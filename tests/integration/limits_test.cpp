// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// More clients than limits.sessions or the process's descriptors allow: the rest are turned away,
// those who are in are served, and when they are gone there is room for others.
#include "tests/support/keys.hpp"
#include "tests/support/payload.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <list>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 16 * 1024;

bool greeted(raw_client& client) {
  return client.send_bytes(client.encoded(protocol::hello_request{}))
         && client.receive().has_value();
}

/// Connects so many; keeps those who got in.
std::list<raw_client> flood(const std::string& socket, std::size_t count) {
  std::list<raw_client> in;
  for (std::size_t i = 0; i < count; ++i) {
    in.emplace_back(socket, false);
    if (!greeted(in.back())) {
      in.pop_back();
    }
  }
  return in;
}

BOOST_AUTO_TEST_CASE(sessions_over_the_limit_are_turned_away_and_their_places_come_back) {
  const daemon_process daemon({.config =
                                 "[memory]\ncapacity = \"64 MiB\"\n[limits]\nsessions = 16\n"
                                 "sessions_per_user = 16\n"});
  watcher eyes(daemon);
  const auto descriptors = eyes.until_idle();
  for (int round = 0; round < 5; ++round) {
    auto in = flood(daemon.socket(), 40);
    BOOST_TEST(in.size() == 15U);
    BOOST_TEST(eyes.stats().at("sessions") == 16);
    for (auto& each : in) {
      BOOST_TEST(!each.text(protocol::opcode::health).empty());
    }
    in.clear();
    eyes.until_idle(descriptors);
  }
  BOOST_TEST(eyes.stats().at("sessions_refused") == 5 * 25);
}

BOOST_AUTO_TEST_CASE(one_user_alone_cannot_take_all_places) {
  const daemon_process daemon({.config =
                                 "[memory]\ncapacity = \"64 MiB\"\n[limits]\nsessions = 100\n"
                                 "sessions_per_user = 8\n"});
  watcher eyes(daemon);
  auto in = flood(daemon.socket(), 20);
  BOOST_TEST(in.size() == 7U);
}

BOOST_AUTO_TEST_CASE(without_descriptors_clients_are_turned_away_and_the_others_served) {
  const daemon_process daemon({.descriptors = 100});
  watcher eyes(daemon);
  {
    const store_client first(daemon.socket(), "model", opaque(block));
    BOOST_TEST(all(first.put(1, 4, 1, block), CELLARD_OK));
  }
  const auto descriptors = eyes.until_idle();
  for (int round = 0; round < 3; ++round) {
    auto in = flood(daemon.socket(), 150);
    BOOST_TEST(in.size() >= 10U);
    BOOST_TEST(in.size() < 100U);
    BOOST_TEST(eyes.stats().at("sessions_refused") > 0);
    // No descriptor for a staging area or a segment: an answer, not an end.
    for (auto& each : in) {
      const auto area = each.ask<protocol::stage_reply>(protocol::stage_request{block});
      BOOST_TEST((area || area.error().code() == core::errc::out_of_descriptors),
                 (area ? std::string{} : area.error().message()));
      const auto space = each.open("model", block);
      BOOST_TEST(each.lookup(space, keys_from(1, 4)) == 4U);
    }
    in.clear();
    eyes.until_idle(descriptors);
  }
  const store_client after(daemon.socket(), "model", opaque(block));
  BOOST_TEST(after.find(1, 4, 1) == 4U);
  BOOST_TEST(all(after.put(10, 4, 1, block), CELLARD_OK));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_got_no_segment_asks_again_without_being_told) {
  const daemon_process daemon({.descriptors = 100});
  watcher eyes(daemon);
  const client writer(options_for(daemon.socket()));
  const auto put = [&](const char* name) {
    const auto space = writer.open(name, opaque(block));
    const auto keys = store_client::keys_of(1, 1);
    const auto bytes = payload(1, 1, block);
    const cellard_const_buffer buffer{bytes.data(), bytes.size()};
    int status = CELLARD_OK;
    check(cellard_put(space.handle(), nullptr, keys.data(), 1, &buffer, 1, &status, nullptr));
    return status;
  };
  BOOST_TEST(put("first") == CELLARD_OK);
  auto in = flood(daemon.socket(), 150);
  BOOST_TEST(put("second") == CELLARD_BUSY);  // no descriptor for its segment
  in.clear();
  // Nothing that the shard hears of has changed; only the kernel has descriptors again.
  eyes.until("the second namespace has memory",
             [&](const auto&) { return put("second") == CELLARD_OK; });
}

BOOST_AUTO_TEST_CASE(clients_share_the_staging_memory_of_a_small_daemon) {
  const daemon_process daemon({.config = "[memory]\ncapacity = \"64 MiB\"\n[limits]\n"
                                         "staging = \"8 MiB\"\nstaging_total = \"8 MiB\"\n"});
  constexpr std::size_t large = 512 * 1024;
  std::list<store_client> clients;
  for (std::uint64_t i = 0; i < 4; ++i) {
    clients.emplace_back(daemon.socket(), "model", opaque(large));
    BOOST_TEST(all(clients.back().put(100 * i, 8, 1, large), CELLARD_OK), "client " << i);
    BOOST_TEST(clients.back().find(100 * i, 8, 1) == 8U);
  }
  BOOST_TEST(watcher(daemon).stats().at("staging_bytes") <= 8U << 20);
}

BOOST_AUTO_TEST_CASE(each_limit_says_its_name) {
  const daemon_process daemon({.config = "[memory]\ncapacity = \"64 MiB\"\n[limits]\n"
                                         "staging = \"1 MiB\"\nnamespaces = 2\n"
                                         "namespaces_per_session = 1\nsalts = 2\n"
                                         "keys_per_request = 16\nblock = \"64 KiB\"\n"});
  raw_client client(daemon.socket());
  const auto refusal = [](const auto& answer) {
    return answer ? std::string{"not refused"} : answer.error().context();
  };
  const auto names = [&](const std::string& text, const std::string& limit) {
    BOOST_TEST(text.find(limit) != std::string::npos, limit << ": " << text);
  };
  names(refusal(client.ask<protocol::stage_reply>(protocol::stage_request{2U << 20})),
        "limits.staging");
  const auto space = client.open("one", block);
  names(refusal(client.ask<protocol::open_reply>(open_of("two", block))),
        "limits.namespaces_per_session");
  raw_client second(daemon.socket());
  names(refusal(second.ask<protocol::open_reply>(open_of("two", 1U << 20))), "limits.block");
  second.open("two", block);
  raw_client third(daemon.socket());
  names(refusal(third.ask<protocol::open_reply>(open_of("three", block))), "limits.namespaces");
  const auto keys = keys_from(1, 17);
  names(refusal(client.ask<protocol::match_reply>(chain(protocol::opcode::lookup, space, keys))),
        "limits.keys_per_request");
  std::string last;
  for (const char* salt : {"a", "b", "c"}) {
    const auto answer = client.ask<protocol::salt_reply>(protocol::salt_request{space, salt});
    last = refusal(answer);
  }
  names(last, "limits.salts");
  BOOST_TEST(client.lookup(space, keys_from(1, 16)) == 0U);
}

}  // namespace
}  // namespace cellard::tests
