// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/actors/session_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;

struct directory_house : daemon_double {
  using daemon_double::daemon_double;

  core::result<opened_space> open(const std::string& name, const core::layout& shape = opaque(),
                                  const std::string& tenant = "tenant") {
    auto made = ask<core::result<opened_space>>(directory, open_atom::value,
                                                open_call{tenant, name, 0, shape, 0});
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
  }

  core::result<std::uint32_t> forget(const std::string& name,
                                     const std::string& tenant = "tenant") {
    auto gone = ask<core::result<std::uint32_t>>(directory, forget_atom::value, tenant, name,
                                                 std::uint32_t{0});
    BOOST_TEST_REQUIRE(gone.has_value());
    return std::move(*gone);
  }

  void leave(space_id id) {
    tell(directory, leave_atom::value, id);
    run();
  }
};

BOOST_AUTO_TEST_SUITE(supervisor_test)

BOOST_AUTO_TEST_CASE(the_first_open_creates_and_the_next_ones_get_the_same) {
  directory_house house;
  const auto first = house.open("space");
  const auto second = house.open("space");
  BOOST_TEST_REQUIRE((first && second));
  BOOST_TEST(first->created);
  BOOST_TEST(!second->created);
  BOOST_TEST(first->id == second->id);
  BOOST_TEST((first->shard == second->shard));
  const auto foreign = house.open("space", opaque(), "another");
  BOOST_TEST(foreign->created);  // tenants do not meet
  BOOST_TEST(foreign->id != first->id);
}

BOOST_AUTO_TEST_CASE(
  another_layout_is_refused_while_it_is_open_and_taken_when_it_is_idle_and_empty) {
  directory_house house;
  const auto first = house.open("space");
  const auto refused = house.open("space", opaque(4096));
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().code() == errc::layout_mismatch);
  BOOST_TEST(refused.error().context().find("max_bytes") != std::string::npos,
             refused.error().context());
  house.leave(first->id);
  const auto taken = house.open("space", opaque(4096));
  BOOST_TEST_REQUIRE(taken.has_value());
  BOOST_TEST(taken->created);
  BOOST_TEST(taken->block_bytes == 4096U);
  BOOST_TEST(house.fatal.empty());  // the old shard's end was no surprise
}

BOOST_AUTO_TEST_CASE(namespaces_are_bounded_and_the_sentence_names_ones_own_idle_ones) {
  auto settings = small_configuration();
  settings.limits.namespaces = 2;
  directory_house house{settings};
  const auto first = house.open("first");
  BOOST_TEST(house.open("second", opaque(), "another").has_value());
  house.leave(first->id);
  const auto refused = house.open("third");
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().code() == errc::limit_reached);
  BOOST_TEST(refused.error().context().find("limits.namespaces") != std::string::npos);
  BOOST_TEST(refused.error().context().find("first") != std::string::npos);
  BOOST_TEST(refused.error().context().find("second") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_what_nobody_has_open_is_forgotten) {
  directory_house house;
  BOOST_TEST(house.forget("space").error().code() == errc::not_found);
  const auto opened = house.open("space");
  BOOST_TEST(house.forget("space").error().code() == errc::busy);
  BOOST_TEST(house.forget("space", "another").error().code() == errc::not_found);
  house.leave(opened->id);
  BOOST_TEST(house.forget("space").has_value());
  BOOST_TEST(house.open("space")->created);
  BOOST_TEST(house.fatal.empty());
}

BOOST_AUTO_TEST_CASE(clear_asks_all_shards_and_adds_up_also_when_there_is_none) {
  directory_house house;
  BOOST_TEST(*house.ask<std::uint32_t>(house.directory, clear_atom::value) == 0U);
  auto client = house.ready();
  BOOST_TEST(client.open("other") == 2U);
  client.send(client.put(1, 1, 1));
  client.send(client.put(2, 1, 1));
  BOOST_TEST(*house.ask<std::uint32_t>(house.directory, clear_atom::value) == 2U);
}

BOOST_AUTO_TEST_CASE(a_shard_that_dies_by_itself_is_the_end_of_the_daemon) {
  directory_house house;
  const auto opened = house.open("space");
  house.end(opened->shard, caf::exit_reason::unhandled_exception);
  BOOST_TEST_REQUIRE(house.fatal.size() == 1U);
  BOOST_TEST(house.fatal[0].find("space") != std::string::npos, house.fatal[0]);
}

BOOST_AUTO_TEST_CASE(so_is_a_dead_order) {
  directory_house house;
  house.end(house.order, caf::exit_reason::unhandled_exception);
  BOOST_TEST(house.fatal.size() == 1U);
}

BOOST_AUTO_TEST_CASE(and_a_dead_copy_worker) {
  directory_house house;
  house.end(house.copier, caf::exit_reason::unhandled_exception);
  BOOST_TEST(house.fatal.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dead_quantizer_is_started_again_and_said) {
  directory_house house;
  const auto opened = house.open("space");
  BOOST_TEST_REQUIRE(house.encoders.size() == 2U);
  house.end(house.encoders[0], caf::exit_reason::unhandled_exception);
  BOOST_TEST(house.fatal.empty());
  BOOST_TEST_REQUIRE(house.restarted.size() == 1U);
  BOOST_TEST(house.restarted[0].find("quantizer") != std::string::npos, house.restarted[0]);
  BOOST_TEST(house.encoders.size() == 3U);
  BOOST_TEST(house.ask<std::uint32_t>(opened->shard, clear_atom::value).has_value());
}

BOOST_AUTO_TEST_CASE(its_own_end_ends_the_shards_and_surprises_nobody) {
  directory_house house;
  const auto opened = house.open("space");
  house.end(house.directory);
  BOOST_TEST((!house.ask<std::uint32_t>(opened->shard, clear_atom::value)));
  BOOST_TEST(house.fatal.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
