// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/schema.hpp"

#include "tests/unit/config/random_configuration.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace cellard::config {
namespace {

template <class Check>
void for_each_key(Check check) {
  for (const section& in : sections()) {
    for (const key& of : in.keys) {
      BOOST_TEST_CONTEXT(of.name) {
        check(in, of);
      }
    }
  }
}

/// A configuration with a table in every list, so that every key can be read and written.
configuration with_all_tables() {
  configuration settings;
  for (const section& in : sections()) {
    if (in.is_list()) {
      in.resize(settings, 1);
    }
  }
  return settings;
}

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(names_are_unique_and_begin_with_their_table) {
  std::set<std::string_view> seen;
  for_each_key([&](const section& in, const key& of) {
    BOOST_TEST(seen.insert(of.name).second);
    const std::string prefix = in.name.empty() ? "" : std::string(in.name) + ".";
    BOOST_TEST(of.name == prefix + std::string(of.leaf()));
    BOOST_TEST((find_key(of.name) == &of));
    BOOST_TEST((find_section(in.name) == &in));
  });
  BOOST_TEST((find_key("limits.nothing") == nullptr));
}

BOOST_AUTO_TEST_CASE(every_key_has_a_unit_a_range_and_one_line_of_document) {
  for_each_key([](const section&, const key& of) {
    BOOST_TEST(!of.unit.empty());
    BOOST_TEST(!allowed_text(of, {}).empty());
    BOOST_TEST(of.doc.ends_with('.'));
    BOOST_TEST(of.doc.find('\n') == std::string_view::npos);
    BOOST_TEST(of.doc.size() <= 96U);
  });
}

BOOST_AUTO_TEST_CASE(every_default_is_allowed_or_has_to_be_written) {
  for_each_key([](const section& in, const key& of) {
    const value by_default = default_value(in, of, configuration{});
    if (of.example.empty()) {
      BOOST_TEST(allows(of, by_default, {}));
    } else {
      BOOST_TEST(!allows(of, by_default, {}));
      BOOST_TEST(allows(of, std::string(of.example), {}));
    }
  });
}

BOOST_AUTO_TEST_CASE(every_range_can_be_read_and_both_its_ends_are_in_it) {
  testing::random_configuration random(1);
  for_each_key([&](const section& in, const key& of) {
    const value like = default_value(in, of, configuration{});
    if (std::holds_alternative<std::string>(like)) {
      return;
    }
    for (int round = 0; round < 100; ++round) {
      BOOST_TEST_REQUIRE(allows(of, random.draw(of, like), {}));
    }
  });
}

BOOST_AUTO_TEST_CASE(every_key_writes_what_it_reads_and_nothing_else) {
  testing::random_configuration random(3);
  for_each_key([&](const section& in, const key& of) {
    const configuration before = with_all_tables();
    configuration after = before;
    value drawn = of.read(before, 0);
    for (int round = 0; round < 100 && drawn == of.read(before, 0); ++round) {
      drawn = random.draw(of, drawn);
    }
    of.write(after, 0, drawn);
    BOOST_TEST((of.read(after, 0) == drawn));
    for (const section& other_in : sections()) {
      for (const key& other : other_in.keys) {
        BOOST_TEST((&other == &of || other.read(after, 0) == other.read(before, 0)));
      }
    }
    BOOST_TEST((before == after) == (drawn == of.read(before, 0)));
    BOOST_TEST(!in.doc.empty() == !in.name.empty());
  });
}

BOOST_AUTO_TEST_CASE(equality_counts_tables_and_leaves_the_version_out) {
  configuration settings;
  settings.version = 7;
  BOOST_TEST((settings == configuration{}));
  settings.quotas.resize(1);
  BOOST_TEST(!(settings == configuration{}));
  const snapshot frozen = make_snapshot(settings, 9);
  BOOST_TEST(frozen->version == 9U);
  BOOST_TEST((*frozen == settings));
}

BOOST_AUTO_TEST_CASE(a_range_has_ends_and_alternatives_of_one_kind) {
  BOOST_TEST(within("1 to 3", std::uint32_t{3}));
  BOOST_TEST(!within("1 to 3", std::uint32_t{4}));
  BOOST_TEST(within("0 or 5 to 6", std::uint32_t{0}));
  BOOST_TEST(!within("0 or 5 to 6", std::uint32_t{1}));
  BOOST_TEST(within("1 KiB to 2 KiB or 5 %", size_or_percent{percent{50'000}}));
  BOOST_TEST(!within("1 KiB to 2 KiB or 5 %", size_or_percent{percent{60'000}}));
  BOOST_TEST(!within("1 KiB to 2 KiB", size_or_percent{percent{50'000}}));
  BOOST_TEST(!within("nonsense", std::uint32_t{1}));
  BOOST_TEST(!within("", std::uint32_t{0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
