// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How hello and open may grow without a new version.
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

frame_bytes hello() {
  return encoded(hello_request{1, 1, 0, "engine"});
}

frame_bytes open() {
  open_request body;
  body.name = "model";
  body.layout.max_bytes = 1;
  return encoded(body);
}

errc decoded(const frame_bytes& bytes) {
  const auto body = decode(*split_request(bytes));
  return body ? errc::ok : body.error().code();
}

frame_bytes with_field(frame_bytes bytes, std::uint16_t type, std::string_view value) {
  writer out{bytes};
  write_field(out, type, value);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(an_unknown_optional_field_is_skipped) {
  for (const auto& bytes : {hello(), open()}) {
    for (const auto* value : {"", "a", "abcd", "abcdefg"}) {
      BOOST_TEST((decoded(with_field(bytes, 77 | optional_field, value)) == errc::ok));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_mandatory_field_is_refused) {
  for (const auto& bytes : {hello(), open()}) {
    BOOST_TEST((decoded(with_field(bytes, 77, "abc")) == errc::invalid_argument));
    BOOST_TEST((decoded(with_field(bytes, 0, "")) == errc::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(what_stands_behind_an_unknown_field_counts) {
  const auto bytes =
    with_field(with_field(open(), 77 | optional_field, "abc"), open_salt, "user 7");
  const auto body = decode(*split_request(bytes));
  BOOST_TEST_REQUIRE(body.has_value());
  BOOST_TEST(std::get<open_request>(*body).salt == "user 7");
}

BOOST_AUTO_TEST_CASE(a_field_longer_than_the_frame_is_refused) {
  auto bytes = open();
  writer out{bytes};
  out.write(std::uint16_t{77 | optional_field});
  out.write(std::uint16_t{5});
  out.write(std::uint32_t{0});
  BOOST_TEST((decoded(bytes) == errc::bad_frame));
}

BOOST_AUTO_TEST_CASE(a_field_without_its_padding_is_refused) {
  auto bytes = with_field(open(), 77 | optional_field, "abc");
  bytes.pop_back();
  BOOST_TEST((decoded(bytes) == errc::bad_frame));
}

BOOST_AUTO_TEST_CASE(a_field_of_a_wrong_length_is_refused) {
  BOOST_TEST((decoded(with_field(open(), open_max_age, "1234567")) == errc::invalid_argument));
  BOOST_TEST((decoded(with_field(open(), open_max_age, "123456789")) == errc::invalid_argument));
  BOOST_TEST((decoded(with_field(open(), open_max_age, "12345678")) == errc::ok));
  BOOST_TEST((decoded(with_field(open(), open_rope, "short")) == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(rope_with_an_unknown_pairing_or_too_few_frequencies_is_refused) {
  const auto rope = [](std::uint32_t pairing, std::uint32_t announced, std::size_t given) {
    frame_bytes value;
    writer out{value};
    for (const std::uint32_t word : {64U, pairing, 0U, announced}) {
      out.write(word);
    }
    out.write(10'000.0);
    out.write(1.0);
    out.write_span<float>(std::vector<float>(given));
    auto bytes = open();
    writer frame{bytes};
    write_field(frame, open_rope, bytes_view{value});
    return decoded(bytes);
  };
  BOOST_TEST((rope(1, 32, 32) == errc::ok));
  BOOST_TEST((rope(2, 32, 32) == errc::invalid_argument));
  BOOST_TEST((rope(0, 33, 32) == errc::invalid_argument));
  BOOST_TEST((rope(0, 0xFFFFFFFF, 32) == errc::invalid_argument));
  BOOST_TEST((rope(0, 31, 32) == errc::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
