// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/load.hpp"
#include "tests/unit/actors/session_fixture.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cellard::actors::testing {
namespace {

/// A settings actor over a file of the test's.
struct settings_house : daemon_double {
  explicit settings_house(bool with_file = true) {
    if (with_file) {
      write("");
    }
    settings_setup with;
    if (with_file) {
      with.file = path;
    }
    with.running = frozen(*config::load_text("", "test"));
    with.host_bytes = 64 * mib;
    with.memory = memory;
    with.order = order;
    with.supervisor = directory;
    with.stats = statistics;
    with.applied = [this](const config::snapshot& fresh) {
      applied.push_back(fresh);
    };
    with.reported = [this](const core::result<std::string>& report) {
      reports.push_back(report.has_value());
    };
    configuration = spawn(actors::settings, std::move(with));
  }
  ~settings_house() { std::filesystem::remove(path); }

  void write(const std::string& text) const { std::ofstream{path} << text; }

  core::result<std::string> reload() {
    auto report = ask<core::result<std::string>>(configuration, reload_atom::value);
    BOOST_TEST_REQUIRE(report.has_value());
    return std::move(*report);
  }

  std::filesystem::path path = std::filesystem::temp_directory_path()
                               / ("cellard-settings-" + std::to_string(::getpid()) + ".toml");
  std::vector<config::snapshot> applied;
  std::vector<bool> reports;
  settings_actor configuration;
};

BOOST_AUTO_TEST_SUITE(settings_test)

BOOST_AUTO_TEST_CASE(a_live_key_reaches_everyone_and_the_report_names_it) {
  settings_house house;
  auto client = house.ready();
  house.write("[limits]\nstaging = \"1 MiB\"\n");
  const auto report = house.reload();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->find("limits.staging") != std::string::npos, *report);
  BOOST_TEST_REQUIRE(house.applied.size() == 1U);
  BOOST_TEST(house.applied[0]->version == 2U);
  const auto refused = client.send(protocol::stage_request{2 * mib, 0});
  BOOST_TEST((client.status(refused) == core::errc::limit_reached));
}

BOOST_AUTO_TEST_CASE(a_bad_file_changes_nothing) {
  settings_house house;
  const auto before = *house.ask<std::string>(house.configuration, text_atom::value);
  house.write("[limits]\nkeys_per_request = \"many\"\n");
  const auto report = house.reload();
  BOOST_TEST_REQUIRE(!report.has_value());
  BOOST_TEST((report.error().code() == core::errc::config_invalid));
  BOOST_TEST(house.applied.empty());
  BOOST_TEST(*house.ask<std::string>(house.configuration, text_atom::value) == before);
}

BOOST_AUTO_TEST_CASE(the_same_file_again_applies_nothing) {
  settings_house house;
  BOOST_TEST(house.reload().has_value());
  BOOST_TEST(house.applied.empty());
}

BOOST_AUTO_TEST_CASE(without_a_file_there_is_nothing_to_read_again) {
  settings_house house{false};
  const auto report = house.reload();
  BOOST_TEST_REQUIRE(!report.has_value());
  BOOST_TEST(report.error().context().find("--config") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_file_is_reported_to_nobody_in_particular) {
  settings_house house;
  house.write("[limits]\nstaging = \"1 MiB\"\n");
  house.tell(house.configuration, tick_atom::value);
  house.run();
  house.write("nonsense");
  house.tell(house.configuration, tick_atom::value);
  house.run();
  BOOST_TEST((house.reports == std::vector<bool>{true, false}));
  BOOST_TEST(house.applied.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
