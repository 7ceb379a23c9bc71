// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Opening a namespace as it exists: whoever does so learns its layout and can use it.
#include "tests/unit/client/client_fixture.hpp"

#include <array>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace protocol = cellard::protocol;

namespace {

cellard_layout existing() {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.existing = 1;
  return layout;
}

int open_with(cellard_client* client, const cellard_layout& layout, space_handle& opened) {
  cellard_space* made = nullptr;
  const int status = cellard_open(client, "test", &layout, nullptr, 0, &made);
  opened.reset(made);
  return status;
}

cellard_layout layout_of(const space_handle& space) {
  cellard_layout found CELLARD_LAYOUT_INIT;
  BOOST_TEST_REQUIRE(cellard_space_layout(space.get(), &found) == CELLARD_OK);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(existing_test)

BOOST_AUTO_TEST_CASE(the_layout_comes_back_whole_and_the_space_can_be_used) {
  const std::array<float, 2> frequencies{1.0F, 0.25F};
  cellard_rope rope CELLARD_ROPE_INIT;
  rope.rotary_dim = 4;
  rope.interleaved = 1;
  rope.first_position = 3;
  rope.scaling = 2.0;
  rope.frequencies = 2;
  rope.inverse_frequencies = frequencies.data();
  auto given = small_layout();
  given.parts = 2;
  given.part = 1;
  given.model = "tiny";
  given.weights = "sha256:00";
  given.rope = &rope;
  cache fixture{{}, 20000, given};
  fixture.fill(2);
  auto wanted = existing();
  wanted.part = 1;
  space_handle opened;
  BOOST_TEST_REQUIRE(open_with(fixture.client.get(), wanted, opened) == CELLARD_OK,
                     cellard_last_error());
  const auto found = layout_of(opened);
  BOOST_TEST(found.dtype == given.dtype);
  BOOST_TEST(found.layers == given.layers);
  BOOST_TEST(found.kv_heads == given.kv_heads);
  BOOST_TEST(found.head_dim == given.head_dim);
  BOOST_TEST(found.v_head_dim == given.v_head_dim);
  BOOST_TEST(found.block_tokens == given.block_tokens);
  BOOST_TEST(found.parts == 2U);
  BOOST_TEST(found.part == 1U);
  BOOST_TEST(found.model == std::string("tiny"));
  BOOST_TEST(found.weights == std::string("sha256:00"));
  BOOST_TEST(found.max_age_ms == 7000U);
  BOOST_TEST_REQUIRE(found.rope != nullptr);
  BOOST_TEST(found.rope->rotary_dim == 4U);
  BOOST_TEST(found.rope->interleaved == 1U);
  BOOST_TEST(found.rope->first_position == 3U);
  BOOST_TEST(found.rope->scaling == 2.0);
  BOOST_TEST_REQUIRE(found.rope->frequencies == 2U);
  BOOST_TEST(found.rope->inverse_frequencies[1] == 0.25F);
  BOOST_TEST(cellard_block_bytes(opened.get()) == block_bytes);
  fixture.space = std::move(opened);
  BOOST_TEST(fixture.lookup(3) == 2U);
  BOOST_TEST(fixture.daemon.seen(opcode::open) == 2);  // not once more for the lookup
}

BOOST_AUTO_TEST_CASE(a_layout_that_was_given_comes_back_too) {
  const cache fixture;
  const auto found = layout_of(fixture.space);
  BOOST_TEST(found.layers == small_layout().layers);
  BOOST_TEST(found.model == nullptr);
  BOOST_TEST(found.rope == nullptr);
}

BOOST_AUTO_TEST_CASE(a_caller_with_an_older_struct_gets_what_it_has_room_for) {
  const cache fixture;
  cellard_layout small CELLARD_LAYOUT_INIT;
  small.size = offsetof(cellard_layout, kv_heads);
  BOOST_TEST(cellard_space_layout(fixture.space.get(), &small) == CELLARD_OK);
  BOOST_TEST(small.size == offsetof(cellard_layout, kv_heads));
  BOOST_TEST(small.layers == small_layout().layers);
  BOOST_TEST(small.kv_heads == 0U);
  small.size = 0;
  BOOST_TEST(cellard_space_layout(fixture.space.get(), &small) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(cellard_space_layout(nullptr, &small) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  fake_daemon daemon;
  cellard_client* made = nullptr;
  const auto options = options_for(daemon.path());
  BOOST_TEST_REQUIRE(cellard_connect(&options, &made) == CELLARD_OK);
  const client_handle client{made};
  space_handle opened;
  BOOST_TEST(open_with(made, existing(), opened) == CELLARD_NOT_FOUND);
  BOOST_TEST(opened == nullptr);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_the_feature_is_not_asked) {
  fake_settings settings;
  settings.features = 0;
  cache fixture{settings};
  space_handle opened;
  BOOST_TEST(open_with(fixture.client.get(), existing(), opened) == CELLARD_UNSUPPORTED_VERSION);
  BOOST_TEST(fixture.daemon.seen(opcode::open) == 1);
}

BOOST_AUTO_TEST_CASE(without_a_daemon_there_is_nothing_to_open_even_lazily) {
  const std::string nowhere = "/nonexistent/cellard.sock";
  cellard_options options = options_for(nowhere);
  options.lazy = 1;
  cellard_client* made = nullptr;
  BOOST_TEST_REQUIRE(cellard_connect(&options, &made) == CELLARD_OK);
  const client_handle client{made};
  space_handle opened;
  BOOST_TEST(open_with(made, existing(), opened) == CELLARD_UNAVAILABLE);
}

BOOST_AUTO_TEST_CASE(a_part_that_the_namespace_has_not_is_refused) {
  cache fixture;
  auto wanted = existing();
  wanted.part = 1'000'000;
  space_handle opened;
  BOOST_TEST(open_with(fixture.client.get(), wanted, opened) == CELLARD_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(a_reply_without_a_layout_or_with_a_senseless_one_ends_the_connection) {
  for (const bool senseless : {false, true}) {
    cache fixture;
    fixture.daemon.on(opcode::open, [&](fake_exchange& exchange) {
      protocol::open_reply reply{9, false, 0, block_bytes};
      if (senseless) {
        reply.layout.emplace();  // opaque blocks of at most 0 bytes
      }
      exchange.reply(reply);
      return true;
    });
    space_handle opened;
    BOOST_TEST(open_with(fixture.client.get(), existing(), opened) == CELLARD_BAD_FRAME);
  }
}

BOOST_AUTO_TEST_CASE(after_a_restart_the_layout_that_was_learnt_makes_it_anew) {
  cache fixture;
  space_handle opened;
  BOOST_TEST_REQUIRE(open_with(fixture.client.get(), existing(), opened) == CELLARD_OK);
  fixture.space = std::move(opened);
  fixture.daemon.stop();
  fixture.daemon.start();
  fixture.reconnect();
  BOOST_TEST(fixture.status == CELLARD_OK);
}

BOOST_AUTO_TEST_SUITE_END()
