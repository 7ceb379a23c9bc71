// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A namespace whose blocks are to be encoded: when it happens, and that whatever goes wrong leaves
// the raw block.
#include "tests/unit/actors/recode_house.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;

BOOST_AUTO_TEST_SUITE(shard_recode_test)

BOOST_AUTO_TEST_CASE(blocks_are_encoded_after_their_commit) {
  recode_house house(encoding_by("int8"));
  BOOST_TEST(house.put(1) == statuses{errc::ok});
  house.run();
  const auto where = house.stored();
  BOOST_TEST(where.codec == gpu::container_number);
  BOOST_TEST(where.length < model().block_bytes() * 6 / 10);
  BOOST_TEST(house.numbers->recoded.get() == 1U);
  BOOST_TEST(house.server->copy_queue_bytes == 0U);
  const auto raw = house.decoded(where);
  const auto* values = reinterpret_cast<const std::uint16_t*>(raw.data());
  BOOST_TEST(std::abs(int{values[100]} - (0x3800 + 3700 % 1024)) < 16);
}

BOOST_AUTO_TEST_CASE(a_raw_policy_encodes_nothing) {
  recode_house house(encoding_by("raw"));
  house.put(1);
  house.run();
  BOOST_TEST(house.stored().codec == 0U);
  BOOST_TEST(house.numbers->recoded.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_quota_says_otherwise_for_its_namespaces) {
  auto settings = encoding_by("raw");
  config::quota_settings quota;
  quota.name_space = "spa*";
  quota.codec = "lossless";
  settings.quotas.push_back(quota);
  recode_house house(settings);
  house.put(1);
  house.run();
  BOOST_TEST(house.numbers->recoded.get() + house.numbers->recodes_dropped.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_reload_counts_for_blocks_from_then_on) {
  recode_house house(encoding_by("raw"));
  house.put(1);
  house.tell(house.space, apply_atom::value, frozen(encoding_by("int8")));
  house.run();
  BOOST_TEST(house.numbers->recoded.get() == 0U);
  house.put(2);
  house.run();
  BOOST_TEST(house.numbers->recoded.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dead_quantizer_leaves_raw_blocks_and_a_new_one_goes_on) {
  recode_house house(encoding_by("int8"));
  house.end(house.setup.quantizer);
  BOOST_TEST(house.put(1) == statuses{errc::ok});
  house.run();
  BOOST_TEST(house.stored().codec == 0U);
  BOOST_TEST(house.numbers->recodes_dropped.get() == 1U);
  house.tell(house.space, encode_atom::value, house.spawn(encoder, house.setup.settings),
             house.setup.compressor);
  house.put(2);
  house.run();
  BOOST_TEST(house.numbers->recoded.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_block_that_cannot_be_encoded_in_its_bounds_stays_as_it_is) {
  auto settings = encoding_by("int2");
  settings.codec.key_error = config::percent{1};  // a millionth: nothing lossy is as good
  settings.codec.value_error = config::percent{1};
  recode_house house(settings);
  house.put(1);
  house.run();
  const auto where = house.stored();
  const auto stored = house.memory->data().subspan(where.offset, where.length);
  // Lossless may have won something.
  const auto raw =
    where.codec != 0 ? house.decoded(where) : std::vector<std::byte>(stored.begin(), stored.end());
  BOOST_TEST_REQUIRE(raw.size() == model().block_bytes());
  BOOST_TEST(std::memcmp(raw.data(), house.staging->memory().data().data(), raw.size()) == 0);
}

BOOST_AUTO_TEST_CASE(a_full_copy_queue_leaves_the_raw_block) {
  auto settings = encoding_by("int8");
  settings.limits.copy_queue_bytes = 1;
  recode_house house(settings);
  BOOST_TEST(house.put(1) == statuses{errc::ok});  // small enough for the shard's own turn
  house.run();
  BOOST_TEST(house.stored().codec == 0U);
  BOOST_TEST(house.numbers->recodes_dropped.get() == 1U);
  BOOST_TEST(house.server->copy_queue_bytes == 0U);
  BOOST_TEST(house.numbers->leases.get() == 0U);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_queue_stays_raw) {
  auto settings = encoding_by("int8");
  settings.codec.queue = 1;
  recode_house house(settings);
  house.put(1, 5);
  house.run();
  const auto recoded = house.numbers->recoded.get();
  BOOST_TEST(recoded >= 1U);
  BOOST_TEST(recoded + house.numbers->recodes_dropped.get() == 5U);
  BOOST_TEST(house.found(1, 5) == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
