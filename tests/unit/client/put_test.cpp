// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

namespace {

constexpr std::uint32_t short_deadline_ms = 150;

bool holds(cache& fixture, std::uint32_t number, std::size_t size = block_bytes) {
  return fixture.daemon.with_store([&](fake_store& store) {
    const auto expected = block_of(number, size);
    const auto key = core_key(number);
    return store.contains(key)
           && std::equal(expected.begin(), expected.end(), store.bytes(key).begin(),
                         store.bytes(key).end());
  });
}

stage_handle reserve(cache& fixture, std::uint32_t count) {
  const auto keys = chain(count);
  cellard_stage* made = nullptr;
  fixture.status =
    cellard_reserve(fixture.space.get(), nullptr, keys.data(), count, nullptr, &made);
  return stage_handle{made};
}

/// Writes block `index` into its slot, if there is one.
int fill_slot(const cellard_stage* stage, std::uint32_t index) {
  void* data = nullptr;
  std::size_t length = 0;
  const int status = cellard_stage_slot(stage, index, &data, &length);
  if (status == CELLARD_OK) {
    const auto bytes = block_of(index, length);
    std::memcpy(data, bytes.data(), length);
  }
  return status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(put_test)

BOOST_AUTO_TEST_CASE(blocks_arrive_as_they_are_in_one_request) {
  cache fixture;
  BOOST_TEST(fixture.put(5) == 5U);
  BOOST_TEST(fixture.status == CELLARD_OK);
  for (std::uint32_t i = 0; i < 5; ++i) {
    BOOST_TEST(holds(fixture, i));
    BOOST_TEST(fixture.statuses[i] == CELLARD_OK);
  }
  BOOST_TEST(fixture.daemon.seen(opcode::put) == 1);
  BOOST_TEST(fixture.daemon.seen(opcode::reserve) == 0);
}

BOOST_AUTO_TEST_CASE(pieces_are_gathered) {
  cache fixture;
  const auto bytes = block_of(3);
  const auto key = key_of(3);
  const cellard_const_buffer pieces[] = {
    {bytes.data(), 1}, {bytes.data() + 1, 0}, {bytes.data() + 1, block_bytes - 1}};
  BOOST_TEST(cellard_put(fixture.space.get(), nullptr, &key, 1, pieces, 3, nullptr, nullptr)
             == CELLARD_OK);
  BOOST_TEST(holds(fixture, 3));
}

BOOST_AUTO_TEST_CASE(blocks_that_are_there_count_as_stored) {
  cache fixture;
  fixture.put(2);
  BOOST_TEST(fixture.put(4) == 4U);
  BOOST_TEST(fixture.statuses
             == (std::vector<int>{CELLARD_EXISTS, CELLARD_EXISTS, CELLARD_OK, CELLARD_OK}));
}

BOOST_AUTO_TEST_CASE(large_puts_look_first_and_copy_only_what_is_missing) {
  cache fixture{{}, 20000, opaque_layout(1U << 20)};
  BOOST_TEST(fixture.put(4, 1U << 20) == 4U);
  BOOST_TEST(fixture.daemon.seen(opcode::lookup) == 1);
  std::size_t sent = 0;
  fixture.daemon.on(opcode::put, [&](fake_exchange& exchange) {
    sent += std::get<protocol::put_request>(exchange.body).entries.size();
    return false;
  });
  BOOST_TEST(fixture.put(6, 1U << 20) == 6U);
  BOOST_TEST(sent == 2U);
  BOOST_TEST(holds(fixture, 5, 1U << 20));
}

BOOST_AUTO_TEST_CASE(batches_are_as_large_as_staging_and_chained_by_their_last_key) {
  fake_settings settings;
  settings.staging_bytes = 10 * block_bytes + 100;
  cache fixture{settings};
  std::vector<std::size_t> sizes;
  std::vector<bool> rooted;
  fixture.daemon.on(opcode::put, [&](fake_exchange& exchange) {
    const auto& request = std::get<protocol::put_request>(exchange.body);
    rooted.push_back(!request.parent);
    BOOST_TEST((!request.parent
                || *request.parent == core_key(static_cast<std::uint32_t>(sizes.size()) * 10 - 1)));
    sizes.push_back(request.entries.size());
    return false;
  });
  BOOST_TEST(fixture.put(35) == 35U);
  BOOST_TEST(sizes == (std::vector<std::size_t>{10, 10, 10, 5}));
  BOOST_TEST(rooted == (std::vector<bool>{true, false, false, false}));
  BOOST_TEST(holds(fixture, 34));
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 1);
}

BOOST_AUTO_TEST_CASE(a_smaller_area_than_asked_for_is_used_as_it_is) {
  fake_settings settings;
  settings.staging_left = 3 * block_bytes;
  cache fixture{settings};
  BOOST_TEST(fixture.put(10) == 10U);
  BOOST_TEST(fixture.daemon.seen(opcode::put) == 4);
  BOOST_TEST(fixture.put(10, block_bytes, 10) == 10U);
  BOOST_TEST(holds(fixture, 19));
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 1);  // it is not asked for more again
}

BOOST_AUTO_TEST_CASE(an_area_that_no_block_fits_into_is_refused) {
  fake_settings settings;
  settings.staging_left = block_bytes - 1;
  cache fixture{settings};
  BOOST_TEST(fixture.put(2) == 0U);
  BOOST_TEST(fixture.status == CELLARD_LIMIT_REACHED);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_the_feature_is_asked_as_before) {
  fake_settings settings;
  settings.features = 0;
  cache fixture{settings};
  fixture.daemon.on(opcode::stage, [](fake_exchange& exchange) {
    BOOST_TEST(std::get<protocol::stage_request>(exchange.body).least == 0U);
    return false;
  });
  BOOST_TEST(fixture.put(10) == 10U);
}

BOOST_AUTO_TEST_CASE(long_lists_go_in_requests_of_the_allowed_size) {
  fake_settings settings;
  settings.keys = 8;
  cache fixture{settings};
  BOOST_TEST(fixture.put(20) == 20U);
  BOOST_TEST(fixture.daemon.seen(opcode::put) == 3);
}

BOOST_AUTO_TEST_CASE(a_chain_that_cannot_go_on_is_not_sent_further) {
  fake_settings settings;
  settings.keys = 2;
  cache fixture{settings};
  fixture.daemon.on(opcode::put, [](fake_exchange& exchange) {
    exchange.reply(protocol::status_list_reply{{core::errc::ok, core::errc::busy}});
    return true;
  });
  BOOST_TEST(fixture.put(6) == 1U);
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(fixture.statuses
             == (std::vector<int>{CELLARD_OK, CELLARD_BUSY, CELLARD_NO_PARENT, CELLARD_NO_PARENT,
                                  CELLARD_NO_PARENT, CELLARD_NO_PARENT}));
  BOOST_TEST(fixture.daemon.seen(opcode::put) == 1);
}

BOOST_AUTO_TEST_CASE(a_missing_parent_is_said_for_each_key) {
  cache fixture;
  BOOST_TEST(fixture.put(2, block_bytes, 10) == 0U);
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(fixture.statuses == (std::vector<int>{CELLARD_NO_PARENT, CELLARD_NO_PARENT}));
}

BOOST_AUTO_TEST_CASE(wrong_lengths_are_refused_before_anything_is_sent) {
  cache fixture;
  BOOST_TEST(fixture.put(1, block_bytes - 1) == 0U);
  BOOST_TEST(fixture.status == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(fixture.statuses[0] == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 0);
}

BOOST_AUTO_TEST_CASE(a_block_larger_than_staging_names_the_limit) {
  fake_settings settings;
  settings.staging_bytes = block_bytes - 1;
  cache fixture{settings};
  fixture.put(1);
  BOOST_TEST(fixture.status == CELLARD_LIMIT_REACHED);
  BOOST_TEST(std::string{cellard_last_error()}.find("limits.staging") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_staging_memory_fails_the_put_and_not_the_connection) {
  cache fixture;
  fixture.daemon.on(opcode::stage, [](fake_exchange& exchange) {
    exchange.reply(core::error{core::errc::limit_reached, "limits.staging_total"});
    return true;
  });
  BOOST_TEST(fixture.put(1) == 0U);
  BOOST_TEST(fixture.status == CELLARD_LIMIT_REACHED);
  BOOST_TEST(fixture.lookup(1) == 0U);
  BOOST_TEST(fixture.status == CELLARD_OK);
}

BOOST_AUTO_TEST_CASE(an_unsealed_staging_area_is_refused) {
  cache fixture;
  const sealed_memory unsealed{64U << 20, false};
  fixture.daemon.on(opcode::stage, [&](fake_exchange& exchange) {
    exchange.reply(protocol::stage_reply{8U << 20}, {unsealed.descriptor()});
    return true;
  });
  fixture.put(1);
  BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
}

BOOST_AUTO_TEST_CASE(the_area_grows_when_a_larger_block_comes) {
  cache fixture{{}, 20000, opaque_layout(16U << 20)};
  BOOST_TEST(fixture.put(1, 100) == 1U);
  BOOST_TEST(fixture.put(1, 12U << 20, 1) == 1U);
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 2);
  BOOST_TEST(holds(fixture, 1, 12U << 20));
}

BOOST_AUTO_TEST_CASE(bytes_of_an_unanswered_put_are_not_reused) {
  fake_settings settings;
  settings.staging_bytes = 2 * block_bytes;
  cache fixture{settings, short_deadline_ms};
  fixture.put(1);
  fixture.daemon.hold(opcode::put);
  fixture.put(1, block_bytes, 1);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.statuses[0] == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.put(1, block_bytes, 1) == 1U);  // the other half
  fixture.daemon.with_store([](fake_store& store) { store.remove(core_key(1)); });
  fixture.daemon.answer_held();
  BOOST_TEST(holds(fixture, 1));  // what the late put stored is what was put
  fixture.lookup(1);              // reads the late answer, which frees its range
  BOOST_TEST(fixture.put(2, block_bytes, 2) == 2U);
  BOOST_TEST(fixture.daemon.seen(opcode::put) == 4);
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_late_staging_area_is_used) {
  cache fixture{{}, short_deadline_ms};
  fixture.lookup(1);
  fixture.daemon.hold(opcode::stage);
  fixture.put(1);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  fixture.lookup(1);
  fixture.daemon.answer_held();
  BOOST_TEST(fixture.put(3) == 3U);
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 1);
  BOOST_TEST(holds(fixture, 2));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_dies_at_the_put_is_unavailable) {
  cache fixture;
  fixture.daemon.on(opcode::put, [](fake_exchange& exchange) {
    exchange.hang_up();
    return true;
  });
  BOOST_TEST(fixture.put(2) == 0U);
  BOOST_TEST(fixture.status == CELLARD_UNAVAILABLE);
  BOOST_TEST(fixture.statuses == (std::vector<int>{CELLARD_UNAVAILABLE, CELLARD_UNAVAILABLE}));
  fixture.daemon.on(opcode::put, [](fake_exchange&) { return false; });
  fixture.reconnect();
  BOOST_TEST(fixture.put(2) == 2U);
}

BOOST_AUTO_TEST_CASE(without_shared_memory_bytes_go_through_the_socket) {
  fake_settings settings;
  settings.shared_memory = false;
  cache fixture{settings, 20000, opaque_layout(300000)};
  const auto before = open_descriptors();
  BOOST_TEST(fixture.put(3, 150000) == 3U);
  BOOST_TEST(fixture.daemon.seen(opcode::write) == 9);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST(holds(fixture, i, 150000));
  }
  BOOST_TEST(open_descriptors() == before + 1);  // the fake daemon's own area
}

BOOST_AUTO_TEST_CASE(a_stage_is_written_in_place) {
  cache fixture;
  fixture.put(1);
  const auto stage = reserve(fixture, 3);
  BOOST_TEST_REQUIRE(cellard_stage_count(stage.get()) == 3U);
  BOOST_TEST(fill_slot(stage.get(), 0) == CELLARD_EXISTS);
  BOOST_TEST(fill_slot(stage.get(), 1) == CELLARD_OK);
  BOOST_TEST(fill_slot(stage.get(), 2) == CELLARD_OK);
  BOOST_TEST(fill_slot(stage.get(), 3) == CELLARD_INVALID_ARGUMENT);
  std::vector<int> statuses(3, -1);
  std::size_t stored = 0;
  BOOST_TEST(cellard_stage_commit(stage.get(), statuses.data(), &stored) == CELLARD_OK);
  BOOST_TEST(statuses == (std::vector<int>{CELLARD_EXISTS, CELLARD_OK, CELLARD_OK}));
  BOOST_TEST(stored == 3U);
  BOOST_TEST(holds(fixture, 1));
  BOOST_TEST(holds(fixture, 2));
  BOOST_TEST(fill_slot(stage.get(), 1) == CELLARD_INVALID_ARGUMENT);  // used up
  BOOST_TEST(cellard_stage_commit(stage.get(), nullptr, nullptr) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(a_stage_goes_in_pieces_too) {
  fake_settings settings;
  settings.keys = 4;
  cache fixture{settings};
  const auto stage = reserve(fixture, 10);
  for (std::uint32_t i = 0; i < 10; ++i) {
    BOOST_TEST(fill_slot(stage.get(), i) == CELLARD_OK);
  }
  std::size_t stored = 0;
  BOOST_TEST(cellard_stage_commit(stage.get(), nullptr, &stored) == CELLARD_OK);
  BOOST_TEST(stored == 10U);
  BOOST_TEST(fixture.daemon.seen(opcode::reserve) == 3);
  BOOST_TEST(fixture.daemon.seen(opcode::commit) == 3);
  BOOST_TEST(holds(fixture, 9));
}

BOOST_AUTO_TEST_CASE(a_stage_that_is_freed_gives_its_tickets_and_room_back) {
  fake_settings settings;
  settings.staging_bytes = 4 * block_bytes;
  cache fixture{settings};
  auto stage = reserve(fixture, 4);
  BOOST_TEST(fixture.put(1, block_bytes) == 0U);  // the stage has it all
  BOOST_TEST(fixture.statuses[0] == CELLARD_BUSY);
  stage.reset();
  fixture.daemon.wait_for(opcode::abort, 1);
  BOOST_TEST(fixture.daemon.aborted().size() == 4U);
  BOOST_TEST(fixture.put(4) == 4U);
}

BOOST_AUTO_TEST_CASE(keys_without_room_are_busy_and_their_tickets_go_back) {
  fake_settings settings;
  settings.staging_bytes = 2 * block_bytes;
  cache fixture{settings};
  const auto stage = reserve(fixture, 5);
  BOOST_TEST(fill_slot(stage.get(), 0) == CELLARD_OK);
  BOOST_TEST(fill_slot(stage.get(), 1) == CELLARD_OK);
  BOOST_TEST(fill_slot(stage.get(), 2) == CELLARD_BUSY);
  fixture.daemon.wait_for(opcode::abort, 1);
  BOOST_TEST(fixture.daemon.aborted().size() == 3U);
  std::size_t stored = 0;
  BOOST_TEST(cellard_stage_commit(stage.get(), nullptr, &stored) == CELLARD_OK);
  BOOST_TEST(stored == 2U);
}

BOOST_AUTO_TEST_CASE(a_stage_of_a_lost_connection_is_unavailable_and_harmless) {
  cache fixture;
  const auto stage = reserve(fixture, 2);
  fixture.daemon.stop();
  BOOST_TEST(fill_slot(stage.get(), 0) == CELLARD_OK);  // still mapped
  fixture.daemon.start();
  fixture.reconnect();
  std::vector<int> statuses(2);
  std::size_t stored = 9;
  BOOST_TEST(cellard_stage_commit(stage.get(), statuses.data(), &stored) == CELLARD_UNAVAILABLE);
  BOOST_TEST(stored == 0U);
  BOOST_TEST(statuses[1] == CELLARD_UNAVAILABLE);
  BOOST_TEST(fixture.daemon.seen(opcode::commit) == 0);
}

BOOST_AUTO_TEST_CASE(an_area_in_use_is_not_replaced) {
  cache fixture{{}, 20000, opaque_layout(16U << 20)};
  const std::uint64_t length = 5000;
  const auto key = key_of(100);
  cellard_stage* made = nullptr;
  BOOST_TEST(cellard_reserve(fixture.space.get(), nullptr, &key, 1, &length, &made) == CELLARD_OK);
  stage_handle stage{made};
  fixture.put(1, 12U << 20);  // would need a larger one
  BOOST_TEST(fixture.statuses[0] == CELLARD_BUSY);
  void* data = nullptr;
  std::size_t size = 0;
  BOOST_TEST(cellard_stage_slot(made, 0, &data, &size) == CELLARD_OK);
  BOOST_TEST(size == length);
  const auto bytes = block_of(100, length);
  std::memcpy(data, bytes.data(), length);
  BOOST_TEST(cellard_stage_commit(made, nullptr, nullptr) == CELLARD_OK);
  BOOST_TEST(holds(fixture, 100, length));
  fixture.put(1, 12U << 20);
  BOOST_TEST(fixture.statuses[0] == CELLARD_BUSY);  // the slot is the stage's until it is freed
  std::memset(data, 0xFF, length);                  // so a late write reaches nobody
  BOOST_TEST(holds(fixture, 100, length));
  stage.reset();
  BOOST_TEST(fixture.put(1, 12U << 20) == 1U);
}

BOOST_AUTO_TEST_CASE(an_inline_stage_is_sent_at_commit) {
  fake_settings settings;
  settings.shared_memory = false;
  cache fixture{settings};
  const auto stage = reserve(fixture, 3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST(fill_slot(stage.get(), i) == CELLARD_OK);
  }
  BOOST_TEST(fixture.daemon.seen(opcode::write) == 0);
  BOOST_TEST(cellard_stage_commit(stage.get(), nullptr, nullptr) == CELLARD_OK);
  BOOST_TEST(holds(fixture, 2));
}

// The daemon may still be copying: with other bytes at that place it would keep them under the
// first key, and nobody could tell.
BOOST_AUTO_TEST_CASE(the_bytes_of_a_put_that_the_daemon_timed_out_are_left_alone) {
  fake_settings settings;
  settings.staging_bytes = 8U << 20;
  cache fixture{settings, 20000, opaque_layout(1U << 20)};
  std::set<std::uint64_t> offsets;
  fixture.daemon.on(opcode::put, [&](fake_exchange& exchange) {
    for (const auto& entry : std::get<protocol::put_request>(exchange.body).entries) {
      BOOST_TEST(offsets.insert(entry.offset).second, "staged twice at " << entry.offset);
    }
    exchange.reply(core::error{core::errc::timed_out, "the request's own deadline passed"});
    return true;
  });
  BOOST_TEST(fixture.put(6, 1U << 20) == 0U);
  BOOST_TEST(fixture.status == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.put(6, 1U << 20) == 0U);
  BOOST_TEST(offsets.size() == 8U);  // the area has room for so many
}

BOOST_AUTO_TEST_SUITE_END()
