// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/print.hpp"

#include "config/diff.hpp"
#include "config/load.hpp"
#include "tests/unit/config/random_configuration.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace cellard::config {
namespace {

configuration reloaded(const std::string& text) {
  auto settings = load_text(text, "printed");
  BOOST_TEST_REQUIRE(settings.has_value(), (settings ? "" : settings.error().context()) << text);
  return *settings;
}

/// The file in the tree is what the generator makes; CELLARD_WRITE_DOCS makes it so.
void check_generated(const std::string& path, const std::string& wanted) {
  const std::string full = std::string(CELLARD_SOURCE_DIR "/") + path;
  if (std::getenv("CELLARD_WRITE_DOCS") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(full) << wanted;
  }
  std::ostringstream text;
  text << std::ifstream(full).rdbuf();
  BOOST_TEST((text.str() == wanted),
             path << " is out of date: CELLARD_WRITE_DOCS=1 ctest -R config");
}

/// The file with all that is switched off in it switched on: `#key = ` and `#[table]`, unlike `#
/// prose`.
std::string switched_on(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool off = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (off ? line.substr(1) : line) + "\n";
  }
  return out;
}

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(the_example_file_is_up_to_date_and_loads_to_the_defaults) {
  check_generated("config/cellard.example.toml", to_toml(configuration{}));
  BOOST_TEST(
    (load_file(CELLARD_SOURCE_DIR "/config/cellard.example.toml").value() == configuration{}));
}

BOOST_AUTO_TEST_CASE(the_document_is_up_to_date) {
  check_generated("docs/configuration.md", to_markdown());
}

BOOST_AUTO_TEST_CASE(what_the_example_has_switched_off_is_right_too) {
  const configuration settings = reloaded(switched_on(to_toml(configuration{})));
  BOOST_TEST_REQUIRE(settings.listeners.size() == 1U);
  BOOST_TEST(settings.listeners[0].path == "/run/cellard/cellard.sock");
  BOOST_TEST_REQUIRE(settings.quotas.size() == 1U);
  BOOST_TEST(settings.quotas[0].name_space == "*");
}

BOOST_AUTO_TEST_CASE(only_what_differs_is_nothing_for_the_defaults_of_any_mode_but_its_name) {
  BOOST_TEST(to_toml(configuration{}, style::changed) == "");
  BOOST_TEST(to_toml(defaults(operating_mode::bulk), style::changed) == "mode = \"bulk\"\n");
}

BOOST_AUTO_TEST_CASE(only_what_differs_is_printed_with_its_table) {
  configuration settings;
  settings.limits.frame_bytes = 256 * kib;
  settings.quotas.push_back({"a*", "", {std::uint64_t{0}}, {percent{500'000}}, duration{0}});
  settings.quotas.push_back({"b\"\n", "", {std::uint64_t{0}}, {percent{1'000'000}}, duration{0}});
  BOOST_TEST(
    to_toml(settings, style::changed)
    == "[limits]\nframe = \"256 KiB\"\n\n[[quota]]\nnamespace = \"a*\"\nmaximum = \"50 %\"\n\n"
       "[[quota]]\nnamespace = \"b\\\"\\u000A\"\n");
}

BOOST_AUTO_TEST_CASE(every_valid_configuration_is_read_back_to_the_same) {
  testing::random_configuration random(2024);
  std::size_t changed = 0;
  for (int round = 0; round < 500; ++round) {
    const configuration settings = random.next();
    changed += compare(configuration{}, settings).size();
    BOOST_TEST_REQUIRE(validate(settings).empty());
    BOOST_TEST_REQUIRE(validate_keys(settings).empty());
    BOOST_TEST_REQUIRE((reloaded(to_toml(settings, style::full)) == settings));
    BOOST_TEST_REQUIRE((reloaded(to_toml(settings, style::changed)) == settings));
  }
  BOOST_TEST(changed > 500U * 30U);  // the generator does move the keys
}

BOOST_AUTO_TEST_CASE(printing_what_was_printed_changes_nothing) {
  testing::random_configuration random(5);
  for (int round = 0; round < 50; ++round) {
    const std::string text = to_toml(random.next());
    BOOST_TEST_REQUIRE(to_toml(reloaded(text)) == text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
