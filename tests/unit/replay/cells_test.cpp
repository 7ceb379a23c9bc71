// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "replay/cells.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::replay;

cell made(const char* policy, std::size_t blocks, std::uint64_t hits) {
  return {"t", policy, 1000, blocks, 100, hits, 0.5};
}

BOOST_AUTO_TEST_CASE(sizes_are_shares_or_numbers) {
  BOOST_TEST(parse_size("0.1%")->capacity(170'899) == 171U);
  BOOST_TEST(parse_size("0.1%")->capacity(100) == 4U);
  BOOST_TEST(parse_size("2000")->capacity(10) == 2000U);
  for (const char* wrong : {"", "%", "0", "-1%", "101%", "x", "1 %", "1%%", "1e30", "0.2"}) {
    BOOST_TEST(!parse_size(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(the_gap_is_summed_over_the_sizes) {
  const std::vector<cell> cells{made("lru", 10, 20),    made("lru", 20, 40), made("belady", 10, 40),
                                made("belady", 20, 60), made("x", 10, 30),   made("x", 20, 40)};
  BOOST_TEST(*gap_closed(cells, "t", "x") == 0.25, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(*gap_closed(cells, "t", "belady") == 1.0, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!gap_closed({made("x", 10, 30)}, "t", "x").has_value());
}

BOOST_AUTO_TEST_CASE(a_line_reads_back) {
  const cell one = made("lru", 20, 40);
  const auto back = parse_cell(to_json(one).dump());
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST(back->hit_ratio() == 0.4);
  BOOST_TEST(back->size() == 0.02);
  BOOST_TEST(back->policy == "lru");
  BOOST_TEST(!parse_cell("{}").has_value());
  BOOST_TEST(!parse_cell("{\"trace").has_value());
}

BOOST_AUTO_TEST_CASE(the_table_has_a_row_a_policy_and_says_what_is_missing) {
  const std::vector<cell> cells{made("lru", 10, 20), made("lru", 20, 40), made("x", 20, 50)};
  const auto text = as_text(cells);
  BOOST_TEST(text.find("lru              20.0     40.0") != std::string::npos, text);
  BOOST_TEST(text.find("x                   -     50.0") != std::string::npos, text);
  BOOST_TEST(as_csv(cells).starts_with("trace,policy,size,hit_ratio,"));
}

}  // namespace
