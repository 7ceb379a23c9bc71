// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

#include <chrono>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace protocol = cellard::protocol;

namespace {

constexpr std::uint32_t short_deadline_ms = 150;

using clock_type = std::chrono::steady_clock;

}  // namespace

BOOST_AUTO_TEST_SUITE(request_test)

BOOST_AUTO_TEST_CASE(lookup_counts_the_leading_keys) {
  cache fixture;
  fixture.fill(3);
  BOOST_TEST(fixture.lookup(5) == 3U);
  BOOST_TEST(fixture.lookup(0) == 0U);
  BOOST_TEST(fixture.status == CELLARD_OK);
}

BOOST_AUTO_TEST_CASE(long_lists_go_in_pieces_until_one_does_not_match) {
  fake_settings settings;
  settings.keys = 10;
  cache fixture{settings};
  fixture.fill(25);
  BOOST_TEST(fixture.lookup(64) == 25U);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == 3);
  fixture.fill(30);
  BOOST_TEST(fixture.lookup(64) == 30U);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == 7);  // the fourth piece matches nothing
}

BOOST_AUTO_TEST_CASE(small_frames_hold_fewer_keys) {
  fake_settings settings;
  settings.frame_bytes = 4096;
  cache fixture{settings};
  fixture.fill(64);
  fixture.lookup(3000);
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == 1);
  BOOST_TEST(cellard_blocks_count(fixture.get(64).get()) == 64U);
  // The daemon drops a client whose frame is too long.
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(only_leading_blocks_count_as_ready) {
  fake_settings settings;
  settings.keys = 4;
  cache fixture{settings};
  int piece = 0;
  fixture.daemon.on(opcode::lookup, [&](fake_exchange& exchange) {
    const std::uint32_t ready = piece++ == 0 ? 2 : 4;
    exchange.reply(protocol::match_reply{4, ready, 4 - ready});
    return true;
  });
  const auto keys = chain(8);
  cellard_match match CELLARD_MATCH_INIT;
  BOOST_TEST(cellard_lookup(fixture.space.get(), keys.data(), 8, &match) == CELLARD_OK);
  BOOST_TEST(match.matched == 8U);
  BOOST_TEST(match.ready == 2U);
  BOOST_TEST(match.loading == 2U);
}

BOOST_AUTO_TEST_CASE(impossible_counts_end_the_connection) {
  cache fixture;
  fixture.daemon.on(opcode::lookup, [](fake_exchange& exchange) {
    exchange.reply(protocol::match_reply{5, 1, 0});
    return true;
  });
  fixture.lookup(4);
  BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_says_nothing_costs_one_deadline) {
  cache fixture{{}, short_deadline_ms};
  fixture.daemon.hold(opcode::lookup, 2);
  const auto begin = clock_type::now();
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  BOOST_TEST((clock_type::now() - begin >= std::chrono::milliseconds{short_deadline_ms}));
  BOOST_TEST((clock_type::now() - begin < std::chrono::seconds{10}));
}

BOOST_AUTO_TEST_CASE(the_daemon_is_told_a_deadline_that_ends_before_ours) {
  cache fixture{{}, 1000};
  std::uint32_t told = 0;
  fixture.daemon.on(opcode::lookup, [&](fake_exchange& exchange) {
    told = exchange.header.deadline_us;
    return false;
  });
  fixture.lookup(1);
  BOOST_TEST(told <= 875000U);
  BOOST_TEST(told >= 1U);
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_dropped_and_the_next_one_counts) {
  cache fixture{{}, short_deadline_ms};
  fixture.fill(3);
  fixture.daemon.hold(opcode::lookup);
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  // On one socket the late answer comes first.
  fixture.daemon.on(opcode::touch, [](fake_exchange&) { return false; });
  fixture.daemon.answer_held();
  BOOST_TEST(fixture.lookup(3) == 3U);
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(two_timeouts_in_a_row_end_the_connection) {
  cache fixture{{}, short_deadline_ms};
  fixture.daemon.hold(opcode::lookup, 2);
  fixture.lookup(1);
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  fixture.reconnect();
  BOOST_TEST(fixture.daemon.connections() == 2);
}

BOOST_AUTO_TEST_CASE(an_answer_between_timeouts_keeps_the_connection) {
  cache fixture{{}, short_deadline_ms};
  for (int i = 0; i < 3; ++i) {
    fixture.daemon.hold(opcode::lookup);
    fixture.lookup(1);
    BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
    fixture.lookup(1);
    BOOST_TEST(fixture.status == CELLARD_OK);
  }
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_late_lease_goes_back_and_its_segment_is_kept) {
  cache fixture{{}, short_deadline_ms};
  fixture.fill(2);
  fixture.daemon.hold(opcode::get);
  fixture.get(2);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  fixture.daemon.answer_held();
  BOOST_TEST(fixture.daemon.leases().size() == 1U);
  fixture.lookup(1);  // reads the late answer
  fixture.lookup(1);  // carries the lease back
  BOOST_TEST(fixture.daemon.leases().empty());
  // The daemon sends a segment once: without the late one, this would be a place in the void.
  const auto blocks = fixture.get(2);
  BOOST_TEST(same_bytes(blocks.get(), 1, block_of(1)));
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(late_tickets_are_given_back) {
  cache fixture{{}, short_deadline_ms};
  fixture.lookup(1);
  fixture.daemon.hold(opcode::reserve);
  const auto keys = chain(3);
  cellard_stage* stage = nullptr;
  BOOST_TEST(cellard_reserve(fixture.space.get(), nullptr, keys.data(), 3, nullptr, &stage)
             == CELLARD_TIMED_OUT);
  fixture.daemon.answer_held();
  fixture.lookup(1);
  fixture.lookup(1);
  fixture.daemon.wait_for(opcode::abort, 1);
  BOOST_TEST(fixture.daemon.aborted().size() == 3U);
}

BOOST_AUTO_TEST_CASE(lost_leases_are_counted) {
  cache fixture;
  fixture.daemon.on(opcode::lookup, [](fake_exchange& exchange) {
    exchange.flags = protocol::leases_lost;
    return false;
  });
  fixture.lookup(1);
  fixture.lookup(1);
  cellard_server_info info CELLARD_SERVER_INFO_INIT;
  BOOST_TEST(cellard_server(fixture.client.get(), &info) == CELLARD_OK);
  BOOST_TEST(info.leases_lost == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_daemon_keeps_its_code_and_sentence) {
  cache fixture;
  fixture.daemon.on(opcode::remove, [](fake_exchange& exchange) {
    exchange.reply(cellard::core::error{cellard::core::errc::permission_denied, "not yours"});
    return true;
  });
  const auto key = key_of(1);
  std::uint32_t removed = 7;
  BOOST_TEST(cellard_remove(fixture.space.get(), &key, 1, &removed) == CELLARD_PERMISSION_DENIED);
  BOOST_TEST(std::string{cellard_last_error()} == "not yours");
  BOOST_TEST(removed == 0U);
  BOOST_TEST(fixture.lookup(1) == 0U);
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(counting_requests_add_up_their_pieces) {
  fake_settings settings;
  settings.keys = 4;
  cache fixture{settings};
  fixture.fill(10);
  const auto keys = chain(12);
  std::uint32_t count = 0;
  BOOST_TEST(cellard_pin(fixture.space.get(), keys.data(), 12, 500, &count) == CELLARD_OK);
  BOOST_TEST(count == 10U);
  BOOST_TEST(cellard_unpin(fixture.space.get(), keys.data(), 12, nullptr) == CELLARD_OK);
  BOOST_TEST(cellard_remove(fixture.space.get(), keys.data(), 12, &count) == CELLARD_OK);
  BOOST_TEST(count == 10U);
  BOOST_TEST(fixture.lookup(1) == 0U);
}

BOOST_AUTO_TEST_CASE(lists_come_in_pages) {
  cache fixture;
  std::uint64_t cursor = 0;
  std::vector<std::uint32_t> depths;
  do {
    cellard_list_item items[4];
    std::size_t count = 0;
    BOOST_TEST_REQUIRE(cellard_list(fixture.space.get(), &cursor, items, 4, &count) == CELLARD_OK);
    for (std::size_t i = 0; i < count; ++i) {
      depths.push_back(items[i].depth);
    }
  } while (cursor != 0);
  BOOST_TEST(depths.size() == 10U);
  BOOST_TEST(depths.back() == 9U);
}

BOOST_AUTO_TEST_CASE(texts_are_returned_as_strings) {
  cache fixture;
  char* text = nullptr;
  BOOST_TEST(cellard_admin(fixture.client.get(), "health", 1, &text) == CELLARD_OK);
  BOOST_TEST(std::string{text} == "{\"health\": true}");
  cellard_text_free(text);
  BOOST_TEST(cellard_admin(fixture.client.get(), "get", 0, &text) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(text == nullptr);
  BOOST_TEST(cellard_forget(fixture.client.get(), "old", 0) == CELLARD_OK);
}

BOOST_AUTO_TEST_CASE(a_history_says_of_what_and_how_far_back) {
  cache fixture;
  char* text = nullptr;
  BOOST_TEST(cellard_history(fixture.client.get(), nullptr, &text) == CELLARD_OK);
  BOOST_TEST(std::string{text} == R"({"window_seconds": 3600, "space": ""})");
  cellard_text_free(text);
  cellard_window wanted CELLARD_WINDOW_INIT;
  wanted.space = "notes";
  wanted.window_seconds = 60;
  BOOST_TEST(cellard_history(fixture.client.get(), &wanted, &text) == CELLARD_OK);
  BOOST_TEST(std::string{text} == R"({"window_seconds": 60, "space": "notes"})");
  cellard_text_free(text);
  wanted.size = 0;
  BOOST_TEST(cellard_history(fixture.client.get(), &wanted, &text) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(a_forecast_says_of_what_and_of_which_sizes) {
  cache fixture;
  char* text = nullptr;
  BOOST_TEST(cellard_forecast(fixture.client.get(), nullptr, &text) == CELLARD_OK);
  BOOST_TEST(std::string{text} == R"({"sizes": [], "space": "", "all": false})");
  cellard_text_free(text);
  const std::uint64_t sizes[] = {1024, 4096};
  cellard_outlook wanted CELLARD_OUTLOOK_INIT;
  wanted.space = "notes";
  wanted.sizes = sizes;
  wanted.count = 2;
  BOOST_TEST(cellard_forecast(fixture.client.get(), &wanted, &text) == CELLARD_OK);
  BOOST_TEST(std::string{text} == R"({"sizes": [1024, 4096], "space": "notes", "all": false})");
  cellard_text_free(text);
  wanted.count = 65;
  BOOST_TEST(cellard_forecast(fixture.client.get(), &wanted, &text) == CELLARD_INVALID_ARGUMENT);
  wanted.sizes = nullptr;
  BOOST_TEST(cellard_forecast(fixture.client.get(), &wanted, &text) == CELLARD_INVALID_ARGUMENT);
  wanted = CELLARD_OUTLOOK_INIT;
  wanted.size = 0;
  BOOST_TEST(cellard_forecast(fixture.client.get(), &wanted, &text) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(closing_a_space_tells_the_daemon) {
  cache fixture;
  fixture.space.reset();
  fixture.daemon.wait_for(opcode::close, 1);
}

BOOST_AUTO_TEST_SUITE_END()
