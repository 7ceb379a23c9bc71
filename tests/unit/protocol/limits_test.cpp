// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Each limit of the protocol: its largest value passes, one more is refused, and the largest frames
// fit the default limit.
#include "protocol/bodies.hpp"
#include "protocol/fields.hpp"
#include "protocol/requests.hpp"
#include "tests/unit/protocol/reencode.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard;
using namespace cellard::protocol;
using core::errc;
using tests::frame_bytes;

namespace {

frame_bytes encoded(const request& body) {
  frame_bytes bytes;
  writer out{bytes};
  encode(out, {}, {}, body);
  return bytes;
}

errc decoded(const request& body) {
  const auto bytes = encoded(body);
  const auto again = decode(*split_request(bytes));
  return again ? errc::ok : again.error().code();
}

open_request opening(std::string_view name) {
  open_request body;
  body.name = name;
  return body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_chain_has_1_to_4096_keys) {
  for (const auto op : {opcode::lookup, opcode::get, opcode::touch, opcode::prefetch,
                        opcode::remove, opcode::pin, opcode::unpin}) {
    const auto chain = [&](std::size_t count) {
      const std::vector<core::block_key> keys(count);
      return decoded(chain_request{op, 1, 0, 0, 0, keys});
    };
    BOOST_TEST((chain(0) == errc::invalid_argument));
    BOOST_TEST((chain(1) == errc::ok));
    BOOST_TEST((chain(max_keys) == errc::ok));
    BOOST_TEST((chain(max_keys + 1) == errc::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(a_history_goes_back_a_second_to_a_week) {
  const auto window = [](std::uint32_t seconds, std::uint32_t points) {
    return decoded(history_request{false, seconds, points, 0, {}, {}});
  };
  BOOST_TEST((window(0, 0) == errc::invalid_argument));
  BOOST_TEST((window(1, max_points) == errc::ok));
  BOOST_TEST((window(max_window_seconds, 0) == errc::ok));
  BOOST_TEST((window(max_window_seconds + 1, 0) == errc::invalid_argument));
  BOOST_TEST((window(1, max_points + 1) == errc::invalid_argument));
  const std::string name(max_name_bytes + 1, 'x');
  BOOST_TEST((decoded(history_request{false, 1, 0, 0, name, {}}) == errc::invalid_argument));
  BOOST_TEST((decoded(history_request{false, 1, 0, 0, {}, "a\nb"}) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_forecast_is_of_up_to_64_sizes) {
  const auto of = [](std::size_t sizes, std::string_view name) {
    return decoded(forecast_request{false, 0, std::vector<std::uint64_t>(sizes), name, {}});
  };
  BOOST_TEST((of(0, {}) == errc::ok));
  BOOST_TEST((of(max_sizes, {}) == errc::ok));
  BOOST_TEST((of(max_sizes + 1, {}) == errc::invalid_argument));
  BOOST_TEST((of(1, std::string(max_name_bytes + 1, 'x')) == errc::invalid_argument));
  BOOST_TEST((of(1, "a\nb") == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(lists_have_1_to_4096_entries) {
  const auto all = [](std::size_t count) {
    const std::vector<core::block_key> keys(count);
    return std::vector{decoded(reserve_request{1, 0, {}, keys}),
                       decoded(put_request{1, 0, {}, std::vector<put_entry>(count)}),
                       decoded(commit_request{1, std::vector<commit_entry>(count)}),
                       decoded(abort_request{1, std::vector<std::uint32_t>(count)})};
  };
  BOOST_TEST((all(0) == std::vector(4, errc::invalid_argument)));
  BOOST_TEST((all(1) == std::vector(4, errc::ok)));
  BOOST_TEST((all(max_keys) == std::vector(4, errc::ok)));
  BOOST_TEST((all(max_keys + 1) == std::vector(4, errc::invalid_argument)));
}

BOOST_AUTO_TEST_CASE(a_name_has_1_to_128_bytes_that_can_be_printed) {
  const std::string longest(max_name_bytes, 'n');
  BOOST_TEST((decoded(opening("")) == errc::invalid_argument));
  BOOST_TEST((decoded(opening("n")) == errc::ok));
  BOOST_TEST((decoded(opening("Modell \u00e4/7B")) == errc::ok));
  BOOST_TEST((decoded(opening(longest)) == errc::ok));
  BOOST_TEST((decoded(opening(longest + "n")) == errc::invalid_argument));
  BOOST_TEST((decoded(opening("two\nlines")) == errc::invalid_argument));
  BOOST_TEST((decoded(opening("\xff")) == errc::invalid_argument));
  BOOST_TEST((decoded(forget_request{"", 0}) == errc::invalid_argument));
  BOOST_TEST((decoded(forget_request{longest, 0}) == errc::ok));
  BOOST_TEST((decoded(forget_request{longest + "n", 0}) == errc::invalid_argument));
  BOOST_TEST((decoded(forget_request{"a\x01", 0}) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(model_and_weights_can_be_printed) {
  auto body = opening("n");
  body.layout.model = "m\n";
  BOOST_TEST((decoded(body) == errc::invalid_argument));
  body.layout.model = "m";
  body.layout.weights = "\x80";
  BOOST_TEST((decoded(body) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_salt_has_at_most_256_bytes_of_any_value) {
  const std::string longest(max_salt_bytes, '\0');
  auto body = opening("n");
  body.salt = longest;
  BOOST_TEST((decoded(body) == errc::ok));
  BOOST_TEST((decoded(salt_request{1, longest}) == errc::ok));
  BOOST_TEST((decoded(salt_request{1, ""}) == errc::ok));
  const auto longer = longest + "s";
  body.salt = longer;
  BOOST_TEST((decoded(body) == errc::invalid_argument));
  BOOST_TEST((decoded(salt_request{1, longer}) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_part_is_one_of_the_layouts_parts) {
  auto body = opening("n");
  body.layout.parts = 2;
  body.part = 1;
  BOOST_TEST((decoded(body) == errc::ok));
  body.part = 2;
  BOOST_TEST((decoded(body) == errc::invalid_argument));
  body.layout.parts = 0;
  body.part = 0;
  BOOST_TEST((decoded(body) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_piece_has_at_most_64_KiB) {
  const frame_bytes payload(max_inline_bytes + 1);
  const auto piece = [&](std::size_t size) {
    return decoded(write_request{0, bytes_view{payload}.first(size)});
  };
  BOOST_TEST((piece(0) == errc::ok));
  BOOST_TEST((piece(max_inline_bytes) == errc::ok));
  BOOST_TEST((piece(max_inline_bytes + 1) == errc::invalid_argument));
  read_request read;
  read.length = max_inline_bytes;
  BOOST_TEST((decoded(read) == errc::ok));
  read.length = max_inline_bytes + 1;
  BOOST_TEST((decoded(read) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_clients_name_is_cut_between_characters) {
  const auto name = std::string(max_client_name - 1, 'n') + "\u00e4";
  const auto bytes = encoded(hello_request{1, 1, 0, name});
  const auto again = decode(*split_request(bytes));
  BOOST_TEST_REQUIRE(again.has_value());
  BOOST_TEST(std::get<hello_request>(*again).client_name.size() == max_client_name - 1);
  BOOST_TEST((decoded(hello_request{1, 1, 0, "a\tb"}) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(an_errors_sentence_has_at_most_1024_bytes) {
  frame_bytes bytes;
  writer out{bytes};
  encode(out, {}, core::error{errc::busy, std::string(max_message_bytes - 1, 'x') + "\u00e4"});
  BOOST_TEST(split_reply(bytes)->header.body_bytes == max_message_bytes - 1);
}

/// docs/protocol.md says how many entries fit; put is the one whose 4096 do not.
BOOST_AUTO_TEST_CASE(the_largest_requests_fit_a_default_frame) {
  const std::vector<core::block_key> keys(max_keys);
  BOOST_TEST(encoded(chain_request{opcode::get, 1, 0, 0, 0, keys}).size() < default_frame_bytes);
  BOOST_TEST(encoded(reserve_request{1, 0, {}, keys}).size() < default_frame_bytes);
  BOOST_TEST(encoded(commit_request{1, std::vector<commit_entry>(max_keys)}).size()
             < default_frame_bytes);
  const auto put = [](std::size_t count) {
    return encoded(put_request{1, 0, {}, std::vector<put_entry>(count)}).size();
  };
  BOOST_TEST(put(4094) <= default_frame_bytes);
  BOOST_TEST(put(4095) > default_frame_bytes);
}

BOOST_AUTO_TEST_CASE(the_largest_replies_fit_a_default_frame) {
  get_reply get;
  get.places.resize(max_keys);
  get.ready = max_keys;
  get.errors.resize(max_keys);
  get.new_segments.resize(max_descriptors);
  frame_bytes bytes;
  writer out{bytes};
  encode(out, {}, get);
  BOOST_TEST(bytes.size() < default_frame_bytes);
  bytes.clear();
  list_reply list;
  list.entries.resize(4095);
  encode(out, {}, list);
  BOOST_TEST(bytes.size() <= default_frame_bytes);
}

BOOST_AUTO_TEST_SUITE_END()
