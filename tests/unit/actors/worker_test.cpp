// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/worker.hpp"

#include "core/checked_copy.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::actors::testing {
namespace {

struct workplace : stepped_system {
  std::shared_ptr<core::segment> memory = *core::segment::create("test", 4 * mib);
  std::shared_ptr<core::server_counters> counters = std::make_shared<core::server_counters>();
  worker_actor one = spawn(worker, counters);
};

BOOST_AUTO_TEST_SUITE(worker_test)

BOOST_AUTO_TEST_CASE(copies_answer_their_checksums_in_order_and_leave_the_queue) {
  workplace house;
  const std::string first(1000, 'a');
  const std::string second(70'000, 'b');
  auto* to = house.memory->data().data();
  copy_batch work;
  work.jobs = {{reinterpret_cast<const std::byte*>(first.data()), to, 1000},
               {reinterpret_cast<const std::byte*>(second.data()), to + 4096, 70'000}};
  work.bytes = 71'000;
  house.counters->copy_queue_bytes = 71'500;
  const auto sums = house.ask<std::vector<std::uint64_t>>(house.one, copy_atom::value, work);
  BOOST_TEST_REQUIRE(sums.has_value());
  BOOST_TEST_REQUIRE(sums->size() == 2U);
  BOOST_TEST(std::memcmp(to + 4096, second.data(), second.size()) == 0);
  BOOST_TEST((*sums)[0] == core::checksum({to, 1000}));
  BOOST_TEST((*sums)[1] == core::checksum({to + 4096, 70'000}));
  BOOST_TEST(house.counters->copy_queue_bytes == 500U);
}

BOOST_AUTO_TEST_CASE(a_checksum_is_of_the_bytes_that_are_there_now) {
  workplace house;
  const auto ask = [&] {
    return house.ask<std::uint64_t>(house.one, corrupt_atom::value, house.memory,
                                    std::uint64_t{8192}, std::uint32_t{100});
  };
  const auto before = ask();
  BOOST_TEST_REQUIRE(before.has_value());
  house.memory->data()[8192 + 99] = std::byte{1};
  const auto changed = ask();
  BOOST_TEST_REQUIRE(changed.has_value());
  BOOST_TEST(*changed != *before);
  house.memory->data()[8192 + 100] = std::byte{1};  // behind it
  BOOST_TEST(*ask() == *changed);
}

BOOST_AUTO_TEST_CASE(pages_become_present_and_are_given_back) {
  workplace house;
  const auto reached = house.ask<std::uint64_t>(house.one, populate_atom::value, house.memory,
                                                std::uint64_t{0}, std::uint64_t{mib});
  BOOST_TEST_REQUIRE(reached.has_value());
  BOOST_TEST(*reached == mib);
  house.memory->data()[5000] = std::byte{9};
  house.tell(house.one, punch_atom::value, house.memory);
  house.run();
  BOOST_TEST((house.memory->data()[5000] == std::byte{0}));  // whoever still maps it
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
