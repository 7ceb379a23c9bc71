// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace protocol = cellard::protocol;

BOOST_AUTO_TEST_SUITE(inline_read_test)

BOOST_AUTO_TEST_CASE(without_shared_memory_bytes_come_through_the_socket) {
  fake_settings settings;
  settings.shared_memory = false;
  settings.verify = protocol::verify_always;
  cache fixture{settings, 20000, opaque_layout(300000)};
  BOOST_TEST(fixture.put(3, 200001) == 3U);
  auto blocks = fixture.get(5);
  BOOST_TEST_REQUIRE(cellard_blocks_count(blocks.get()) == 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST(same_bytes(blocks.get(), i, block_of(i, 200001)));
  }
  BOOST_TEST(fixture.daemon.seen(opcode::get) == 0);
  BOOST_TEST(fixture.daemon.seen(opcode::read) == 3 * 4 + 1);
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_OK);
  fixture.client.reset();
  BOOST_TEST(same_bytes(blocks.get(), 2, block_of(2, 200001)));
}

BOOST_AUTO_TEST_CASE(a_block_that_changes_between_inline_pieces_is_a_miss) {
  fake_settings settings;
  settings.shared_memory = false;
  cache fixture{settings, 20000, opaque_layout(300000)};
  BOOST_TEST(fixture.put(2, 200000) == 2U);
  int piece = 0;
  fixture.daemon.on(opcode::read, [&](fake_exchange& exchange) {
    if (++piece == 6) {  // the second of block 1
      const std::vector<std::byte> bytes(10);
      exchange.reply(protocol::read_reply{77, 0, 200000, 0, bytes});
      return true;
    }
    return false;
  });
  BOOST_TEST(cellard_blocks_count(fixture.get(2).get()) == 1U);
  BOOST_TEST(fixture.daemon.connections() == 1);
}

BOOST_AUTO_TEST_CASE(inline_pieces_that_make_no_sense_end_the_connection) {
  fake_settings settings;
  settings.shared_memory = false;
  cache fixture{settings, 20000, opaque_layout(300000)};
  BOOST_TEST(fixture.put(1, 200000) == 1U);
  const std::vector<std::byte> bytes(64 * 1024);
  const std::vector<protocol::read_reply> wrong = {
    {1, 0, UINT64_MAX, 0, bytes},  // larger than a block may be
    {1, 0, 100, 0, bytes},         // more than the whole
    {1, 0, 100, 0, {}},            // nothing, for ever
  };
  for (const auto& reply : wrong) {
    fixture.daemon.on(opcode::read, [&](fake_exchange& exchange) {
      exchange.reply(reply);
      return true;
    });
    fixture.get(1);
    BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
    fixture.reconnect();
  }
}

BOOST_AUTO_TEST_SUITE_END()
