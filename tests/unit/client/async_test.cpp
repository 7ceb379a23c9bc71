// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form, with a daemon that answers: every operation, pipelining, bounds, closing.
#include "tests/unit/client/async_fixture.hpp"

#include <thread>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

namespace {

constexpr std::size_t mebibyte = 1U << 20;

bool holds(cache& fixture, std::uint32_t number, std::size_t size = block_bytes) {
  return fixture.daemon.with_store([&](fake_store& store) {
    const auto expected = block_of(number, size);
    const auto key = core_key(number);
    return store.contains(key)
           && std::equal(expected.begin(), expected.end(), store.bytes(key).begin(),
                         store.bytes(key).end());
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(async_test)

BOOST_AUTO_TEST_CASE(every_operation_completes_once_with_what_the_blocking_call_gives) {
  async_cache fixture;
  BOOST_TEST(fixture.submit_put(1, 3) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_OK, fixture.messages[1]);
  BOOST_TEST(fixture.completions[1].count == 3U);
  BOOST_TEST(fixture.puts[1].statuses == std::vector<int>(3, CELLARD_OK));
  BOOST_TEST(holds(fixture, 2));
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 2, 5) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_TOUCH, 3, 5) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 4, 5) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_PIN, 5, 2) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_PREFETCH, 6, 1) == CELLARD_OK);
  fixture.reap(5);
  BOOST_TEST(fixture.completions[2].matched == 3U);
  BOOST_TEST(fixture.completions[2].ready == 3U);
  BOOST_TEST(fixture.completions[3].ready == 3U);
  BOOST_TEST(fixture.daemon.seen(opcode::touch) == 1);
  BOOST_TEST_REQUIRE(cellard_blocks_count(fixture.found[4].get()) == 3U);
  BOOST_TEST(same_bytes(fixture.found[4].get(), 2, block_of(2)));
  BOOST_TEST(cellard_blocks_check(fixture.found[4].get()) == CELLARD_OK);
  BOOST_TEST(fixture.daemon.seen(opcode::pin) == 1);
  BOOST_TEST(fixture.completions[6].ready == 1U);
  fixture.found.clear();
  BOOST_TEST(fixture.submit(CELLARD_OP_REMOVE, 7, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(7) == CELLARD_OK);
  BOOST_TEST(fixture.completions[7].count >= 1U);
  BOOST_TEST(!holds(fixture, 0));
  BOOST_TEST(fixture.daemon.leases().empty());  // given back with the remove
}

BOOST_AUTO_TEST_CASE(nothing_is_readable_and_nothing_completes_when_nothing_was_asked) {
  async_cache fixture;
  BOOST_TEST(!readable(fixture.async.get(), 0));
  cellard_completion got{};
  std::size_t count = 7;
  BOOST_TEST(cellard_async_poll(fixture.async.get(), &got, 1, &count) == CELLARD_OK);
  BOOST_TEST(count == 0U);
  BOOST_TEST(fixture.daemon.connections() == 1);  // the blocking client's
}

BOOST_AUTO_TEST_CASE(many_requests_are_under_way_at_once_and_end_in_any_order) {
  async_cache fixture;
  fixture.fill(2);
  fixture.daemon.hold(opcode::touch);
  BOOST_TEST(fixture.submit(CELLARD_OP_TOUCH, 1, 2) == CELLARD_OK);
  for (std::uint64_t tag = 2; tag <= 5; ++tag) {
    BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, tag, 2) == CELLARD_OK);
  }
  fixture.reap(4);
  BOOST_TEST(fixture.order == (std::vector<std::uint64_t>{2, 3, 4, 5}));
  fixture.daemon.answer_held();
  fixture.reap(1);
  BOOST_TEST(fixture.order.back() == 1U);
  BOOST_TEST(fixture.completions[1].ready == 2U);
  BOOST_TEST(fixture.daemon.seen(opcode::open) == 2);  // one a connection
}

BOOST_AUTO_TEST_CASE(long_chains_go_in_pieces) {
  fake_settings settings;
  settings.keys = 8;
  async_cache fixture{settings};
  BOOST_TEST(fixture.submit_put(1, 20) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.completions[1].count == 20U);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 2, 30) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 3, 30) == CELLARD_OK);
  fixture.reap(2);
  BOOST_TEST(fixture.completions[2].ready == 20U);
  BOOST_TEST(cellard_blocks_count(fixture.found[3].get()) == 20U);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == 3);
}

BOOST_AUTO_TEST_CASE(puts_larger_than_the_staging_area_wait_for_each_other) {
  fake_settings settings;
  settings.staging_bytes = 4 * mebibyte;
  async_cache fixture{settings, 20000, opaque_layout(mebibyte)};
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    BOOST_TEST(fixture.submit_put(tag, 6, mebibyte) == CELLARD_OK);
  }
  fixture.reap(3);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    BOOST_TEST(fixture.completions[tag].count == 6U, fixture.messages[tag]);
  }
  for (std::uint32_t i = 0; i < 6; ++i) {
    BOOST_TEST(holds(fixture, i, mebibyte));
  }
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 1);
}

BOOST_AUTO_TEST_CASE(a_lookup_goes_past_a_put_that_waits_for_room) {
  fake_settings settings;
  settings.staging_bytes = 2 * mebibyte;
  async_cache fixture{settings, 20000, opaque_layout(mebibyte)};
  fixture.daemon.hold(opcode::put);
  BOOST_TEST(fixture.submit_put(1, 2, mebibyte) == CELLARD_OK);
  BOOST_TEST(fixture.submit_put(2, 2, mebibyte) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_TOUCH, 3, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.order == std::vector<std::uint64_t>{3});
  while (fixture.daemon.seen(opcode::put) == 0) {
    cellard_completion got{};
    std::size_t count = 0;
    // The put may be on its way already, and is not answered: then nothing becomes readable.
    readable(fixture.async.get(), 10);
    BOOST_TEST_REQUIRE(cellard_async_poll(fixture.async.get(), &got, 1, &count) == CELLARD_OK);
    BOOST_TEST_REQUIRE(count == 0U, got.tag << " ended with " << got.status);
  }
  fixture.daemon.answer_held();
  fixture.reap(2);
  BOOST_TEST(fixture.completions[1].count == 2U);
  BOOST_TEST(fixture.completions[2].count == 2U);
}

BOOST_AUTO_TEST_CASE(without_shared_memory_bytes_go_through_the_socket) {
  fake_settings settings;
  settings.shared_memory = false;
  settings.verify = protocol::verify_always;
  async_cache fixture{settings, 20000, opaque_layout(300000)};
  BOOST_TEST(fixture.submit_put(1, 3, 200001) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.completions[1].count == 3U, fixture.messages[1]);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 2, 5) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST_REQUIRE(cellard_blocks_count(fixture.found[2].get()) == 3U);
  BOOST_TEST(same_bytes(fixture.found[2].get(), 2, block_of(2, 200001)));
  BOOST_TEST(fixture.daemon.seen(opcode::get) == 0);
  BOOST_TEST(fixture.daemon.seen(opcode::write) == 3 * 4);
}

BOOST_AUTO_TEST_CASE(a_block_with_wrong_bytes_ends_the_set_and_is_reported) {
  fake_settings settings;
  settings.verify = protocol::verify_always;
  async_cache fixture{settings};
  fixture.fill(3);
  fixture.daemon.with_store(
    [&](fake_store& store) { store.bytes(core_key(1))[100] ^= std::byte{1}; });
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 1, 3) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(cellard_blocks_count(fixture.found[1].get()) == 1U);
  fixture.daemon.wait_for(opcode::corrupt, 1);
}

BOOST_AUTO_TEST_CASE(what_was_not_polled_is_bounded) {
  async_cache fixture{{}, 20000, small_layout(), 3};
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, tag, 1) == CELLARD_OK);
  }
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 4, 1) == CELLARD_BUSY);
  BOOST_TEST(std::string{cellard_last_error()}.find("depth") != std::string::npos);
  fixture.reap(3);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 5, 1) == CELLARD_OK);
  fixture.reap(1);
}

BOOST_AUTO_TEST_CASE(more_requests_than_the_daemons_credits_wait_here) {
  async_cache fixture;
  fixture.fill(1);
  constexpr int credits = 32;  // of the fake daemon
  fixture.daemon.hold(opcode::lookup, 1000);
  for (std::uint64_t tag = 1; tag <= 100; ++tag) {
    BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, tag, 1) == CELLARD_OK);
  }
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 101, 1, 300) == CELLARD_OK);
  fixture.reap(1);  // its deadline says that all that can be sent was
  BOOST_TEST(fixture.status_of(101) == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == credits);
  fixture.daemon.hold(opcode::lookup, 0);
  fixture.daemon.answer_held();
  fixture.reap(100);
  for (std::uint64_t tag = 1; tag <= 100; ++tag) {
    BOOST_TEST(fixture.completions[tag].ready == 1U);
  }
}

BOOST_AUTO_TEST_CASE(an_error_of_the_daemon_is_the_completions_with_its_sentence) {
  async_cache fixture;
  fixture.daemon.on(opcode::touch, [](fake_exchange& exchange) {
    exchange.reply(core::error{core::errc::limit_reached, "too many touches"});
    return true;
  });
  BOOST_TEST(fixture.submit(CELLARD_OP_TOUCH, 1, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_LIMIT_REACHED);
  BOOST_TEST(fixture.messages[1] == "too many touches");
}

BOOST_AUTO_TEST_CASE(a_space_that_is_closed_is_closed_at_the_daemon_by_the_next_call) {
  async_cache fixture;
  fixture.fill(1);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_OK);
  fixture.reap(1);
  const auto before = fixture.daemon.seen(opcode::close);
  const auto layout = small_layout();
  cellard_space* other = nullptr;
  BOOST_TEST_REQUIRE(cellard_open(fixture.client.get(), "other", &layout, nullptr, 0, &other)
                     == CELLARD_OK);
  fixture.space.reset(other);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 2, 1) == CELLARD_OK);
  fixture.reap(1);
  fixture.daemon.wait_for(opcode::close, before + 2);  // of both connections
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_and_complete_nothing) {
  async_cache fixture;
  cache other;
  BOOST_TEST(fixture.submit(0, 1, 1) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(fixture.submit(99, 1, 1) == CELLARD_INVALID_ARGUMENT);
  auto wanted = fixture.about(CELLARD_OP_LOOKUP, 1);
  wanted.count = 1;
  BOOST_TEST(cellard_async_submit(fixture.async.get(), &wanted) == CELLARD_INVALID_ARGUMENT);
  wanted.count = 0;
  wanted.space = other.space.get();
  BOOST_TEST(cellard_async_submit(fixture.async.get(), &wanted) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(std::string{cellard_last_error()}.find("another client") != std::string::npos);
  wanted.size = 0;
  BOOST_TEST(cellard_async_submit(fixture.async.get(), &wanted) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(fixture.submit_put(1, 1, 17) == CELLARD_INVALID_ARGUMENT);
  const auto key = key_of(0);
  auto put = fixture.about(CELLARD_OP_PUT, 2);
  put.keys = &key;
  put.count = 1;
  BOOST_TEST(cellard_async_submit(fixture.async.get(), &put) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(!readable(fixture.async.get(), 0));
}

BOOST_AUTO_TEST_CASE(no_keys_complete_at_once) {
  async_cache fixture;
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 1, 0) == CELLARD_OK);
  BOOST_TEST(readable(fixture.async.get(), 0));
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_OK);
  BOOST_TEST(fixture.found[1].get() != nullptr);
  BOOST_TEST(cellard_blocks_count(fixture.found[1].get()) == 0U);
  BOOST_TEST(!readable(fixture.async.get(), 0));
}

BOOST_AUTO_TEST_CASE(two_threads_submit_and_poll) {
  async_cache fixture;
  fixture.fill(1);
  constexpr std::uint64_t each = 500;
  std::atomic<std::uint64_t> ended{0};
  std::atomic<std::uint64_t> ready{0};
  const auto work = [&](std::uint64_t first) {
    const auto key = key_of(0);
    auto wanted = fixture.about(CELLARD_OP_LOOKUP, 0);
    wanted.keys = &key;
    wanted.count = 1;
    for (std::uint64_t i = 0; i < each; ++i) {
      wanted.tag = first + i;
      if (cellard_async_submit(fixture.async.get(), &wanted) != CELLARD_OK) {
        return;
      }
    }
    while (ended < 2 * each) {
      cellard_completion got[16];
      std::size_t count = 0;
      // The other thread may take what made it readable, so it is asked again after a while.
      readable(fixture.async.get(), 10);
      if (cellard_async_poll(fixture.async.get(), got, 16, &count) != CELLARD_OK) {
        return;
      }
      for (std::size_t i = 0; i < count; ++i) {
        ready += got[i].ready;
      }
      ended += count;
    }
  };
  std::thread one{work, 0};
  std::thread other{work, each};
  one.join();
  other.join();
  BOOST_TEST(ended == 2 * each);
  BOOST_TEST(ready == 2 * each);
}

BOOST_AUTO_TEST_SUITE_END()
