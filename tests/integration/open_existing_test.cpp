// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Opening a namespace as it exists, with the real daemon.
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::tests {
namespace {

cellard_layout shaped() {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_F16;
  layout.layers = 2;
  layout.kv_heads = 2;
  layout.head_dim = 16;
  layout.v_head_dim = 16;
  layout.block_tokens = 16;
  layout.model = "tiny";
  return layout;
}
constexpr std::size_t shaped_bytes = 2UL * 2 * 2 * 16 * 16 * 2;

cellard_layout existing(std::uint32_t kv_group = 0, std::uint32_t part = 0) {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.existing = 1;
  layout.kv_group = kv_group;
  layout.part = part;
  return layout;
}

int status_of(const client& from, const cellard_layout& layout) {
  cellard_space* opened = nullptr;
  const int status = cellard_open(from.handle(), "model", &layout, nullptr, 0, &opened);
  cellard_space_close(opened);
  return status;
}

BOOST_AUTO_TEST_CASE(who_knows_the_name_alone_reads_and_writes) {
  const daemon_process daemon;
  const store_client owner(daemon.socket(), "model", shaped());
  BOOST_TEST(all(owner.put(1, 2, 1, shaped_bytes), CELLARD_OK));
  const store_client guest(daemon.socket(), "model", existing());
  BOOST_TEST(guest.space.layout().dtype == CELLARD_F16);
  BOOST_TEST(guest.space.layout().model == std::string("tiny"));
  BOOST_TEST(guest.space.block_bytes() == shaped_bytes);
  BOOST_TEST(guest.find(1, 3, 1) == 2U);
  BOOST_TEST(all(guest.put(10, 1, 1, shaped_bytes), CELLARD_OK));
  BOOST_TEST(owner.find(10, 1, 1) == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_made_or_counted_for_what_is_not_there) {
  const daemon_process daemon;
  const client one(options_for(daemon.socket()));
  BOOST_TEST(status_of(one, existing()) == CELLARD_NOT_FOUND);
  BOOST_TEST(watcher(daemon).stats().at("namespaces") == 0U);
  const auto owner = one.open("model", shaped());
  BOOST_TEST(status_of(one, existing(1)) == CELLARD_NOT_FOUND);
  BOOST_TEST(status_of(one, existing(0, 1)) == CELLARD_INVALID_ARGUMENT);  // it has one part
  BOOST_TEST(status_of(one, existing()) == CELLARD_OK);
}

BOOST_AUTO_TEST_CASE(a_guest_keeps_the_namespace_as_any_other_session) {
  const daemon_process daemon;
  watcher eyes(daemon);
  const client owner(options_for(daemon.socket()));
  { const auto made = owner.open("model", shaped()); }
  {
    const client guest(options_for(daemon.socket()));
    const auto opened = guest.open("model", existing());
    BOOST_TEST(cellard_forget(owner.handle(), "model", 0) == CELLARD_BUSY);
  }
  // The refused part of the guest's left no count behind either.
  BOOST_TEST(status_of(owner, existing(0, 7)) == CELLARD_INVALID_ARGUMENT);
  eyes.until("only the owner and the watcher are left",
             [](const auto& now) { return now.at("sessions") == 2; });
  eyes.until("the namespace can go",
             [&](const auto&) { return cellard_forget(owner.handle(), "model", 0) == CELLARD_OK; });
}

BOOST_AUTO_TEST_CASE(the_field_needs_its_feature) {
  const daemon_process daemon;
  raw_client old(daemon.socket());  // its hello names no feature
  BOOST_TEST_REQUIRE(old.open("model") != 0U);
  protocol::open_request request;
  request.name = "model";
  request.existing = true;
  const auto refused = old.ask<protocol::open_reply>(request);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().code() == core::errc::invalid_argument);
}

}  // namespace
}  // namespace cellard::tests
