// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A namespace with a ladder: its blocks are kept in fewer bytes before they go, only when room is
// wanted, never beyond the operator's bound, and no put waits for it.
#include "tests/unit/actors/recode_house.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;

constexpr std::uint64_t raw_blocks = 64;

config::configuration with_ladder(const std::string& ladder) {
  auto settings = encoding_by("raw");
  settings.codec.ladder = ladder;
  settings.memory.low_watermark = config::percent{700'000};
  settings.memory.high_watermark = config::percent{900'000};
  return settings;
}

struct ladder_house : recode_house {
  explicit ladder_house(const config::configuration& settings)
    : recode_house(settings, raw_blocks) {
    deny();  // there will be no second segment
  }

  /// Puts blocks one by one; how many of them are found at the end.
  std::uint32_t kept_of(std::uint64_t count) {
    for (std::uint64_t key = 1; key <= count; ++key) {
      BOOST_TEST(put(key) == statuses{errc::ok});
      run();
    }
    std::uint32_t kept = 0;
    for (std::uint64_t key = 1; key <= count; ++key) {
      kept += found(key);
    }
    return kept;
  }

  std::uint64_t lowered() const { return numbers->lowered.get(); }
};

BOOST_AUTO_TEST_SUITE(shard_ladder_test)

BOOST_AUTO_TEST_CASE(the_same_memory_holds_more_blocks) {
  const auto plain = ladder_house(with_ladder("")).kept_of(200);
  const auto one = ladder_house(with_ladder("int8")).kept_of(200);
  ladder_house two(with_ladder("int8, int4"));
  const auto more = two.kept_of(200);
  BOOST_TEST(plain <= raw_blocks);
  BOOST_TEST(one > plain * 13 / 10);
  BOOST_TEST(more > one * 12 / 10);
  BOOST_TEST(two.found(200) == 1U);
  BOOST_TEST(two.stored(200).codec == 0U);  // the newest is as it was put
  BOOST_TEST(two.numbers->evicted.get() == 200 - more);
}

BOOST_AUTO_TEST_CASE(what_was_lowered_twice_is_still_what_was_put) {
  ladder_house house(with_ladder("int8, int4"));
  house.kept_of(150);
  const auto* put = reinterpret_cast<const std::uint16_t*>(house.staging->memory().data().data());
  std::uint32_t small = 0;
  for (std::uint64_t key = 1; key <= 150; ++key) {
    if (house.found(key) == 0) {
      continue;
    }
    const auto where = house.stored(key);
    if (where.codec == 0 || where.length > block_bytes * 4 / 10) {
      continue;
    }
    ++small;
    const auto raw = house.decoded(where);
    const auto* values = reinterpret_cast<const std::uint16_t*>(raw.data());
    for (std::size_t i = 0; i < raw.size() / 2; i += 97) {
      // All are from 0.5 to 1, of one binade: a step of int4 is a fifteenth of that.
      BOOST_TEST(std::abs(int{values[i]} - int{put[i]}) <= 1024 / 15);
    }
  }
  BOOST_TEST(small > 4U);
}

BOOST_AUTO_TEST_CASE(nothing_is_lowered_while_there_is_room) {
  ladder_house house(with_ladder("int8"));
  house.kept_of(raw_blocks / 2);
  BOOST_TEST(house.lowered() == 0U);
  BOOST_TEST(house.stored(1).codec == 0U);
}

BOOST_AUTO_TEST_CASE(a_bound_that_no_step_keeps_leaves_every_value_as_it_was) {
  auto settings = with_ladder("int3");
  settings.codec.key_error = config::percent{1};  // a millionth
  settings.codec.value_error = config::percent{1};
  ladder_house house(settings);
  house.kept_of(150);
  BOOST_TEST(house.numbers->evicted.get() > 0U);
  for (std::uint64_t key = 1; key <= 150; ++key) {
    if (house.found(key) == 1) {
      const auto where = house.stored(key);
      const auto stored = house.memory->data().subspan(where.offset, where.length);
      const auto raw = where.codec != 0 ? house.decoded(where)
                                        : std::vector<std::byte>(stored.begin(), stored.end());
      BOOST_TEST(std::memcmp(raw.data(), house.staging->memory().data().data(), raw.size()) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(puts_do_not_wait_for_an_encoder_that_sleeps) {
  auto settings = with_ladder("int8");
  settings.codec.cpu = config::percent{10'000};  // it rests 99 times as long as it works
  ladder_house house(settings);
  BOOST_TEST(house.kept_of(200) > raw_blocks / 2);  // and each put was answered in its turn
}

BOOST_AUTO_TEST_CASE(a_dead_encoder_leaves_plain_eviction) {
  ladder_house house(with_ladder("int8"));
  house.end(house.setup.quantizer);
  const auto kept = house.kept_of(200);
  BOOST_TEST(kept <= raw_blocks);
  BOOST_TEST(kept > raw_blocks / 2);
  BOOST_TEST(house.lowered() == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_that_somebody_reads_stay_where_they_are) {
  ladder_house house(with_ladder("int8"));
  house.put(1);
  const auto lease = house.get(1);
  const auto& at = lease.places[0];
  for (std::uint64_t key = 2; key <= 120; ++key) {
    house.put(key);
    house.run();
  }
  BOOST_TEST(house.lowered() > 20U);
  BOOST_TEST(std::memcmp(house.memory->data().data() + at.offset,
                         house.staging->memory().data().data(), block_bytes)
             == 0);
  house.release(lease.lease);
}

BOOST_AUTO_TEST_CASE(a_reload_takes_the_ladder_away_and_gives_it_back) {
  ladder_house house(with_ladder("int8"));
  house.kept_of(80);
  const auto lowered = house.lowered();
  BOOST_TEST(lowered > 0U);
  house.tell(house.space, apply_atom::value, frozen(with_ladder("")));
  house.run();
  for (std::uint64_t key = 81; key <= 120; ++key) {
    BOOST_TEST(house.put(key) == statuses{errc::ok});
  }
  BOOST_TEST(house.lowered() == lowered);
  house.tell(house.space, apply_atom::value, frozen(with_ladder("int8")));
  house.run();
  for (std::uint64_t key = 121; key <= 200; ++key) {
    BOOST_TEST(house.put(key) == statuses{errc::ok});
  }
  BOOST_TEST(house.lowered() > lowered);
}

BOOST_AUTO_TEST_CASE(a_reload_of_other_keys_leaves_what_waits_alone) {
  auto settings = with_ladder("int8");
  settings.codec.policy = "int4";
  ladder_house house(settings);
  const auto put = house.start_put(1, 8);
  house.tell(house.space, apply_atom::value, frozen(settings, 2));
  house.run();
  BOOST_TEST((put->value && put->value->size() == 8U));
  BOOST_TEST(house.numbers->recoded.get() == 8U);
  BOOST_TEST(house.numbers->recodes_dropped.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_quota_says_otherwise_for_its_namespaces) {
  auto settings = with_ladder("int8");
  config::quota_settings quota;
  quota.name_space = "spa*";
  quota.ladder = "";
  settings.quotas.push_back(quota);
  ladder_house house(settings);
  house.kept_of(80);
  BOOST_TEST(house.lowered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_policy_that_is_a_step_is_not_asked_twice) {
  auto settings = with_ladder("int8, int4");
  settings.codec.policy = "int8";
  ladder_house house(settings);
  house.kept_of(200);
  BOOST_TEST(house.lowered() > 0U);
  BOOST_TEST(house.numbers->recodes_dropped.get() < 20U);
  BOOST_TEST(house.stored(200).codec == gpu::container_number);
}

BOOST_AUTO_TEST_CASE(bytes_of_no_known_type_are_dropped_as_ever) {
  auto settings = with_ladder("int8");
  shard_house house(settings);
  house.give_segment(raw_blocks);
  house.deny();
  for (std::uint64_t key = 1; key <= 80; ++key) {
    BOOST_TEST(house.put(key) == statuses{errc::ok});
  }
  BOOST_TEST(house.numbers->lowered.get() == 0U);
  BOOST_TEST(house.numbers->evicted.get() > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
