// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The socket keeps messages whole, so a frame that is shorter or longer than it should be was made
// so.
#include "tests/unit/protocol/samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard;
using namespace cellard::tests;

BOOST_AUTO_TEST_SUITE(truncation)

BOOST_AUTO_TEST_CASE(every_truncation_is_refused_or_is_another_whole_frame) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const auto& [name, bytes, reencode, open_end] : random_samples(seed)) {
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        const frame_bytes shorter(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const auto accepted = reencode(shorter);
        const bool whole = open_end && accepted == shorter;
        BOOST_TEST_REQUIRE((!accepted || whole),
                           name << " of seed " << seed << " cut to " << size << " bytes");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_extension_of_a_closed_frame_is_refused) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const auto& [name, bytes, reencode, open_end] : random_samples(seed)) {
      for (std::size_t more = 1; more <= 64 && !open_end; ++more) {
        auto longer = bytes;
        longer.resize(bytes.size() + more);
        BOOST_TEST_REQUIRE(!reencode(longer),
                           name << " of seed " << seed << " with " << more << " more bytes");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_field_that_ends_early_is_refused) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const auto& [name, bytes, reencode, open_end] : random_samples(seed)) {
      if (name == "hello" || name == "open") {
        for (std::size_t more = 1; more <= 4; ++more) {
          auto longer = bytes;
          longer.resize(bytes.size() + more);
          BOOST_TEST(!reencode(longer), name << " with " << more << " zeros behind its fields");
        }
      }
    }
  }
}

/// A remote crash once: keys that do not fit made the reader failed, and the next vector was copied
/// from nowhere.
BOOST_AUTO_TEST_CASE(nothing_is_read_after_a_failed_read) {
  const frame_bytes bytes(24);
  protocol::reader in{bytes};
  in.take(25);
  BOOST_TEST(in.failed());
  BOOST_TEST(in.read_vector<std::uint32_t>(2).empty());
  BOOST_TEST(in.read_span<std::uint8_t>(2).empty());
  BOOST_TEST(in.read_text(2).empty());
  BOOST_TEST(in.read<std::uint64_t>() == 0U);
}

BOOST_AUTO_TEST_CASE(a_get_reply_whose_segments_do_not_fit_is_refused) {
  protocol::get_reply get;
  get.places.resize(3);
  get.ready = 3;
  frame_bytes bytes;
  protocol::writer out{bytes};
  protocol::encode(out, {protocol::opcode::get, 1, 0, 0}, get);
  out.patch(sizeof(protocol::reply_header) + 12, std::uint32_t{1000});  // new_segments
  BOOST_TEST(!reencode_reply<protocol::get_reply>(bytes));
}

BOOST_AUTO_TEST_SUITE_END()
