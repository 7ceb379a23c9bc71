// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What no client of ours sends: random bytes, pieces of frames, frames that are too long,
// descriptors, and mutations of every request. The daemon stays healthy and the next client works.
#include "tests/support/child.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <random>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 16 * 1024;

std::vector<std::byte> noise(std::mt19937_64& random, std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  for (auto& each : made) {
    each = static_cast<std::byte>(random());
  }
  return made;
}

/// A clean client puts and finds, and nothing is left of the others.
void expect_healthy(const daemon_process& daemon, watcher& eyes) {
  const store_client clean(daemon.socket(), "clean", opaque(block));
  // Mutated opens leave up to 64 namespaces in a small cache: a put may be busy until one of them
  // has given a segment back. Each try is a request, so the daemon moves on in between.
  for (int tries = 0; tries < 2000 && clean.find(1, 4, 1) != 4; ++tries) {
    clean.put(1, 4, 1, block);
  }
  BOOST_TEST(clean.find(1, 4, 1) == 4U);
  const auto health = nlohmann::json::parse(eyes.client().text(protocol::opcode::health));
  BOOST_TEST(health.at("status") == "ok");
}

BOOST_AUTO_TEST_CASE(random_bytes_and_pieces_of_frames) {
  const daemon_process daemon;
  watcher eyes(daemon);
  expect_healthy(daemon, eyes);
  const auto descriptors = eyes.until_idle();
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    raw_client client(daemon.socket(), round % 2 == 0);
    for (int i = 0; i < 4 && client.send_bytes(noise(random, 1 + random() % 400)); ++i) {}
  }
  raw_client author(daemon.socket());
  const auto whole = author.encoded(chain(protocol::opcode::lookup, 1, keys_from(1, 3)));
  for (std::size_t length = 1; length <= whole.size(); ++length) {
    raw_client client(daemon.socket(), length % 2 == 0);
    client.send_bytes(std::span{whole}.first(length));
  }
  author.close();
  expect_healthy(daemon, eyes);
  eyes.until_idle(descriptors);
}

BOOST_AUTO_TEST_CASE(a_frame_over_the_limit_ends_the_connection_and_one_of_the_limit_does_not) {
  const daemon_process daemon;
  watcher eyes(daemon);
  const auto descriptors = eyes.until_idle();
  {
    raw_client client(daemon.socket());
    std::vector<std::byte> longest(protocol::default_frame_bytes);
    longest[0] = std::byte{99};  // no such opcode
    BOOST_TEST(client.send_bytes(longest));
    const auto reply = client.receive();
    BOOST_REQUIRE(reply);
    BOOST_TEST(reply->header.status == static_cast<std::uint8_t>(core::errc::unknown_opcode));
    longest.push_back({});
    BOOST_TEST(client.send_bytes(longest));
    BOOST_TEST(client.ended());
  }
  raw_client empty(daemon.socket());
  empty.send_bytes({});
  BOOST_TEST(empty.ended());
  empty.close();
  eyes.until_idle(descriptors);
}

BOOST_AUTO_TEST_CASE(descriptors_that_nobody_asked_for_are_closed) {
  const daemon_process daemon;
  watcher eyes(daemon);
  raw_client client(daemon.socket());
  static_cast<void>(client.text(protocol::opcode::health));
  const auto before = daemon.descriptors();
  const int mine = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (const std::size_t count : {1U, 2U, 100U, 253U}) {
    const std::vector<int> passed(count, mine);
    for (int round = 0; round < 20; ++round) {
      const auto frame = client.encoded(protocol::admin_request{protocol::opcode::health, false});
      BOOST_TEST(client.send_bytes(frame, passed));
      BOOST_TEST(client.receive()->header.status == 0);
    }
    BOOST_TEST(daemon.descriptors() == before);
  }
  // With a frame that ends the connection, too, and with one that has no bytes.
  const std::vector<int> passed(253, mine);
  BOOST_TEST(client.send_bytes(std::vector<std::byte>(3), passed));
  BOOST_TEST(client.ended());
  client.close();
  raw_client empty(daemon.socket());
  BOOST_TEST(empty.send_bytes({}, passed));
  BOOST_TEST(empty.ended());
  empty.close();
  ::close(mine);
  eyes.until_idle();
  BOOST_TEST(daemon.descriptors() < before);
}

BOOST_AUTO_TEST_CASE(flags_that_are_not_served_are_refused) {
  const daemon_process daemon;
  raw_client client(daemon.socket());
  const auto space = client.open("model", block);
  const auto keys = keys_from(1, 1);
  auto removal = chain(protocol::opcode::remove, space, keys);
  removal.flags = protocol::scrub;  // of a feature that this client's hello does not name
  const auto refused = client.ask<protocol::count_reply>(removal);
  BOOST_TEST((!refused && refused.error().code() == core::errc::invalid_argument));
}

// A request that timed out is answered, but its work goes on: the credit must not come back before,
// or a client could queue without limit. And it has to come back at all.
BOOST_AUTO_TEST_CASE(requests_that_time_out_give_their_credit_back) {
  const daemon_process daemon;
  raw_client client(daemon.socket());
  const auto space = client.open("model", std::uint64_t{1} << 20);
  client.stage(std::uint64_t{1} << 20);
  for (std::uint64_t i = 0; i < 100; ++i) {
    std::vector<std::byte> frame;
    protocol::writer out{frame};
    protocol::request_header header;
    header.request_id = static_cast<std::uint32_t>(1'000'000 + i);
    header.deadline_us = 1;
    const auto keys = keys_from(i, 1);
    protocol::encode(out, header, {}, client.put_of(space, keys, 1U << 20));
    BOOST_TEST_REQUIRE(client.send_bytes(frame));
  }
  for (int i = 0; i < 100; ++i) {
    const auto reply = client.receive();
    BOOST_TEST_REQUIRE(reply.has_value());
  }
  BOOST_TEST(!client.text(protocol::opcode::health).empty());
}

BOOST_AUTO_TEST_CASE(requests_before_hello_or_without_their_namespace_are_refused) {
  const daemon_process daemon;
  raw_client client(daemon.socket(), false);
  const auto early =
    client.ask<protocol::match_reply>(chain(protocol::opcode::lookup, 1, keys_from(1, 1)));
  BOOST_TEST((!early && early.error().code() == core::errc::not_open));
  BOOST_TEST(client.ask<protocol::hello_reply>(protocol::hello_request{}).has_value());
  const auto closed =
    client.ask<protocol::match_reply>(chain(protocol::opcode::lookup, 1, keys_from(1, 1)));
  BOOST_TEST((!closed && closed.error().code() == core::errc::not_open));
  const auto space = client.open("model", block);
  const auto unstaged =
    client.ask<protocol::status_list_reply>(client.put_of(space, keys_from(1, 1), block));
  BOOST_TEST((!unstaged && unstaged.error().code() == core::errc::not_open));
  client.stage(block);
  auto outside = client.put_of(space, keys_from(1, 1), block);
  for (const std::uint64_t offset : {std::uint64_t{1} << 20, ~std::uint64_t{0},
                                     ~std::uint64_t{0} - block + 1, std::uint64_t{1} << 63}) {
    outside.entries[0].offset = offset;
    const auto refused = client.ask<protocol::status_list_reply>(outside);
    BOOST_TEST((!refused && refused.error().code() == core::errc::invalid_argument), offset);
  }
}

/// One frame of every kind, as a client with namespace 1 and a staging area sends them.
std::vector<std::vector<std::byte>> frames_of_every_kind(raw_client& client) {
  using protocol::opcode;
  static const auto keys = keys_from(1, 6);
  static const auto piece = payload(1, 1, 512);
  std::vector<protocol::request> all{
    protocol::hello_request{.client_name = "mutant"},
    open_of("mutant", block),
    protocol::close_request{2},
    protocol::salt_request{1, "salt"},
    protocol::release_request{},
    reserve_of(1, keys),
    commit_of(1, {{1, 4096, 0}, {2, 4096, 8192}}),
    protocol::abort_request{1, {1, 2, 3}},
    protocol::write_request{.offset = 64, .bytes = piece},
    protocol::read_request{.space = 1, .length = 100, .key = keys[0]},
    protocol::list_request{.space = 1, .limit = 10},
    protocol::corrupt_request{.space = 1, .key = keys[0]},
    protocol::forget_request{"mutant", 0},
    protocol::history_request{true, 60, 10, 0, "target", {}},
    protocol::forecast_request{true, 0, {1U << 20U, 1U << 30U}, "target", {}},
    protocol::stage_request{4 * block},
    client.put_of(1, core::key_span{keys}.first(4), 4096),
  };
  for (const auto op : {opcode::lookup, opcode::get, opcode::touch, opcode::prefetch,
                        opcode::remove, opcode::pin, opcode::unpin}) {
    all.emplace_back(chain(op, 1, keys));
  }
  for (const auto op : {opcode::stats, opcode::health, opcode::namespaces, opcode::sessions,
                        opcode::config, opcode::reload, opcode::clear}) {
    all.emplace_back(protocol::admin_request{op, true});
  }
  const std::vector<std::uint64_t> releases{1, 2, 1ULL << 32U};
  std::vector<std::vector<std::byte>> frames;
  for (const auto& each : all) {
    frames.push_back(client.encoded(each));
    frames.push_back(client.encoded(each, releases));
  }
  return frames;
}

void mutate(std::vector<std::byte>& frame, std::mt19937_64& random) {
  const auto kind = random() % 8;
  if (kind == 0) {
    frame.resize(1 + random() % frame.size());
  } else if (kind == 1) {
    frame.resize(frame.size() + 1 + random() % 64, std::byte{0x5A});
  }
  const auto flips = kind < 2 ? random() % 2 : 1 + random() % 4;
  for (std::uint64_t i = 0; i < flips; ++i) {
    auto& at = frame[random() % frame.size()];
    at = random() % 2 == 0 ? static_cast<std::byte>(random())
                           : at ^ static_cast<std::byte>(1U << (random() % 8));
  }
}

BOOST_AUTO_TEST_CASE(twenty_thousand_mutations_of_every_request) {
  const daemon_process daemon(
    {.config = memory_of("64 MiB", "request_deadline = \"1 s\"\nreservation_time = \"100 ms\"\n")
               + "[log]\nlevel = \"error\"\n"});
  watcher eyes(daemon);
  expect_healthy(daemon, eyes);
  std::mt19937_64 random(20'000);
  int sent = 0;
  int connections = 0;
  while (sent < 20'000) {
    ++connections;
    eyes.until_idle();  // the one before may have had all of the staging memory
    raw_client client(daemon.socket());
    const auto open = open_of("target", block);
    BOOST_REQUIRE(client.ask<protocol::open_reply>(open).has_value());
    client.stage(8 * block);
    const auto frames = frames_of_every_kind(client);
    bool alive = true;
    while (alive && sent < 20'000) {
      for (int i = 0; alive && i < 8; ++i, ++sent) {
        auto frame = frames[random() % frames.size()];
        mutate(frame, random);
        if (frame.size() > 1 && frame[0] == std::byte{33} && frame[1] == std::byte{0}) {
          continue;  // drain would end the test
        }
        alive = client.send_bytes(frame);
      }
      // Answers of what was sent come before this one's or not at all; a number of its own.
      protocol::request_header header;
      header.request_id = 0xFFFF'0000U + static_cast<std::uint32_t>(random() % 0xFFFF);
      std::vector<std::byte> marker;
      protocol::writer out{marker};
      protocol::encode(out, header, {}, protocol::admin_request{protocol::opcode::health, false});
      alive = alive && client.send_bytes(marker);
      while (alive) {
        const auto reply = client.receive();
        alive = reply.has_value();
        if (alive && reply->header.request_id == header.request_id) {
          break;
        }
      }
    }
  }
  BOOST_TEST_MESSAGE(sent << " frames on " << connections << " connections");
  eyes.until_idle();
  expect_healthy(daemon, eyes);
}

}  // namespace
}  // namespace cellard::tests
