// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/modes.hpp"

#include "config/load.hpp"
#include "config/validate.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace cellard::config {
namespace {

BOOST_AUTO_TEST_SUITE(modes)

BOOST_AUTO_TEST_CASE(every_row_sets_a_known_key_to_an_allowed_and_different_value) {
  std::set<std::pair<operating_mode, std::string_view>> seen;
  for (const mode_default& set : mode_defaults()) {
    BOOST_TEST_CONTEXT(to_string(set.mode) << " " << set.key) {
      const key* of = find_key(set.key);
      BOOST_TEST_REQUIRE((of != nullptr));
      const value plain = of->read(configuration{}, 0);
      const auto parsed = parse_like(plain, set.text);
      BOOST_TEST_REQUIRE(parsed.has_value());
      BOOST_TEST(allows(*of, *parsed, {}));
      BOOST_TEST((*parsed != plain));
      BOOST_TEST((of->read(defaults(set.mode), 0) == *parsed));
      BOOST_TEST(value_text(*parsed) == set.text);
      BOOST_TEST(!set.why.empty());
      BOOST_TEST(seen.emplace(set.mode, set.key).second);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_mode_is_valid_and_documented_and_all_but_the_first_set_something) {
  for (std::size_t at = 0; at < words<operating_mode>::list.size(); ++at) {
    const auto mode = static_cast<operating_mode>(at);
    BOOST_TEST_CONTEXT(to_string(mode)) {
      const configuration settings = defaults(mode);
      BOOST_TEST(validate(settings, 64 * gib).empty());
      BOOST_TEST(validate_keys(settings).empty());
      BOOST_TEST(!mode_doc(mode).empty());
      configuration named;
      named.mode = mode;
      BOOST_TEST((settings == named) == (mode == operating_mode::inference));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_written_wins_wherever_the_mode_stands) {
  const auto before = load_text("mode = \"bulk\"\n[daemon]\nworkers = 2", "a").value();
  BOOST_TEST(before.daemon.workers == 2U);
  BOOST_TEST(before.limits.requests_in_flight == 128U);
  // The default of another mode, written out, wins as well.
  const auto plain = load_text("daemon.workers = 1\nmode = \"bulk\"", "a").value();
  BOOST_TEST(plain.daemon.workers == 1U);
  BOOST_TEST((plain.mode == operating_mode::bulk));
}

BOOST_AUTO_TEST_CASE(rules_across_keys_see_the_defaults_of_the_mode) {
  const std::string_view low = "[memory]\nlow_watermark = \"92 %\"";
  BOOST_TEST(load_text(low, "a").has_value());
  BOOST_TEST(load_text("mode = \"interactive\"\n" + std::string(low), "a").error().context()
             == "a:3:17: memory.low_watermark = \"92 %\" must be below "
                "memory.high_watermark = \"90 %\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
