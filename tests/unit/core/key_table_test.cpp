// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/key_table.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <unordered_map>

namespace {

using cellard::core::block_key;
using cellard::core::hash_secret;
using cellard::core::key_table;

// A model: hash and number of everything that is in the table.
struct model {
  key_table table;
  std::unordered_map<std::uint32_t, std::uint32_t> hash_of;

  [[nodiscard]] std::uint32_t find(std::uint32_t hash, std::uint32_t number) const {
    return table.find(hash, [&](std::uint32_t candidate) { return candidate == number; });
  }
};

BOOST_AUTO_TEST_CASE(finds_what_was_inserted_and_nothing_that_was_erased) {
  std::minstd_rand random(1);
  model all;
  std::uint32_t next = 0;
  for (int step = 0; step < 200'000; ++step) {
    // Mostly growing at first, shrinking later, so that both tables and the moving between them are
    // exercised.
    const bool grow = all.hash_of.empty() || random() % 100 < (step < 120'000 ? 80U : 35U);
    if (grow) {
      const auto hash = static_cast<std::uint32_t>(random() % 1'000'000);  // some are equal
      all.table.insert(hash, next);
      all.hash_of.emplace(next++, hash);
    } else {
      const auto victim = all.hash_of.begin();
      all.table.erase(victim->second, victim->first);
      BOOST_TEST_REQUIRE(all.find(victim->second, victim->first) == key_table::none);
      all.hash_of.erase(victim);
    }
    if (step % 5'000 == 0) {
      BOOST_TEST_REQUIRE(all.table.size() == all.hash_of.size());
      for (const auto& [number, hash] : all.hash_of) {
        BOOST_TEST_REQUIRE(all.find(hash, number) == number);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(hashes_depend_on_the_secret_the_salt_and_the_key) {
  block_key one;
  block_key two;
  two.bytes[31] = 1;
  const hash_secret secret{7};
  BOOST_TEST(secret.hash(0, one) == secret.hash(0, one));
  BOOST_TEST(secret.hash(0, one) != secret.hash(0, two));
  BOOST_TEST(secret.hash(0, one) != secret.hash(1, one));
  BOOST_TEST(secret.hash(0, one) != hash_secret{8}.hash(0, one));
  BOOST_TEST(hash_secret::random().hash(0, one) != hash_secret::random().hash(0, one));
}

BOOST_AUTO_TEST_CASE(states_its_memory) {
  key_table table;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    table.insert(i * 2654435761U, i);
  }
  BOOST_TEST(table.memory_bytes() <= 25'200'000U);  // both tables while one is moved
  for (std::uint32_t i = 1'000'000; i < 1'100'000; ++i) {
    table.insert(i * 2654435761U, i);
  }
  BOOST_TEST(table.memory_bytes() <= 16'800'000U);
}

}  // namespace
