// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/core/shard_fixture.hpp"

#include <cstring>
#include <map>
#include <random>
#include <set>

namespace cellard::core::testing {
namespace {

BOOST_FIXTURE_TEST_SUITE(shard_of, shard_fixture)

BOOST_AUTO_TEST_CASE(a_block_is_found_only_after_finish) {
  const auto keys = keys_from(0, 1);
  const auto given = all.reserve(alice, 0, nullptr, keys, start);
  BOOST_TEST_REQUIRE(given.front().status == errc::ok);
  BOOST_TEST(found(keys) == 0U);
  const auto job = all.begin(alice.session, given.front().ticket, block);
  BOOST_TEST_REQUIRE(job.has_value());
  BOOST_TEST(found(keys) == 0U);
  BOOST_TEST(all.finish(*job, 7, start) == errc::ok);
  BOOST_TEST(found(keys) == 1U);
}

BOOST_AUTO_TEST_CASE(the_second_writer_of_a_key_is_told_so) {
  const auto keys = keys_from(0, 1);
  BOOST_TEST(all.reserve(alice, 0, nullptr, keys, start).front().status == errc::ok);
  BOOST_TEST(all.reserve(bob, 0, nullptr, keys, start).front().status == errc::pending);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_there_is_not_written_again) {
  BOOST_TEST(put(alice, keys_from(0, 3)) == 3U);
  const auto again = all.reserve(bob, 0, nullptr, keys_from(0, 4), start);
  BOOST_TEST(again[2].status == errc::exists);
  BOOST_TEST(again[3].status == errc::ok);
}

BOOST_AUTO_TEST_CASE(a_chain_grows_only_at_a_block_that_is_there) {
  const auto parent = key_of(99);
  const auto given = all.reserve(alice, 0, &parent, keys_from(0, 3), start);
  for (const auto& each : given) {
    BOOST_TEST(each.status == errc::no_parent);
  }
  BOOST_TEST(all.blocks() == 0U);
}

BOOST_AUTO_TEST_CASE(a_child_waits_for_a_parent_that_another_session_writes) {
  const auto root = key_of(0);
  const auto first = all.reserve(alice, 0, nullptr, key_span{&root, 1}, start).front();
  const auto child = all.reserve(bob, 0, &root, keys_from(1, 1), start).front();
  BOOST_TEST_REQUIRE(child.status == errc::ok);
  BOOST_TEST(store(all, bob, child.ticket, 2) == errc::ok);
  BOOST_TEST(found(keys_from(0, 2)) == 0U);
  BOOST_TEST(store(all, alice, first.ticket, 1) == errc::ok);
  BOOST_TEST(found(keys_from(0, 2)) == 2U);
}

BOOST_AUTO_TEST_CASE(a_child_goes_with_a_parent_that_was_given_up) {
  const auto root = key_of(0);
  const auto used = all.memory().used_bytes();
  const auto first = all.reserve(alice, 0, nullptr, key_span{&root, 1}, start).front();
  const auto child = all.reserve(bob, 0, &root, keys_from(1, 2), start);
  BOOST_TEST(store(all, bob, child[0].ticket, 2) == errc::ok);
  BOOST_TEST(all.abort(alice.session, first.ticket));
  BOOST_TEST(all.blocks() == 0U);
  BOOST_TEST(all.memory().used_bytes() == used);
  BOOST_TEST(store(all, bob, child[1].ticket, 2) == errc::no_parent);
}

BOOST_AUTO_TEST_CASE(a_ticket_belongs_to_its_session_and_counts_once) {
  const auto given = all.reserve(alice, 0, nullptr, keys_from(0, 1), start).front();
  BOOST_TEST(store(all, bob, given.ticket, 1) == errc::not_found);
  BOOST_TEST(!all.abort(bob.session, given.ticket));
  BOOST_TEST(store(all, alice, given.ticket, 1) == errc::ok);
  BOOST_TEST(store(all, alice, given.ticket, 1) == errc::not_found);
}

BOOST_AUTO_TEST_CASE(a_length_outside_of_the_layout_is_refused) {
  const auto given = all.reserve(alice, 0, nullptr, keys_from(0, 1), start).front();
  BOOST_TEST(all.begin(alice.session, given.ticket, 0).error().code() == errc::invalid_argument);
  BOOST_TEST(all.begin(alice.session, given.ticket, block + 1).error().code()
             == errc::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_full_arena_is_busy_and_the_ticket_stays_good) {
  shard small{options_of()};
  add_segment(small, 2);
  const auto given = small.reserve(alice, 0, nullptr, keys_from(0, 3), start);
  BOOST_TEST(store(small, alice, given[0].ticket, 1) == errc::ok);
  BOOST_TEST(store(small, alice, given[1].ticket, 1) == errc::ok);
  BOOST_TEST(store(small, alice, given[2].ticket, 1) == errc::busy);
  add_segment(small, 1);
  BOOST_TEST(store(small, alice, given[2].ticket, 1) == errc::ok);
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_given_away_has_a_new_generation) {
  put(alice, keys_from(0, 1));
  const auto before = all.get(bob, 0, keys_from(0, 1))->places.front();
  all.revoke(bob.session);
  all.remove(0, keys_from(0, 1));
  put(alice, keys_from(50, 1));
  const auto after = all.get(bob, 0, keys_from(50, 1))->places.front();
  BOOST_TEST(after.slot == before.slot);
  BOOST_TEST(after.generation != before.generation);
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_given_back_changes_its_generation_at_once) {
  // Its granules may go to a block with another header, and nothing else tells a late reader of
  // this one.
  put(alice, keys_from(0, 1));
  const auto seen = *all.get(bob, 0, keys_from(0, 1));
  const auto memory = all.memory().find_segment(seen.places.front().segment);
  const auto* table = memory->data().data() + segment_table_offset;
  const auto& head = reinterpret_cast<const slot_header*>(table)[seen.places.front().slot];
  BOOST_TEST(head.generation.load() == seen.places.front().generation);
  all.revoke(bob.session);
  all.remove(0, keys_from(0, 1));
  BOOST_TEST(head.generation.load() != seen.places.front().generation);
}

BOOST_AUTO_TEST_CASE(a_put_touches_its_chain_once_and_not_once_a_block) {
  put(alice, keys_from(0, 100));
  BOOST_TEST(all.take_events(start).touched.size() <= 100U);
  const auto parent = key_of(99);
  put(alice, keys_from(100, 100), &parent);
  BOOST_TEST(all.take_events(start).touched.size() <= 200U);
}

BOOST_AUTO_TEST_CASE(a_salt_number_that_was_never_given_is_refused) {
  BOOST_TEST(all.reserve(alice, 7, nullptr, keys_from(0, 1), start).front().status
             == errc::not_found);
  BOOST_TEST(all.blocks() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reservation_that_is_never_used_ends) {
  using namespace std::chrono_literals;
  static_cast<void>(all.reserve(alice, 0, nullptr, keys_from(0, 3), start));
  BOOST_TEST(all.needs_tick());
  all.tick(start + 31s);
  BOOST_TEST(all.blocks() == 0U);
  BOOST_TEST(!all.needs_tick());
  BOOST_TEST(all.reserve(bob, 0, nullptr, keys_from(0, 1), start).front().status == errc::ok);
}

BOOST_AUTO_TEST_CASE(blocks_past_their_age_go) {
  using namespace std::chrono_literals;
  shard_limits limits;
  limits.max_age = 5s;
  all.set_limits(limits);
  put(alice, keys_from(0, 2));
  all.tick(start + 4s);
  BOOST_TEST(found(keys_from(0, 2)) == 2U);
  all.tick(start + 6s);
  BOOST_TEST(found(keys_from(0, 2)) == 0U);
}

BOOST_AUTO_TEST_CASE(salts_do_not_share) {
  const auto salt = *all.salt_number("user 7");
  BOOST_TEST(salt != 0U);
  BOOST_TEST(*all.salt_number("user 7") == salt);
  BOOST_TEST(*all.salt_number("") == 0U);
  put(alice, keys_from(0, 1));
  BOOST_TEST(all.lookup(salt, keys_from(0, 1)).ready == 0U);
  BOOST_TEST(all.reserve(alice, salt, nullptr, keys_from(0, 1), start).front().status == errc::ok);
}

BOOST_AUTO_TEST_CASE(a_block_of_several_parts_is_there_when_all_are) {
  shard parts{options_of(2)};
  add_segment(parts, 16);
  const requester left{1, 0};
  const requester right{2, 1};
  const auto keys = keys_from(0, 1);
  const auto one = parts.reserve(left, 0, nullptr, keys, start).front();
  const auto two = parts.reserve(right, 0, nullptr, keys, start).front();
  BOOST_TEST_REQUIRE((one.status == errc::ok && two.status == errc::ok));
  BOOST_TEST(store(parts, left, one.ticket, 1) == errc::ok);
  BOOST_TEST(parts.lookup(0, keys).ready == 0U);
  BOOST_TEST(parts.reserve(left, 0, nullptr, keys, start).front().status == errc::exists);
  BOOST_TEST(store(parts, right, two.ticket, 2) == errc::ok);
  BOOST_TEST(parts.lookup(0, keys).ready == 1U);
  BOOST_TEST(parts.get(left, 0, keys)->places.front().checksum == 1U);
  BOOST_TEST(parts.get(right, 0, keys)->places.front().checksum == 2U);
  BOOST_TEST(parts.remove(0, keys) == 1U);
  parts.revoke(left.session);
  parts.revoke(right.session);
  BOOST_TEST(parts.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(parts_that_never_come_are_not_waited_for) {
  using namespace std::chrono_literals;
  shard parts{options_of(2)};
  add_segment(parts, 16);
  const auto one = parts.reserve({1, 0}, 0, nullptr, keys_from(0, 1), start).front();
  BOOST_TEST(store(parts, {1, 0}, one.ticket, 1) == errc::ok);
  parts.tick(start + 31s);
  BOOST_TEST(parts.blocks() == 0U);
  BOOST_TEST(parts.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(events_name_tails_before_heads) {
  put(alice, keys_from(0, 3));
  all.take_events(start);
  static_cast<void>(all.get(bob, 0, keys_from(0, 3)));
  const auto touched = all.take_events(start).touched;
  BOOST_TEST(touched == (std::vector<node_id>{2, 1, 0}));
}

// Random operations of three sessions against a model that knows which keys are visible and with
// which fill. After each step, what the shard serves is what the model has, and no slot is in two
// hands.
BOOST_AUTO_TEST_CASE(serves_exactly_what_was_stored) {
  std::mt19937 random(11);
  std::map<std::uint64_t, std::pair<std::uint64_t, int>> model;  // key -> parent, fill
  std::map<std::uint32_t, std::tuple<session_id, std::uint64_t, std::uint64_t>> tickets;
  std::set<std::uint64_t> writing;
  const auto erase_subtree = [&](std::uint64_t top) {
    std::vector<std::uint64_t> doomed{top};
    for (std::size_t i = 0; i < doomed.size(); ++i) {
      for (const auto& [key, value] : model) {
        if (value.first == doomed[i] && key != doomed[i]) {
          doomed.push_back(key);
        }
      }
      for (auto at = tickets.begin(); at != tickets.end();) {
        const bool lost =
          std::get<1>(at->second) == doomed[i] || std::get<2>(at->second) == doomed[i];
        if (lost && std::get<2>(at->second) == doomed[i] && std::get<1>(at->second) != doomed[i]) {
          doomed.push_back(std::get<1>(at->second));
        }
        if (lost) {
          writing.erase(std::get<1>(at->second));
        }
        at = lost ? tickets.erase(at) : std::next(at);
      }
    }
    for (const auto key : doomed) {
      model.erase(key);
    }
  };
  for (int step = 0; step < 6'000; ++step) {
    const requester who{1 + random() % 3, 0};
    const std::uint64_t key = 1 + random() % 60;
    switch (random() % 5) {
    case 0:
    case 1: {  // reserve under the key before it, or as a root
      const std::uint64_t up = random() % 3 == 0 ? 0 : 1 + random() % 60;
      const auto parent = key_of(up);
      const auto wanted = key_of(key);
      if (up == key) {
        break;
      }
      const auto given =
        all.reserve(who, 0, up == 0 ? nullptr : &parent, key_span{&wanted, 1}, start).front();
      if (model.contains(key)) {
        BOOST_TEST_REQUIRE(given.status == errc::exists);
      } else if (writing.contains(key)) {
        BOOST_TEST_REQUIRE(given.status == errc::pending);
      } else if (up != 0 && !model.contains(up) && !writing.contains(up)) {
        BOOST_TEST_REQUIRE(given.status == errc::no_parent);
      } else {
        BOOST_TEST_REQUIRE(given.status == errc::ok);
        tickets[given.ticket] = {who.session, key, up};
        writing.insert(key);
      }
      break;
    }
    case 2: {  // finish one whose parent is visible, so that the model stays simple
      for (auto at = tickets.begin(); at != tickets.end(); ++at) {
        const auto [session, mine, up] = at->second;
        if (up == 0 || model.contains(up)) {
          const int fill = static_cast<int>(random() % 250) + 1;
          auto stored = store(all, {session, 0}, at->first, fill);
          if (stored == errc::busy) {  // readers hold the slots of what was removed
            for (session_id each = 1; each <= 3; ++each) {
              all.revoke(each);
            }
            stored = store(all, {session, 0}, at->first, fill);
          }
          BOOST_TEST_REQUIRE(stored == errc::ok);
          model[mine] = {up, fill};
          writing.erase(mine);
          tickets.erase(at);
          break;
        }
      }
      break;
    }
    case 3: {
      const auto wanted = key_of(key);
      all.remove(0, key_span{&wanted, 1});
      erase_subtree(key);
      break;
    }
    default: {
      const auto wanted = key_of(key);
      const auto seen = all.get(who, 0, key_span{&wanted, 1});
      BOOST_TEST_REQUIRE(seen->counts.ready == (model.contains(key) ? 1U : 0U));
      if (seen->counts.ready == 1) {
        const auto& where = seen->places.front();
        const auto bytes =
          all.memory().find_segment(where.segment)->data().subspan(where.offset, where.length);
        const auto fill = static_cast<std::byte>(model[key].second);
        BOOST_TEST_REQUIRE(
          std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == fill; }));
        if (random() % 2 == 0) {
          all.release(who.session, {seen->lease});
        }
      }
      if (random() % 50 == 0) {
        all.revoke(who.session);
      }
    }
    }
  }
  for (session_id who = 1; who <= 3; ++who) {
    all.session_down(who);
  }
  all.clear();
  BOOST_TEST(all.blocks() == 0U);
  BOOST_TEST(all.memory().used_bytes() == 0U);
  BOOST_TEST(all.deferred() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::core::testing
