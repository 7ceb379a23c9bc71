// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

#include <atomic>
#include <thread>

using namespace cellard::testing;
using cellard::protocol::opcode;

BOOST_AUTO_TEST_SUITE(threads_test)

BOOST_AUTO_TEST_CASE(threads_may_share_a_client_and_free_blocks_anywhere) {
  cache fixture;
  fixture.fill(8);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const auto keys = chain(8);
        cellard_blocks* found = nullptr;
        const int status = cellard_get(fixture.space.get(), keys.data(), 8, &found);
        const blocks_handle blocks{found};
        if (status != CELLARD_OK || !same_bytes(found, 7, block_of(7))) {
          ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  BOOST_TEST(wrong == 0);
  fixture.lookup(1);
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().empty());
}

BOOST_AUTO_TEST_CASE(several_clients_in_one_process_do_not_meet) {
  cache one;
  cache other;
  one.fill(2);
  BOOST_TEST(one.lookup(2) == 2U);
  BOOST_TEST(other.lookup(2) == 0U);
  other.daemon.stop();
  BOOST_TEST(cellard_blocks_count(one.get(2).get()) == 2U);
}

BOOST_AUTO_TEST_CASE(another_threads_slow_call_costs_no_more_than_the_deadline) {
  cache fixture{{}, 150};
  fixture.daemon.hold(opcode::touch, 2);
  std::thread slow{[&] {
    const auto key = key_of(0);
    cellard_match match CELLARD_MATCH_INIT;
    cellard_touch(fixture.space.get(), &key, 1, &match);
  }};
  fixture.daemon.wait_for(opcode::touch, 1);
  fixture.lookup(1);
  BOOST_TEST((fixture.status == CELLARD_TIMED_OUT || fixture.status == CELLARD_OK));
  slow.join();
}

BOOST_AUTO_TEST_SUITE_END()
