// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What one process put, another finds: byte for byte, under its own key, salt, KV group and part
// only, also after the writer is gone, and not after a removal.
#include "tests/support/child.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 64 * 1024;

std::size_t ready(const store_client& who, std::uint64_t first, std::size_t count) {
  return who.space.lookup(store_client::keys_of(first, count)).ready;
}

BOOST_AUTO_TEST_CASE(another_process_finds_what_one_that_ended_put) {
  const daemon_process daemon;
  child writer([&](const auto&) {
    const store_client a(daemon.socket(), "model", opaque(block));
    if (!all(a.put(1, 20, 7, block), CELLARD_OK)) {
      throw std::runtime_error("put");
    }
  });
  BOOST_TEST(writer.wait() == 0);
  const store_client b(daemon.socket(), "model", opaque(block));
  BOOST_TEST(ready(b, 1, 20) == 20U);
  BOOST_TEST(ready(b, 1, 25) == 20U);
  BOOST_TEST(ready(b, 100, 1) == 0U);
  BOOST_TEST(b.find(1, 20, 7) == 20U);
}

BOOST_AUTO_TEST_CASE(small_and_odd_lengths_come_back_as_they_are) {
  const daemon_process daemon;
  const store_client a(daemon.socket(), "odd", opaque(block));
  const store_client b(daemon.socket(), "odd", opaque(block));
  std::uint64_t number = 1;
  for (const std::size_t bytes :
       {std::size_t{32}, std::size_t{33}, std::size_t{4095}, std::size_t{4097}, block - 1, block}) {
    BOOST_TEST(all(a.put(number, 1, 1, bytes), CELLARD_OK));
    const auto got = b.space.get(store_client::keys_of(number, 1));
    BOOST_REQUIRE(got.size() == 1U);
    BOOST_TEST(got[0].size() == bytes);
    BOOST_TEST((version_in(got[0], number) == std::optional<std::uint64_t>{1}));
    BOOST_TEST(got.intact());
    ++number;
  }
}

BOOST_AUTO_TEST_CASE(a_second_put_exists_and_a_gap_has_no_parent) {
  const daemon_process daemon;
  const store_client a(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(a.put(1, 4, 1, block), CELLARD_OK));
  BOOST_TEST(all(a.put(1, 4, 2, block), CELLARD_EXISTS));
  BOOST_TEST(a.find(1, 4, 1) == 4U);
  const auto parent = store_client::keys_of(500, 1);
  const auto keys = store_client::keys_of(501, 1);
  const auto bytes = payload(501, 1, block);
  const cellard_const_buffer buffer{bytes.data(), bytes.size()};
  int status = -1;
  BOOST_TEST(
    cellard_put(a.space.handle(), parent.data(), keys.data(), 1, &buffer, 1, &status, nullptr)
    == CELLARD_OK);
  BOOST_TEST(status == CELLARD_NO_PARENT);
}

BOOST_AUTO_TEST_CASE(a_removal_takes_what_continues_and_the_key_can_be_put_again) {
  const daemon_process daemon;
  const store_client a(daemon.socket(), "model", opaque(block));
  const store_client b(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(a.put(1, 10, 1, block), CELLARD_OK));
  const auto before = b.space.get(store_client::keys_of(1, 10));
  BOOST_TEST(a.space.remove(store_client::keys_of(4, 1)) == 7U);
  BOOST_TEST(ready(b, 1, 10) == 3U);
  BOOST_TEST(b.find(1, 10, 1) == 3U);
  // What was leased before stays as it was until it is given back.
  BOOST_TEST(before.intact());
  BOOST_TEST((version_in(before[9], 10) == std::optional<std::uint64_t>{1}));
  a.put(1, 10, 2, block);
  BOOST_TEST(b.find(1, 3, 1) == 3U);
  BOOST_TEST((version_in(b.space.get(store_client::keys_of(1, 10))[3], 4)
              == std::optional<std::uint64_t>{2}));
}

BOOST_AUTO_TEST_CASE(salts_share_nothing) {
  const daemon_process daemon;
  const store_client a(daemon.socket(), "model", opaque(block), "alice");
  const store_client b(daemon.socket(), "model", opaque(block), "bob");
  BOOST_TEST(all(a.put(1, 4, 1, block), CELLARD_OK));
  BOOST_TEST(ready(b, 1, 4) == 0U);
  BOOST_TEST(all(b.put(1, 4, 2, block), CELLARD_OK));
  BOOST_TEST(a.find(1, 4, 1) == 4U);
  BOOST_TEST(b.find(1, 4, 2) == 4U);
  BOOST_TEST(b.space.remove(store_client::keys_of(1, 1)) == 4U);
  BOOST_TEST(a.find(1, 4, 1) == 4U);
  BOOST_TEST(ready(store_client(daemon.socket(), "model", opaque(block), "alice"), 1, 4) == 4U);
}

BOOST_AUTO_TEST_CASE(kv_groups_of_one_name_are_apart_and_have_layouts_of_their_own) {
  const daemon_process daemon;
  auto full = opaque(block);
  auto window = opaque(block / 4);
  window.kv_group = 1;
  const store_client a(daemon.socket(), "model", full);
  const store_client b(daemon.socket(), "model", window);
  BOOST_TEST(all(a.put(1, 3, 1, block), CELLARD_OK));
  BOOST_TEST(ready(b, 1, 3) == 0U);
  BOOST_TEST(all(b.put(1, 3, 2, block / 4), CELLARD_OK));
  BOOST_TEST(a.find(1, 3, 1) == 3U);
  BOOST_TEST(b.find(1, 3, 2) == 3U);
}

BOOST_AUTO_TEST_CASE(another_layout_is_refused_with_the_name_of_the_field) {
  const daemon_process daemon;
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_F16;
  layout.layers = 2;
  layout.kv_heads = 2;
  layout.head_dim = 64;
  layout.v_head_dim = 64;
  layout.block_tokens = 16;
  layout.model = "tiny";
  const store_client a(daemon.socket(), "model", layout);
  BOOST_TEST(a.space.block_bytes() == 2U * 2 * 16 * 2 * 128);
  BOOST_TEST(all(a.put(1, 2, 1, a.space.block_bytes()), CELLARD_OK));
  layout.head_dim = 128;
  try {
    const store_client b(daemon.socket(), "model", layout);
    BOOST_ERROR("opened");
  } catch (const error& refused) {
    BOOST_TEST(refused.status() == CELLARD_LAYOUT_MISMATCH);
    BOOST_TEST(std::string{refused.what()}.find("head_dim") != std::string::npos, refused.what());
  }
  BOOST_TEST(a.find(1, 2, 1) == 2U);
}

BOOST_AUTO_TEST_CASE(a_block_is_found_when_all_its_parts_are_there_and_each_finds_its_own) {
  const daemon_process daemon;
  auto first = opaque(block);
  first.parts = 2;
  auto second = first;
  second.part = 1;
  const store_client a(daemon.socket(), "split", first);
  const store_client b(daemon.socket(), "split", second);
  BOOST_TEST(all(a.put(1, 3, 10, block), CELLARD_OK));
  BOOST_TEST(ready(a, 1, 3) == 0U);
  BOOST_TEST(ready(b, 1, 3) == 0U);
  BOOST_TEST(all(b.put(1, 2, 20, block), CELLARD_OK));
  BOOST_TEST(a.find(1, 3, 10) == 2U);
  BOOST_TEST(b.find(1, 3, 20) == 2U);
  BOOST_TEST(b.space.remove(store_client::keys_of(1, 1)) > 0U);
  BOOST_TEST(ready(a, 1, 2) == 0U);
}

BOOST_AUTO_TEST_CASE(parts_that_stay_alone_are_dropped) {
  const daemon_process daemon({.config = memory_of("64 MiB", "partial_time = \"100 ms\"\n")});
  watcher eyes(daemon);
  auto first = opaque(block);
  first.parts = 2;
  const store_client a(daemon.socket(), "split", first);
  BOOST_TEST(all(a.put(1, 3, 10, block), CELLARD_OK));
  eyes.until("the lone parts are gone",
             [](const auto& numbers) { return numbers.at("used_bytes") == 0; });
  BOOST_TEST(all(a.put(1, 3, 11, block), CELLARD_OK));
}

BOOST_AUTO_TEST_CASE(a_reservation_is_written_in_place_and_only_once) {
  const daemon_process daemon;
  const store_client a(daemon.socket(), "model", opaque(block));
  const store_client b(daemon.socket(), "model", opaque(block));
  const auto keys = store_client::keys_of(1, 3);
  auto stage = a.space.reserve(nullptr, keys);
  BOOST_TEST(all(b.put(1, 3, 9, block), CELLARD_PENDING));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    fill(stage[i], 1 + i, 1);
  }
  BOOST_TEST(ready(b, 1, 3) == 0U);
  BOOST_TEST(all(stage.commit(), CELLARD_OK));
  BOOST_TEST(b.find(1, 3, 1) == 3U);
}

}  // namespace
}  // namespace cellard::tests
