// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/growing_array.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <new>
#include <vector>

using cellard::core::growing_array;
using cellard::core::growing_memory;

namespace {

struct node {
  std::uint64_t key;
  std::uint32_t next;
  std::uint32_t used;
};

constexpr std::size_t many = std::size_t{1} << 24;  // 256 MiB of nodes

std::size_t resident_pages(const void* from, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((bytes + page - 1) / page);
  BOOST_TEST_REQUIRE(mincore(const_cast<void*>(from), bytes, pages.data()) == 0);
  std::size_t resident = 0;
  for (const unsigned char each : pages) {
    resident += each & 1U;
  }
  return resident;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(growing_array_test)

BOOST_AUTO_TEST_CASE(it_is_empty_at_first_and_knows_its_limit) {
  const growing_array<node> nodes(many);
  BOOST_TEST(nodes.empty());
  BOOST_TEST(nodes.max_size() == many);
  BOOST_TEST(nodes.all().size() == 0U);
}

BOOST_AUTO_TEST_CASE(elements_never_move) {
  growing_array<node> nodes(many);
  nodes.push_back({7, 1, 2});
  const node* first = &nodes[0];
  nodes.resize(many / 2);
  nodes.push_back({8, 3, 4});
  BOOST_TEST(&nodes[0] == first);
  BOOST_TEST(nodes[0].key == 7U);
  BOOST_TEST(nodes[many / 2].key == 8U);
}

BOOST_AUTO_TEST_CASE(an_element_may_be_pushed_again) {
  growing_array<std::uint64_t> numbers(1000);
  numbers.push_back(5);
  for (int i = 0; i < 999; ++i) {
    numbers.push_back(numbers[0]);
  }
  BOOST_TEST(numbers[999] == 5U);
}

BOOST_AUTO_TEST_CASE(only_touched_pages_are_resident) {
  growing_array<node> nodes(many);
  nodes.resize(many);
  nodes[0].key = 1;
  nodes[many / 2].key = 1;
  nodes[many - 1].key = 1;
  BOOST_TEST(resident_pages(nodes.data(), many * sizeof(node)) == 3U);
}

BOOST_AUTO_TEST_CASE(elements_that_come_back_are_zero_and_their_pages_were_returned) {
  growing_array<node> nodes(many);
  nodes.resize(100'000);
  for (node& each : nodes.all()) {
    each = {1, 2, 3};
  }
  nodes.resize(10);
  BOOST_TEST(resident_pages(nodes.data(), 100'000 * sizeof(node)) == 1U);
  nodes.resize(100'000);
  BOOST_TEST(nodes[9].used == 3U);
  for (std::size_t i = 10; i < nodes.size(); ++i) {
    BOOST_TEST_REQUIRE((nodes[i].key == 0 && nodes[i].next == 0 && nodes[i].used == 0));
  }
}

BOOST_AUTO_TEST_CASE(shrinking_within_a_page_zeroes_it) {
  growing_array<std::uint8_t> bytes(8192);
  bytes.resize(8192);
  for (std::uint8_t& each : bytes.all()) {
    each = 1;
  }
  bytes.resize(5000);
  bytes.resize(100);
  bytes.resize(8192);
  std::size_t ones = 0;
  for (const std::uint8_t each : bytes.all()) {
    ones += each;
  }
  BOOST_TEST(ones == 100U);
}

BOOST_AUTO_TEST_CASE(growth_beyond_the_limit_changes_nothing) {
  growing_array<std::uint32_t> numbers(3);
  numbers.resize(3);
  BOOST_TEST(!numbers.try_resize(4));
  BOOST_CHECK_THROW(numbers.push_back(1), std::bad_alloc);
  BOOST_CHECK_THROW(numbers.resize(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  BOOST_TEST(numbers.size() == 3U);
}

BOOST_AUTO_TEST_CASE(an_impossible_reservation_throws) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  BOOST_CHECK_THROW(growing_array<node>{most}, std::bad_alloc);
  BOOST_CHECK_THROW(growing_array<node>{most / sizeof(node)}, std::bad_alloc);
  BOOST_CHECK_THROW(growing_array<node>{most / sizeof(node) / 2}, std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(memory_that_the_kernel_refuses_changes_nothing) {
  growing_array<node> nodes(many);
  nodes.push_back({1, 1, 1});
  rlimit before{};
  BOOST_TEST_REQUIRE(getrlimit(RLIMIT_DATA, &before) == 0);
  const rlimit tight{4096, before.rlim_max};
  BOOST_TEST_REQUIRE(setrlimit(RLIMIT_DATA, &tight) == 0);
  const bool grown = nodes.try_resize(many);
  BOOST_TEST_REQUIRE(setrlimit(RLIMIT_DATA, &before) == 0);
  BOOST_TEST(!grown);
  BOOST_TEST(nodes.size() == 1U);
  BOOST_TEST(nodes.try_resize(many));
  BOOST_TEST(nodes[0].key == 1U);
}

BOOST_AUTO_TEST_CASE(a_moved_from_array_is_empty_and_cannot_grow) {
  growing_array<std::uint32_t> from(100);
  from.push_back(4);
  growing_array<std::uint32_t> to(std::move(from));
  BOOST_TEST(to[0] == 4U);
  BOOST_TEST(!from.try_resize(1));  // NOLINT(bugprone-use-after-move)
  from = std::move(to);
  BOOST_TEST(from[0] == 4U);
  BOOST_TEST(from.size() == 1U);
}

BOOST_AUTO_TEST_CASE(room_for_nothing_is_allowed) {
  growing_array<node> nodes(0);
  BOOST_TEST(nodes.try_resize(0));
  BOOST_TEST(!nodes.try_resize(1));
}

BOOST_AUTO_TEST_CASE(memory_grows_in_steps) {
  growing_memory memory(growing_memory::step_bytes * 2 + 1);
  BOOST_TEST_REQUIRE(memory.make_accessible(1));
  BOOST_TEST(memory.accessible() == growing_memory::step_bytes);
  BOOST_TEST_REQUIRE(memory.make_accessible(growing_memory::step_bytes * 2 + 1));
  BOOST_TEST(memory.accessible() == growing_memory::step_bytes * 2 + 4096);
  BOOST_TEST(!memory.make_accessible(growing_memory::step_bytes * 3));
}

BOOST_AUTO_TEST_SUITE_END()
