// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

#include <poll.h>

#include "cellard/async.hpp"

using namespace cellard::testing;

BOOST_AUTO_TEST_SUITE(cpp_test)

BOOST_AUTO_TEST_CASE(the_cpp_header_does_what_the_c_header_does) {
  const fake_daemon daemon;
  const cellard::client client{options_for(daemon.path())};
  const auto space = client.open("test", small_layout());
  BOOST_TEST(space.block_bytes() == block_bytes);
  BOOST_TEST(std::string{client.server().server} == "fake 1.0");
  const auto keys = chain(3);
  const std::vector<std::vector<std::byte>> bytes{block_of(0), block_of(1)};
  const cellard_const_buffer from[] = {{bytes[0].data(), block_bytes},
                                       {bytes[1].data(), block_bytes}};
  BOOST_TEST(space.put(nullptr, std::span{keys}.first(2), from) == 2U);
  BOOST_TEST(space.lookup(keys).matched == 2U);
  {
    const auto found = space.get(keys);
    BOOST_TEST_REQUIRE(found.size() == 2U);
    BOOST_TEST(std::equal(bytes[1].begin(), bytes[1].end(), found[1].begin(), found[1].end()));
    BOOST_TEST(found.intact());
    BOOST_CHECK_THROW(static_cast<void>(found[2]), cellard::error);
  }
  auto stage = space.reserve(&keys[1], std::span{keys}.subspan(2));
  BOOST_TEST_REQUIRE(stage.size() == 1U);
  std::fill(stage[0].begin(), stage[0].end(), std::byte{9});
  BOOST_TEST(stage.commit() == std::vector<int>{CELLARD_OK});
  std::vector<std::byte> whole(3 * block_bytes);
  const cellard_buffer to[] = {{whole.data(), block_bytes},
                               {whole.data() + block_bytes, block_bytes},
                               {whole.data() + 2 * block_bytes, block_bytes}};
  BOOST_TEST(space.get_copy(keys, to) == 3U);
  BOOST_TEST((whole.back() == std::byte{9}));
  BOOST_TEST(space.remove(keys) == 3U);
  BOOST_TEST(space.touch(keys).matched == 0U);
}

BOOST_AUTO_TEST_CASE(submissions_complete) {
  const fake_daemon daemon;
  const cellard::client client{options_for(daemon.path())};
  const auto space = client.open("test", small_layout());
  const cellard::async async{client};
  const auto keys = chain(1);
  const auto bytes = block_of(0);
  const cellard_const_buffer from[] = {{bytes.data(), block_bytes}};
  std::vector<int> statuses(1, -1);
  std::vector<cellard_completion> room(4);
  std::span<cellard_completion> done;
  const auto reap = [&] {
    for (done = async.poll(room); done.empty(); done = async.poll(room)) {
      pollfd entry{async.descriptor(), POLLIN, 0};
      BOOST_TEST_REQUIRE(::poll(&entry, 1, 20000) == 1);
    }
  };
  async.submit_put(space, nullptr, keys, from, statuses, 1);
  reap();
  BOOST_TEST(done[0].count == 1U);
  BOOST_TEST(statuses == std::vector<int>{CELLARD_OK});
  async.submit(CELLARD_OP_GET, space, keys, 2);
  reap();
  BOOST_TEST(done[0].tag == 2U);
  const cellard::blocks found{done[0].blocks};
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(std::equal(bytes.begin(), bytes.end(), found[0].begin(), found[0].end()));
}

BOOST_AUTO_TEST_CASE(an_error_says_whether_it_is_a_miss) {
  try {
    const cellard::client client{options_for("/nonexistent/sock")};
    BOOST_TEST(false);
  } catch (const cellard::error& problem) {
    BOOST_TEST(problem.status() == CELLARD_UNAVAILABLE);
    BOOST_TEST(problem.is_miss());
    BOOST_TEST(std::string{problem.what()}.find("/nonexistent") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(chains_need_a_block_size) {
  const std::uint32_t tokens[] = {1, 2, 3, 4};
  BOOST_TEST(cellard::chain_keys(tokens, 2).size() == 2U);
  BOOST_CHECK_THROW(cellard::chain_keys(tokens, 0), cellard::error);
}

BOOST_AUTO_TEST_SUITE_END()
