// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/fields.hpp"
#include "tests/unit/actors/session_fixture.hpp"

#include <nlohmann/json.hpp>

namespace cellard::actors::testing {
namespace {

using nlohmann::json;
using protocol::opcode;

json text(daemon_double& house, opcode what, const std::string& tenant) {
  return json::parse(*house.ask<std::string>(house.statistics, text_atom::value, what, tenant));
}

BOOST_AUTO_TEST_SUITE(stats_test)

BOOST_AUTO_TEST_CASE(a_tenant_sees_its_own_and_the_owner_all) {
  daemon_double house;
  auto mine = house.connect(1, "mine");
  auto theirs = house.connect(2, "theirs");
  mine.hello();
  theirs.hello();
  mine.open("space");
  theirs.open("secret");
  theirs.open("other");
  const auto seen = text(house, opcode::stats, "mine");
  BOOST_TEST(seen.at("namespaces") == 1);
  BOOST_TEST(seen.at("sessions") == 1);
  BOOST_TEST(!seen.contains("requests"));
  BOOST_TEST(seen.dump().find("secret") == std::string::npos);
  BOOST_TEST(text(house, opcode::namespaces, "mine").dump().find("secret") == std::string::npos);
  BOOST_TEST(text(house, opcode::sessions, "mine").at("sessions").size() == 1U);
  const auto all = text(house, opcode::stats, "");
  BOOST_TEST(all.at("namespaces") == 3);
  BOOST_TEST(all.at("sessions") == 2);
  BOOST_TEST(all.at("requests") == 5);
}

BOOST_AUTO_TEST_CASE(counters_are_read_when_asked_and_added_up) {
  daemon_double house;
  auto client = house.ready();
  client.send(client.put(1, 1, 1));
  const auto keys = keys_from(1, 2);
  BOOST_TEST(client.ask<protocol::get_reply>(client.chain(opcode::get, 1, keys)).ready == 1U);
  const auto seen = text(house, opcode::stats, "tenant");
  BOOST_TEST(seen.at("puts") == 1);
  BOOST_TEST(seen.at("put_bytes") == block_bytes);
  BOOST_TEST(seen.at("blocks_asked") == 2);
  BOOST_TEST(seen.at("blocks_hit") == 1);
  BOOST_TEST(seen.at("hit_ratio") == 0.5);
  BOOST_TEST(seen.at("per_namespace").at(0).at("name") == "space");
}

json past(daemon_double& house, const std::string& tenant, const std::string& space) {
  history_query what;
  what.tenant = tenant;
  what.space = space;
  what.points = 10;
  const auto told = *house.ask<core::result<std::string>>(house.statistics, text_atom::value, what);
  return told ? json::parse(*told) : json{{"refused", std::string{to_string(told.error().code())}}};
}

/// What happened in all, of an average over some seconds.
double happened(const json& told, const char* number) {
  return told.at("numbers").at(number).at("average").get<double>()
         * told.at("covered_seconds").get<double>();
}

BOOST_AUTO_TEST_CASE(what_happened_is_remembered_for_each_tenant_alone) {
  daemon_double house;
  auto client = house.ready();
  client.send(client.put(1, 1, 1));
  house.advance(std::chrono::seconds(1));  // its own tick
  const auto all = past(house, "", "");
  BOOST_TEST(happened(all, "puts") == 1, boost::test_tools::tolerance(0.01));
  BOOST_TEST(happened(all, "requests") >= 2);
  BOOST_TEST(all.at("marks").at(0).at("what") == "start");
  BOOST_TEST(!all.at("numbers").at("puts").at("trend").at("is_trend").get<bool>());
  BOOST_TEST(!all.at("numbers").at("puts").at("series").empty());
  const auto mine = past(house, "tenant", "");
  BOOST_TEST(happened(mine, "puts") == 1, boost::test_tools::tolerance(0.01));
  BOOST_TEST(!mine.at("numbers").contains("requests"));
  BOOST_TEST(happened(past(house, "tenant", "space"), "puts") == 1,
             boost::test_tools::tolerance(0.01));
  BOOST_TEST(past(house, "somebody", "").at("refused") == "not_found");
  BOOST_TEST(past(house, "somebody", "space").at("refused") == "not_found");
}

BOOST_AUTO_TEST_CASE(a_namespace_of_two_tenants_has_to_be_told_whose_it_is) {
  daemon_double house;
  auto mine = house.connect(1, "mine");
  auto theirs = house.connect(2, "theirs");
  mine.hello();
  theirs.hello();
  mine.open("space");
  BOOST_TEST(past(house, "", "space").contains("numbers"));
  theirs.open("space");
  BOOST_TEST(past(house, "", "space").at("refused") == "invalid_argument");
  BOOST_TEST(past(house, "theirs", "space").contains("numbers"));
}

BOOST_AUTO_TEST_CASE(a_reload_is_a_mark) {
  daemon_double house;
  house.tell(house.statistics, apply_atom::value, frozen(small_configuration(), 2));
  house.run();
  BOOST_TEST(past(house, "", "").at("marks").at(1).at("what") == "reload");
}

BOOST_AUTO_TEST_CASE(the_history_of_others_is_for_the_owner) {
  daemon_double house;
  auto client = house.connect(1, "mine");
  auto owner = house.connect(2, "theirs", true);
  const auto nameless = protocol::hello_request{};
  static_cast<void>(client.ask<protocol::hello_reply>(nameless));
  protocol::history_request what;
  BOOST_TEST((client.status(client.send(what)) == core::errc::invalid_argument));
  auto named = protocol::hello_request{};
  named.features = protocol::feature_history;
  for (auto* each : {&client, &owner}) {
    static_cast<void>(each->ask<protocol::hello_reply>(named));
  }
  client.open("space");
  BOOST_TEST((client.status(client.send(what)) == core::errc::ok));
  what.tenant = "theirs";
  BOOST_TEST((client.status(client.send(what)) == core::errc::permission_denied));
  what.tenant = {};
  what.all = true;
  BOOST_TEST((client.status(client.send(what)) == core::errc::permission_denied));
  BOOST_TEST((owner.status(owner.send(what)) == core::errc::ok));
}

BOOST_AUTO_TEST_CASE(a_tenant_asks_what_more_memory_would_be_worth_to_it) {
  daemon_double house;
  auto mine = house.connect(1, "mine");
  auto theirs = house.connect(2, "theirs");
  auto named = protocol::hello_request{};
  named.features = protocol::known_features;
  static_cast<void>(mine.ask<protocol::hello_reply>(named));
  static_cast<void>(theirs.ask<protocol::hello_reply>(named));
  const auto mine_space = mine.open("space");
  theirs.open("space");
  static_cast<void>(
    mine.ask<protocol::get_reply>(mine.chain(opcode::get, mine_space, keys_from(1, 3))));
  const auto told = [](connection_double& who, const protocol::forecast_request& what) {
    return json::parse(who.ask<protocol::text_reply>(what).text);
  };
  BOOST_TEST(told(mine, {}).at("blocks_asked") == 3);
  BOOST_TEST(told(mine, {}).at("namespaces") == 1);
  BOOST_TEST(told(mine, {}).at("enough") == false);
  BOOST_TEST(told(theirs, {}).at("blocks_asked") == 0);
  protocol::forecast_request what;
  what.space = "other";
  BOOST_TEST((mine.status(mine.send(what)) == core::errc::not_found));
  what.space = "space";
  BOOST_TEST((mine.status(mine.send(what)) == core::errc::ok));
  what.all = true;
  BOOST_TEST((mine.status(mine.send(what)) == core::errc::permission_denied));
  auto owner = house.connect(3, "owner", true);
  owner.hello();
  BOOST_TEST((owner.status(owner.send(what)) == core::errc::invalid_argument));  // no feature
  static_cast<void>(owner.ask<protocol::hello_reply>(named));
  BOOST_TEST((owner.status(owner.send(what)) == core::errc::invalid_argument));  // whose?
  BOOST_TEST(owner.sentence(owner.send(what)).find("say whose") != std::string::npos);
  what.tenant = "mine";
  BOOST_TEST(told(owner, what).at("blocks_asked") == 3);
  protocol::forecast_request everybody;
  everybody.all = true;
  BOOST_TEST(told(owner, everybody).at("namespaces") == 2);
}

BOOST_AUTO_TEST_CASE(who_has_gone_is_not_shown) {
  daemon_double house;
  auto client = house.ready();
  house.tell(client.actor, closed_atom::value);
  house.run();
  BOOST_TEST(text(house, opcode::sessions, "").at("sessions").empty());
}

BOOST_AUTO_TEST_CASE(health_says_when_it_drains) {
  daemon_double house;
  BOOST_TEST(text(house, opcode::health, "").at("status") == "ok");
  house.tell(house.directory, drain_atom::value);
  house.run();
  BOOST_TEST(text(house, opcode::health, "").at("status") == "draining");
}

BOOST_AUTO_TEST_CASE(sessions_hear_of_new_limits_through_it) {
  daemon_double house;
  auto client = house.ready();
  auto changed = small_configuration();
  changed.limits.keys_per_request = 2;
  house.tell(house.statistics, apply_atom::value, frozen(changed, 2));
  house.run();
  const auto refused = client.send(client.chain(opcode::lookup, 1, keys_from(1, 3)));
  BOOST_TEST((client.status(refused) == core::errc::limit_reached));
  BOOST_TEST(client.sentence(refused).find("limits.keys_per_request") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
