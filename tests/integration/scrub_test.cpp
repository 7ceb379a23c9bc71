// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// remove with scrub, seen from the outside: a client that maps the segment looks at the very bytes.
#include "protocol/fields.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/payload.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>

#include <algorithm>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 1 << 20;

/// A client whose hello names the feature, with one stored block that it maps.
struct reader {
  explicit reader(const daemon_process& daemon) : client(daemon.socket(), false) {
    protocol::hello_request hello;
    hello.features = protocol::feature_scrub;
    BOOST_TEST_REQUIRE(client.ask<protocol::hello_reply>(hello)->features
                       == protocol::feature_scrub);
    space = client.open("model", block);
    const auto area = client.stage(block);
    std::fill(area.begin(), area.end(), std::byte{7});
    BOOST_TEST_REQUIRE(client.put(space, keys, block).front() == core::errc::ok);
    const auto found = client.get(space, keys);
    lease = found.lease;
    where = found.places.front();
    const auto length = found.new_segments.front().bytes;
    void* mapped = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, client.passed(), 0);
    BOOST_TEST_REQUIRE(mapped != MAP_FAILED);
    segment = {static_cast<const std::byte*>(mapped), length};
  }
  ~reader() { ::munmap(const_cast<std::byte*>(segment.data()), segment.size()); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  [[nodiscard]] bool all_are(std::byte value) const {
    const auto bytes = segment.subspan(where.offset, where.length);
    return std::all_of(bytes.begin(), bytes.end(), [&](auto each) { return each == value; });
  }

  core::result<protocol::count_reply> scrub(const std::vector<std::uint64_t>& releases = {}) {
    auto request = chain(protocol::opcode::remove, space, keys);
    request.flags = protocol::scrub;
    return client.ask<protocol::count_reply>(request, releases);
  }

  raw_client client;
  std::vector<core::block_key> keys = keys_from(1, 1);
  std::uint32_t space = 0;
  std::uint64_t lease = 0;
  protocol::place where;
  std::span<const std::byte> segment;
};

BOOST_AUTO_TEST_CASE(the_bytes_are_gone_when_the_answer_comes) {
  const daemon_process daemon;
  reader one(daemon);
  BOOST_TEST(one.all_are(std::byte{7}));
  const auto done = one.scrub({one.lease});
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->count == 1U);
  BOOST_TEST(done->later.value() == 0U);
  BOOST_TEST(one.all_are(std::byte{0}));
  watcher(daemon).until("no byte is used",  // the gauge is written after the answer
                        [](const auto& numbers) { return numbers.at("used_bytes") == 0U; });
}

BOOST_AUTO_TEST_CASE(a_reader_is_told_of_and_waited_for) {
  const daemon_process daemon;
  watcher eyes(daemon);
  reader one(daemon);
  const auto done = one.scrub();
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->count == 1U);
  BOOST_TEST(done->later.value() == 1U);
  BOOST_TEST(one.client.lookup(one.space, one.keys) == 0U);
  BOOST_TEST(one.all_are(std::byte{7}));
  const std::uint64_t lease = one.lease;
  BOOST_TEST(
    one.client.ask<protocol::count_reply>(protocol::release_request{}, {&lease, 1}).has_value());
  eyes.until("the bytes are overwritten", [&](const auto&) { return one.all_are(std::byte{0}); });
  eyes.until("the slot is free", [](const auto& now) { return now.at("used_bytes") == 0; });
}

BOOST_AUTO_TEST_CASE(the_library_scrubs_and_the_key_can_be_stored_again) {
  const daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  for (std::uint64_t version = 1; version <= 3; ++version) {
    BOOST_TEST(all(client.put(1, 4, version, block), CELLARD_OK));
    BOOST_TEST(client.find(1, 4, version) == 4U);
    const auto keys = store_client::keys_of(1, 1);
    const auto [removed, later] = client.space.scrub(keys);
    BOOST_TEST(removed == 4U);
    BOOST_TEST(client.find(1, 4, version) == 0U);
  }
}

}  // namespace
}  // namespace cellard::tests
