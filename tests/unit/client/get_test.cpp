// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

#include <sys/resource.h>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace protocol = cellard::protocol;

namespace {

/// Answers the next gets with this reply and these descriptors.
void answer_get(cache& fixture, const protocol::get_reply& reply,
                const std::vector<int>& descriptors) {
  fixture.daemon.on(opcode::get, [=](fake_exchange& exchange) {
    exchange.reply(reply, descriptors);
    return true;
  });
}

/// One get that must lose the connection, then a healthy one.
void expect_bad_frame(cache& fixture) {
  const auto blocks = fixture.get(1);
  BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
  BOOST_TEST(blocks == nullptr);
  fixture.daemon.on(opcode::get, [](fake_exchange&) { return false; });
  fixture.reconnect();
  BOOST_TEST(cellard_blocks_count(fixture.get(1).get()) == 1U);
}

struct copied {
  int status = 0;
  std::size_t count = 0;
  std::vector<std::vector<std::byte>> blocks;
};

copied copy(cache& fixture, std::uint32_t count, const std::vector<std::size_t>& pieces) {
  copied result;
  std::vector<cellard_buffer> buffers;
  std::size_t size = 0;
  for (const auto piece : pieces) {
    size += piece;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    auto* at = result.blocks.emplace_back(size).data();
    for (const auto piece : pieces) {
      buffers.push_back({at, piece});
      at += piece;
    }
  }
  const auto keys = chain(count);
  result.status = cellard_get_copy(fixture.space.get(), keys.data(), count, buffers.data(),
                                   pieces.size(), &result.count);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(get_test)

BOOST_AUTO_TEST_CASE(views_show_the_daemons_bytes) {
  cache fixture;
  fixture.fill(3);
  const auto blocks = fixture.get(5);
  BOOST_TEST_REQUIRE(cellard_blocks_count(blocks.get()) == 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST(same_bytes(blocks.get(), i, block_of(i)));
  }
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_OK);
  cellard_view view{};
  BOOST_TEST(cellard_blocks_view(blocks.get(), 3, &view) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(a_miss_is_an_empty_set) {
  cache fixture;
  const auto blocks = fixture.get(2);
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(blocks != nullptr);
  BOOST_TEST(cellard_blocks_count(blocks.get()) == 0U);
}

BOOST_AUTO_TEST_CASE(what_the_daemon_says_of_a_block_is_told) {
  cache fixture;
  fixture.fill(2);
  fixture.get(1);
  auto place =
    fixture.daemon.with_store([](fake_store& store) { return store.place(core_key(0)); });
  const auto raw = place;
  place.codec = 1;
  protocol::get_reply reply{2, 2, 0, 3, {}, {raw, place}, {0, 0x2e663000}};  // f16: 0.125, 0.1
  answer_get(fixture, reply, {});
  const auto blocks = fixture.get(2);
  BOOST_TEST_REQUIRE(cellard_blocks_count(blocks.get()) == 2U);
  cellard_block_info info CELLARD_BLOCK_INFO_INIT;
  BOOST_TEST(cellard_blocks_info(blocks.get(), 0, &info) == CELLARD_OK);
  BOOST_TEST(info.codec == 0U);
  BOOST_TEST(info.key_error == 0);
  BOOST_TEST(cellard_blocks_info(blocks.get(), 1, &info) == CELLARD_OK);
  BOOST_TEST(info.codec == 1U);
  BOOST_TEST(info.key_error == 0.125);
  BOOST_TEST(info.value_error == 0.1, boost::test_tools::tolerance(0.001));
  BOOST_TEST(cellard_blocks_info(blocks.get(), 2, &info) == CELLARD_INVALID_ARGUMENT);
  info.size = 0;
  BOOST_TEST(cellard_blocks_info(blocks.get(), 1, &info) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(where_the_daemon_is_silent_the_bytes_say_it) {
  cache fixture;
  fixture.fill(1);
  fixture.get(1);
  auto place =
    fixture.daemon.with_store([](fake_store& store) { return store.place(core_key(0)); });
  place.codec = 1;  // which its bytes are not
  answer_get(fixture, {1, 1, 0, 3, {}, {place}, {}}, {});
  const auto blocks = fixture.get(1);
  cellard_block_info info CELLARD_BLOCK_INFO_INIT;
  BOOST_TEST(cellard_blocks_info(blocks.get(), 0, &info) == CELLARD_CORRUPT);
  fixture.daemon.with_store([](fake_store& store) { store.recycle(core_key(0)); });
  BOOST_TEST(cellard_blocks_info(blocks.get(), 0, &info) == CELLARD_GONE);
}

BOOST_AUTO_TEST_CASE(a_block_that_was_taken_back_is_gone) {
  cache fixture;
  fixture.fill(3);
  const auto blocks = fixture.get(3);
  fixture.daemon.with_store([](fake_store& store) { store.recycle(core_key(1)); });
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_GONE);
  BOOST_TEST(std::string{cellard_last_error()}.find("block 1 of 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leases_travel_with_the_next_request) {
  cache fixture;
  fixture.fill(2);
  auto one = fixture.get(1);
  auto two = fixture.get(2);
  BOOST_TEST(fixture.daemon.leases().size() == 2U);
  one.reset();
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().size() == 1U);
  two.reset();
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().empty());
  BOOST_TEST(fixture.daemon.seen(opcode::release) == 0);
}

BOOST_AUTO_TEST_CASE(many_leases_do_not_wait_for_a_request) {
  cache fixture;
  fixture.fill(1);
  std::vector<blocks_handle> held;
  for (int i = 0; i < 200; ++i) {
    held.push_back(fixture.get(1));
  }
  held.clear();
  fixture.daemon.wait_for(opcode::release, 3);
  BOOST_TEST(fixture.daemon.leases().size() == 8U);  // 200 - 3 x 64
}

BOOST_AUTO_TEST_CASE(long_chains_are_got_in_pieces_with_a_lease_each) {
  fake_settings settings;
  settings.keys = 10;
  cache fixture{settings};
  fixture.fill(25);
  auto blocks = fixture.get(60);
  BOOST_TEST_REQUIRE(cellard_blocks_count(blocks.get()) == 25U);
  BOOST_TEST(same_bytes(blocks.get(), 24, block_of(24)));
  BOOST_TEST(fixture.daemon.leases().size() == 3U);
  blocks.reset();
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().empty());
}

BOOST_AUTO_TEST_CASE(each_segment_is_mapped_once_and_its_descriptor_closed) {
  cache fixture;
  fixture.fill(2);
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    const auto blocks = fixture.get(2);
    BOOST_TEST(cellard_blocks_count(blocks.get()) == 2U);
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(views_outlive_client_and_daemon) {
  cache fixture;
  fixture.fill(1);
  const auto blocks = fixture.get(1);
  fixture.space.reset();
  fixture.client.reset();
  fixture.daemon.stop();
  BOOST_TEST(same_bytes(blocks.get(), 0, block_of(0)));
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_OK);
}

BOOST_AUTO_TEST_CASE(places_outside_of_the_segment_end_the_connection) {
  cache fixture;
  fixture.fill(1);
  fixture.get(1);
  const auto good =
    fixture.daemon.with_store([](fake_store& store) { return store.place(core_key(0)); });
  std::vector<protocol::place> wrong(5, good);
  wrong[0].segment = 99;
  wrong[1].slot = fake_store::slots;
  wrong[2].offset = UINT64_MAX - 10;
  wrong[3].offset += fake_store::slots * block_bytes - block_bytes + 1;
  wrong[4].length = UINT32_MAX;
  for (const auto& place : wrong) {
    answer_get(fixture, {1, 1, 0, 3, {}, {place}, {}}, {});
    expect_bad_frame(fixture);
  }
}

BOOST_AUTO_TEST_CASE(more_places_than_keys_end_the_connection) {
  cache fixture;
  fixture.fill(1);
  fixture.get(1);
  const auto good =
    fixture.daemon.with_store([](fake_store& store) { return store.place(core_key(0)); });
  answer_get(fixture, {2, 2, 0, 3, {}, {good, good}, {}}, {});
  expect_bad_frame(fixture);
}

BOOST_AUTO_TEST_CASE(segments_that_are_not_what_they_should_be_end_the_connection) {
  cache fixture;
  fixture.fill(1);
  const sealed_memory unsealed{1U << 20, false};
  const sealed_memory sealed{1U << 20};
  const auto before = open_descriptors();
  const auto try_segment = [&](protocol::segment_info info, const std::vector<int>& passed) {
    answer_get(fixture, {1, 0, 0, 0, {info}, {}, {}}, passed);
    expect_bad_frame(fixture);
  };
  const protocol::segment_info good{3, 64, 1U << 20, 4096};
  try_segment(good, {unsealed.descriptor()});
  try_segment(good, {});
  try_segment(good, {sealed.descriptor(), sealed.descriptor()});
  try_segment({3, 64, 2U << 20, 4096}, {sealed.descriptor()});
  try_segment({3, 64, 0, 0}, {sealed.descriptor()});
  try_segment({3, UINT32_MAX, 1U << 20, 4096}, {sealed.descriptor()});
  try_segment({3, 64, 1U << 20, UINT64_MAX - 3}, {sealed.descriptor()});
  try_segment({3, 64, 1U << 20, 4097}, {sealed.descriptor()});
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  try_segment(good, {ends[0]});
  ::close(ends[0]);
  ::close(ends[1]);
  fixture.lookup(1);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(without_descriptors_left_the_call_says_so) {
  cache fixture;
  fixture.fill(1);
  rlimit old{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  rlimit none = old;
  none.rlim_cur = 3;  // all numbers below are taken
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto blocks = fixture.get(1);
  const int status = fixture.status;
  const std::string sentence = cellard_last_error();
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
  BOOST_TEST(status == CELLARD_OUT_OF_DESCRIPTORS);
  BOOST_TEST(sentence.find("ulimit") != std::string::npos);
  fixture.reconnect();
  BOOST_TEST(cellard_blocks_count(fixture.get(1).get()) == 1U);
}

BOOST_AUTO_TEST_CASE(an_unknown_codec_ends_the_set) {
  cache fixture;
  fixture.fill(3);
  fixture.get(1);
  auto places = fixture.daemon.with_store([](fake_store& store) {
    return std::vector{store.place(core_key(0)), store.place(core_key(1)),
                       store.place(core_key(2))};
  });
  places[1].codec = 4;
  answer_get(fixture, {3, 3, 0, 3, {}, places, {}}, {});
  BOOST_TEST(cellard_blocks_count(fixture.get(3).get()) == 1U);
  places[1].codec = 0;
  places[1].length -= 4;  // not this layout's
  answer_get(fixture, {3, 3, 0, 3, {}, places, {}}, {});
  BOOST_TEST(cellard_blocks_count(fixture.get(3).get()) == 1U);
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(checksums_are_checked_where_the_daemon_asks_for_it) {
  for (const auto verify : {protocol::verify_always, protocol::verify_never}) {
    fake_settings settings;
    settings.verify = verify;
    cache fixture{settings};
    fixture.fill(3);
    fixture.daemon.with_store(
      [](fake_store& store) { store.bytes(core_key(1))[99] ^= std::byte{1}; });
    const std::size_t expected = verify == protocol::verify_always ? 1 : 3;
    BOOST_TEST(cellard_blocks_count(fixture.get(3).get()) == expected);
    BOOST_TEST(copy(fixture, 3, {block_bytes}).count == expected);
    fixture.lookup(1);
    BOOST_TEST(fixture.daemon.seen(opcode::corrupt) == (expected == 1 ? 2 : 0));
  }
}

BOOST_AUTO_TEST_CASE(copies_are_scattered_into_pieces) {
  cache fixture;
  fixture.fill(3);
  const auto whole = copy(fixture, 3, {block_bytes});
  const auto cut = copy(fixture, 3, {1, 0, 1000, block_bytes - 1001});
  BOOST_TEST(whole.count == 3U);
  BOOST_TEST(cut.count == 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST((whole.blocks[i] == block_of(i)));
    BOOST_TEST((cut.blocks[i] == block_of(i)));
  }
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().empty());
}

BOOST_AUTO_TEST_CASE(buffers_that_do_not_fit_the_layout_are_refused) {
  cache fixture;
  fixture.fill(1);
  BOOST_TEST(copy(fixture, 1, {block_bytes - 1}).status == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(copy(fixture, 1, {block_bytes, 1}).status == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(fixture.daemon.seen(opcode::get) == 0);
}

BOOST_AUTO_TEST_CASE(opaque_blocks_have_any_length_and_buffers_at_least_theirs) {
  cache fixture{{}, 20000, opaque_layout(1000)};
  BOOST_TEST(fixture.put(2, 700) == 2U);
  const auto got = copy(fixture, 2, {1000});
  BOOST_TEST(got.count == 2U);
  BOOST_TEST(
    std::equal(got.blocks[1].begin(), got.blocks[1].begin() + 700, block_of(1, 700).begin()));
  BOOST_TEST(copy(fixture, 2, {600}).status == CELLARD_INVALID_ARGUMENT);
  fixture.put(1, 1001, 2);
  BOOST_TEST(fixture.status == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_block_that_is_being_rewritten_does_not_count) {
  cache fixture;
  fixture.fill(3);
  fixture.daemon.on(opcode::get, [&](fake_exchange& exchange) {
    fixture.daemon.answer(exchange);
    // Between the answer and the copy: the handler holds the store's mutex.
    return true;
  });
  const auto blocks = fixture.get(3);
  fixture.daemon.with_store([](fake_store& store) { store.recycle(core_key(1)); });
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_GONE);
  BOOST_TEST(copy(fixture, 3, {block_bytes}).count == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
