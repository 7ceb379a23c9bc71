// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Two users with the same namespace and the same keys never see each other: no block, no name, no
// number, no session; and neither may do what is for the owner. Needs root, to be two users.
#include "tests/support/child.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/payload.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include <grp.h>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 64 * 1024;
constexpr uid_t alice = 65534;
constexpr uid_t bob = 54321;

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result yes(::geteuid() == 0);
  yes.message() << "SKIPPED: not root, so there is only one user to be";
  return yes;
}

void become(uid_t user) {
  if (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0) {
    throw std::runtime_error("cannot become another user");
  }
}

void expect(bool holds, const std::string& what) {
  if (!holds) {
    throw std::runtime_error(what);
  }
}

/// Runs `life` as this user with a client of its own; its exit status is 0 if nothing was wrong.
std::unique_ptr<child>
as(uid_t user, const daemon_process& daemon,
   const std::function<void(raw_client&, const std::function<void()>&)>& life) {
  return std::make_unique<child>([&, user](const auto& report) {
    become(user);
    raw_client client(daemon.socket());
    life(client, report);
  });
}

struct scene {
  scene() { BOOST_REQUIRE(::chmod(daemon.socket().c_str(), 0666) == 0); }

  daemon_process daemon;
  const std::vector<core::block_key> keys = keys_from(1, 4);

  /// A user who has put the keys, with this version, and stays.
  std::unique_ptr<child> owner(uid_t user, std::uint64_t version) {
    auto made = as(user, daemon, [&](raw_client& client, const auto& report) {
      const auto space = client.open("model-of-mine", block);
      const auto area = client.stage(4 * block);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        fill(area.subspan(i * block, block), 1 + i, version);
      }
      expect(client.put(space, keys, block) == std::vector<core::errc>(4, core::errc::ok), "put");
      client.get(space, keys);
      report();
      sleep_until_killed();
    });
    made->wait_reported();
    return made;
  }
};

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_CASE(nothing_of_one_user_can_be_seen_by_another, scene) {
  const auto first = owner(alice, 1);
  const auto second = as(bob, daemon, [&](raw_client& client, const auto&) {
    for (const auto what : {protocol::opcode::stats, protocol::opcode::namespaces,
                            protocol::opcode::sessions, protocol::opcode::health}) {
      const auto text = client.text(what, false);
      expect(text.find("model-of-mine") == std::string::npos, text);
      expect(text.find(std::to_string(alice)) == std::string::npos, text);
      expect(text.find("capacity") == std::string::npos, text);
    }
    const auto before = client.stats(false);
    expect(before.at("namespaces") == 0 && before.at("blocks") == 0 && before.at("sessions") == 1
             && before.at("puts") == 0 && before.at("leases") == 0,
           before.dump());
    const auto gone =
      client.ask<protocol::count_reply>(protocol::forget_request{"model-of-mine", 0});
    expect(!gone && gone.error().code() == core::errc::not_found, "forget");
    const auto space = client.open("model-of-mine", block / 2);  // its own layout
    expect(client.lookup(space, keys) == 0, "lookup");
    expect(client.get(space, keys).lease == 0, "get");
    const auto piece = client.ask<protocol::read_reply>(
      protocol::read_request{.space = space, .length = 100, .key = keys[0]});
    expect(!piece && piece.error().code() == core::errc::not_found, "read");
    const auto page = client.ask<protocol::list_reply>(protocol::list_request{space, 100, 0});
    expect(page && page->entries.empty(), "list");
    const auto removed =
      client.ask<protocol::count_reply>(chain(protocol::opcode::remove, space, keys));
    expect(removed && removed->count == 0, "remove");
  });
  BOOST_TEST(second->wait() == 0);
  const auto again = as(alice, daemon, [&](raw_client& client, const auto&) {
    expect(client.lookup(client.open("model-of-mine", block), keys) == 4, "its own are there");
    expect(client.stats(false).at("sessions") == 2, "its own sessions");
  });
  BOOST_TEST(again->wait() == 0);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_CASE(the_same_keys_of_two_users_hold_two_contents, scene) {
  const auto first = owner(alice, 1);
  const auto second = owner(bob, 2);
  for (const auto& [user, version] : {std::pair{alice, 1U}, std::pair{bob, 2U}}) {
    const auto reader = as(user, daemon, [&, want = version](raw_client& client, const auto&) {
      const auto space = client.open("model-of-mine", block);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto reply = client.reply_to(
          client.send(protocol::read_request{.space = space, .length = block, .key = keys[i]}));
        const auto whole = reply.as<protocol::read_reply>();
        expect(whole && version_in(whole->bytes, 1 + i) == std::uint64_t{want}, "bytes");
      }
    });
    BOOST_TEST(reader->wait() == 0);
  }
  watcher eyes(daemon);  // root sees both
  BOOST_TEST(eyes.stats().at("namespaces") == 2);
  BOOST_TEST(eyes.stats().at("blocks") == 8);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_CASE(what_is_for_the_owner_is_refused_to_others, scene) {
  const auto other = as(bob, daemon, [&](raw_client& client, const auto&) {
    using protocol::opcode;
    for (const auto what : {opcode::reload, opcode::drain, opcode::clear}) {
      for (const bool all : {false, true}) {
        const auto answer = client.ask<protocol::text_reply>(protocol::admin_request{what, all});
        expect(!answer && answer.error().code() == core::errc::permission_denied,
               std::string{to_string(what)});
      }
    }
    for (const auto what : {opcode::stats, opcode::namespaces, opcode::sessions}) {
      const auto answer = client.ask<protocol::text_reply>(protocol::admin_request{what, true});
      expect(!answer && answer.error().code() == core::errc::permission_denied,
             std::string{to_string(what)});
    }
  });
  BOOST_TEST(other->wait() == 0);
  watcher eyes(daemon);
  BOOST_TEST(eyes.client().text(protocol::opcode::health).find("\"ok\"") != std::string::npos);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_CASE(segments_can_be_mapped_for_reading_only, scene) {
  const auto first = owner(alice, 1);
  const auto reader = as(alice, daemon, [&](raw_client& client, const auto&) {
    client.get(client.open("model-of-mine", block), keys);
    const int segment = client.passed();
    expect(segment >= 0, "a segment came");
    expect(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, segment, 0) == MAP_FAILED,
           "it was mapped for writing");
    expect(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, segment, 0) != MAP_FAILED,
           "it was not mapped for reading");
    const auto again = "/proc/self/fd/" + std::to_string(segment);
    expect(::open(again.c_str(), O_RDWR | O_CLOEXEC) < 0, "it was opened anew for writing");
    expect(::ftruncate(segment, 0) != 0, "it was cut");
  });
  BOOST_TEST(reader->wait() == 0);
}

}  // namespace
}  // namespace cellard::tests
