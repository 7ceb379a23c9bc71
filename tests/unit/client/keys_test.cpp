// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The expected keys were computed with Python's hashlib; some stand in docs/protocol.md as well.
#include <boost/test/unit_test.hpp>

#include <numeric>
#include <string>
#include <vector>

#include "cellard/client.h"

namespace {

std::string hex(const cellard_key& key) {
  std::string text;
  for (const auto byte : key.bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::vector<std::string> chain_of(const std::vector<uint32_t>& tokens, uint32_t block_tokens,
                                  const std::string& extra = "") {
  std::vector<cellard_key> keys(tokens.size() / block_tokens);
  BOOST_TEST(cellard_chain_keys(tokens.data(), tokens.size(), block_tokens, extra.data(),
                                extra.size(), keys.data())
             == CELLARD_OK);
  std::vector<std::string> texts;
  for (const auto& key : keys) {
    texts.push_back(hex(key));
  }
  return texts;
}

std::string key_from(const std::string& bytes) {
  cellard_key key{};
  BOOST_TEST(cellard_key_from_bytes(bytes.data(), bytes.size(), &key) == CELLARD_OK);
  return hex(key);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keys_test)

BOOST_AUTO_TEST_CASE(chains_have_the_documented_keys) {
  using texts = std::vector<std::string>;
  BOOST_TEST(chain_of({1, 2, 3, 4, 5, 6, 7, 8, 9}, 4)
               == (texts{"73ba2d7c57c407c2242a32f4353304a6e13f40d5a02e3835b205908a8bfe426f",
                         "1f53444659871cc68667f895781c0a122176ea93792ec6e20ab4b95a3e9b009d"}),
             boost::test_tools::per_element());
  BOOST_TEST(chain_of({1, 2, 3, 4}, 4, "lora-7")
               == texts{"c95ac4625faf820990e45afba5a4878d5f364a848dddb354040b489ff2c0be8d"},
             boost::test_tools::per_element());
  BOOST_TEST(chain_of({0xffffffff, 0, 7}, 1)
               == (texts{"6ab7b8ac03ccd8732320b016a91b29f6b8b6d200f55fec3461c6445cfc18b572",
                         "ba7228c775f07cec824675bbe35bce501b93d7fffd7386c4560fe99089b79caa",
                         "0c09ab3b242f96d954b4bda17c7e8ee9a7eb449dde02a2e0a94256ba6786e747"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tokens_behind_the_last_full_block_have_no_key) {
  BOOST_TEST(chain_of({1, 2, 3}, 4).empty());
  BOOST_TEST(chain_of({1, 2, 3, 4, 5}, 4) == chain_of({1, 2, 3, 4}, 4));
}

BOOST_AUTO_TEST_CASE(chains_without_block_size_or_room_are_refused) {
  const uint32_t token = 1;
  BOOST_TEST(cellard_chain_keys(&token, 1, 0, nullptr, 0, nullptr) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(cellard_chain_keys(&token, 1, 1, nullptr, 0, nullptr) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(std::string{cellard_last_error()}.find("keys") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(foreign_hashes_are_taken_or_hashed_by_length) {
  BOOST_TEST(key_from("\1\2\3\4\5\6\7\10")
             == "4a787d9f4d74ef298222091b7d48aa36334cb538dd59a7f19cdf7c7e6e010084");
  BOOST_TEST(key_from("") == "8934e07ebc20f3faf5868a19ad40d7aac98a46773512ce2e0224aef0151960fb");
  std::string bytes(33, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  BOOST_TEST(key_from(bytes) == "0ca010ded19cfe8621ba312e531c46316d8da6b33ec27aca94a1f8cb60de5484");
  BOOST_TEST(key_from(bytes.substr(0, 32))
             == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
}

BOOST_AUTO_TEST_CASE(every_status_has_a_name) {
  BOOST_TEST(cellard_status_name(CELLARD_NO_PARENT) == "no_parent");
  BOOST_TEST(cellard_status_name(CELLARD_INTERNAL) == "internal");
  BOOST_TEST(cellard_status_name(-1) == "unknown");
  BOOST_TEST(cellard_status_name(26) == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()
