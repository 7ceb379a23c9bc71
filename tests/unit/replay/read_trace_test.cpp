// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include <boost/test/unit_test.hpp>

#include <cstring>

#include "replay/trace.hpp"

namespace {

using namespace cellard::replay;

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string header(std::uint32_t requests, std::uint32_t distinct) {
  std::string bytes = "KVT1";
  put(bytes, requests);
  put(bytes, distinct);
  put(bytes, 16.0);
  return bytes;
}

void add(std::string& bytes, double seconds, std::initializer_list<std::uint32_t> blocks) {
  put(bytes, seconds);
  for (int field = 0; field < 4; ++field) {
    put(bytes, std::uint32_t{0});
  }
  put(bytes, static_cast<std::uint32_t>(blocks.size()));
  for (const std::uint32_t block : blocks) {
    put(bytes, block);
  }
}

BOOST_AUTO_TEST_CASE(a_kvt_file_is_a_tree_of_chains) {
  auto bytes = header(2, 3);
  add(bytes, 0.5, {0, 1});
  add(bytes, 2.5, {0, 2});
  const auto what = read_kvt("t", bytes);
  BOOST_TEST_REQUIRE(what.has_value());
  BOOST_TEST(what->block_tokens == 16.0);
  BOOST_TEST(what->parents == (std::vector<node_id>{no_node, 0, 0}));
  BOOST_TEST(what->requests[1].seconds == 2.5);
  BOOST_TEST(what->chain(what->requests[1]).back() == 2U);
}

BOOST_AUTO_TEST_CASE(a_kvt_file_that_is_cut_or_wrong_is_refused_at_every_byte) {
  auto bytes = header(2, 3);
  add(bytes, 0.5, {0, 1});
  add(bytes, 2.5, {0, 2});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    BOOST_TEST(!read_kvt("t", bytes.substr(0, length)).has_value());
  }
  auto two_parents = header(2, 3);
  add(two_parents, 0, {0, 1});
  add(two_parents, 1, {1});
  BOOST_TEST(!read_kvt("t", two_parents).has_value());
  auto out_of_range = header(1, 3);
  add(out_of_range, 0, {0, 7});
  BOOST_TEST(!read_kvt("t", out_of_range).has_value());
  auto endless = header(1, 1);
  add(endless, 0, {0});
  const std::uint32_t lie = 0xffffffff;
  std::memcpy(endless.data() + endless.size() - 8, &lie, sizeof lie);
  BOOST_TEST(!read_kvt("t", endless).has_value());
}

BOOST_AUTO_TEST_CASE(mooncake_lines_become_chains_of_full_blocks) {
  const auto what = read_mooncake("t",
                                  "{\"timestamp\": 27000, \"input_length\": 1030, "
                                  "\"output_length\": 5, \"hash_ids\": [46, 47, 48]}\n"
                                  "\n"
                                  "{\"timestamp\": 30000, \"input_length\": 1536, "
                                  "\"output_length\": 5, \"hash_ids\": [46, 47, 49]}\n",
                                  512);
  BOOST_TEST_REQUIRE(what.has_value());
  BOOST_TEST(what->blocks == (std::vector<node_id>{0, 1, 0, 1, 2}));
  BOOST_TEST(what->requests[1].seconds == 3.0);
  BOOST_TEST(what->parents == (std::vector<node_id>{no_node, 0, 1}));
}

BOOST_AUTO_TEST_CASE(one_hash_under_two_parents_is_two_blocks) {
  const auto what = read_mooncake("t",
                                  "{\"timestamp\": 0, \"hash_ids\": [1, 9]}\n"
                                  "{\"timestamp\": 0, \"hash_ids\": [2, 9]}",
                                  512);
  BOOST_TEST_REQUIRE(what.has_value());
  BOOST_TEST(what->distinct() == 4U);
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_named) {
  const auto what = read_mooncake("t.jsonl", "{\"timestamp\": 0, \"hash_ids\": [1]}\n{\"hash", 512);
  BOOST_TEST_REQUIRE(!what.has_value());
  BOOST_TEST(what.error().context().find("t.jsonl: line 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_trace_is_refused_with_its_name) {
  BOOST_TEST(!read_trace("/nowhere").has_value());
  BOOST_TEST(!read_trace("/proc/self/status").has_value());
}

}  // namespace
