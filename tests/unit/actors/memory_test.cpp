// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/memory.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

namespace cellard::actors::testing {
namespace {

/// The manager of 6 MiB, 2 of them for staging, and shards that listen.
struct memory_house : stepped_system {
  std::shared_ptr<core::usage> staging = std::make_shared<core::usage>();
  memory_actor memory =
    spawn(actors::memory, frozen(small_configuration(6 * mib)), 64 * mib, staging);
  std::map<space_id, std::shared_ptr<heard>> ears;

  void join(space_id id) {
    auto ear = ears[id] = std::make_shared<heard>();
    const auto shard = spawn([ear](shard_actor::pointer) { return listening_shard(ear); });
    tell(memory, join_atom::value,
         space_description{id, "tenant", "space" + std::to_string(id), 0, opaque(),
                           std::make_shared<core::shard_counters>()},
         shard);
    run();
  }

  void wish(space_id id, bool needed = false) {
    tell(memory, grant_atom::value, id, block_bytes, std::uint32_t{4096}, needed);
    run();
  }

  void freed(space_id id, std::uint64_t bytes = mib) {
    tell(memory, freed_atom::value, id, bytes);
    run();
  }

  core::result<core::staging_ptr> stage(std::uint64_t bytes) {
    auto made = ask<core::result<core::staging_ptr>>(memory, stage_atom::value, bytes, bytes);
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
  }
};

BOOST_AUTO_TEST_SUITE(memory_test)

BOOST_AUTO_TEST_CASE(segments_are_granted_up_to_the_capacity_less_staging_and_then_denied) {
  memory_house house;
  house.join(1);
  for (int i = 0; i < 5; ++i) {
    house.wish(1, true);
  }
  BOOST_TEST(house.ears[1]->segments.size() == 4U);
  BOOST_TEST(house.ears[1]->denied == 1);
  BOOST_TEST(house.ears[1]->retire == 0);  // not for its own sake
}

BOOST_AUTO_TEST_CASE(a_put_that_waits_takes_a_segment_from_who_has_more_than_its_share) {
  memory_house house;
  house.join(1);
  house.join(2);
  for (int i = 0; i < 4; ++i) {
    house.wish(1);
  }
  house.wish(2);  // looks ahead only
  BOOST_TEST(house.ears[1]->retire == 0);
  BOOST_TEST(house.ears[2]->denied == 1);
  house.wish(2, true);
  house.wish(2, true);
  BOOST_TEST(house.ears[1]->retire == 1);  // one at a time
  house.freed(1);
  BOOST_TEST(house.ears[2]->segments.size() == 1U);
  BOOST_TEST(house.ears[2]->room == 1);
  BOOST_TEST(house.ears[1]->room == 0);
}

BOOST_AUTO_TEST_CASE(a_smaller_capacity_takes_segments_back_one_by_one) {
  memory_house house;
  house.join(1);
  for (int i = 0; i < 4; ++i) {
    house.wish(1);
  }
  house.tell(house.memory, apply_atom::value, frozen(small_configuration(4 * mib), 2));
  house.run();
  BOOST_TEST(house.ears[1]->retire == 1);
  house.freed(1);
  BOOST_TEST(house.ears[1]->retire == 2);
  house.freed(1);
  BOOST_TEST(house.ears[1]->retire == 2);  // 2 MiB of blocks are left
  house.wish(1);
  BOOST_TEST(house.ears[1]->segments.size() == 4U);
}

BOOST_AUTO_TEST_CASE(what_a_namespace_held_is_free_when_it_is_forgotten) {
  memory_house house;
  house.join(1);
  house.join(2);
  for (int i = 0; i < 4; ++i) {
    house.wish(1);
  }
  house.tell(house.memory, forget_atom::value, space_id{1});
  house.run();
  BOOST_TEST(house.ears[2]->room == 1);
  house.wish(2);
  BOOST_TEST(house.ears[2]->segments.size() == 1U);
  house.freed(1);  // late, and no longer its own
  house.wish(1);
  BOOST_TEST(house.ears[1]->segments.size() == 4U);
  BOOST_TEST(house.ears[1]->denied == 0);
}

BOOST_AUTO_TEST_CASE(staging_is_bounded_for_all_and_counts_until_its_last_user_lets_go) {
  memory_house house;
  auto one = house.stage(mib);
  BOOST_TEST_REQUIRE(one.has_value());
  auto two = house.stage(mib);
  BOOST_TEST_REQUIRE(two.has_value());
  auto copying = *one;
  const auto refused = house.stage(4096);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == core::errc::limit_reached));
  BOOST_TEST(refused.error().context().find("limits.staging_total") != std::string::npos);
  one->reset();
  BOOST_TEST(house.staging->bytes() == 2 * mib);
  BOOST_TEST(!house.stage(4096).has_value());
  copying.reset();
  BOOST_TEST(house.staging->bytes() == mib);
  BOOST_TEST(house.stage(mib).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
