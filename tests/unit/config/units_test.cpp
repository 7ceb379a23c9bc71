// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/units.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <random>

namespace cellard::config {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <class T>
std::string reason(const core::result<T>& parsed) {
  return parsed ? "accepted" : parsed.error().context();
}

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(sizes_are_read_as_people_write_them) {
  BOOST_TEST(parse_bytes("8 GiB").value() == 8 * gib);
  BOOST_TEST(parse_bytes("512KiB").value() == 512 * kib);
  BOOST_TEST(parse_bytes(" 1.5  MiB ").value() == 1536 * kib);
  BOOST_TEST(parse_bytes("4096").value() == 4096U);
  BOOST_TEST(parse_bytes("7 bytes").value() == 7U);
  BOOST_TEST(parse_bytes("2 GB").value() == 2'000'000'000U);
  BOOST_TEST(parse_bytes("0").value() == 0U);
  BOOST_TEST(parse_bytes("18446744073709551615").value()
             == std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(times_are_read_as_people_write_them) {
  BOOST_TEST((parse_duration("500 ms").value() == milliseconds(500)));
  BOOST_TEST((parse_duration("30s").value() == seconds(30)));
  BOOST_TEST((parse_duration("5 min").value() == minutes(5)));
  BOOST_TEST((parse_duration("2 h").value() == hours(2)));
  BOOST_TEST((parse_duration("7 days").value() == hours(7 * 24)));
  BOOST_TEST((parse_duration("1 day").value() == hours(24)));
  BOOST_TEST((parse_duration("0.25 s").value() == milliseconds(250)));
  BOOST_TEST((parse_duration("1 us").value() == microseconds(1)));
  BOOST_TEST((parse_duration("0").value() == microseconds(0)));
}

BOOST_AUTO_TEST_CASE(shares_are_exact_and_resolve_without_overflow) {
  BOOST_TEST(parse_percent("25 %").value().millionths == 250'000U);
  BOOST_TEST(parse_percent("12.5%").value().millionths == 125'000U);
  BOOST_TEST(parse_percent("0.0001 %").value().millionths == 1U);
  BOOST_TEST(parse_percent("12.5 %").value().of(8 * gib) == gib);
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  BOOST_TEST(percent{1'000'000}.of(most) == most);
  BOOST_TEST(percent{500'000}.of(most) == most / 2);
  BOOST_TEST(percent{0}.of(most) == 0U);
}

BOOST_AUTO_TEST_CASE(a_size_that_may_be_a_share_stays_as_written) {
  const auto share = parse_size_or_percent("25 %").value();
  const auto size = parse_size_or_percent("8 GiB").value();
  BOOST_TEST(share.is_percent());
  BOOST_TEST(share.resolve(16 * gib) == 4 * gib);
  BOOST_TEST(!size.is_percent());
  BOOST_TEST(size.resolve(1) == 8 * gib);
  BOOST_TEST(!(share < size));
  BOOST_TEST(!(share >= size));
}

BOOST_AUTO_TEST_CASE(what_is_not_exact_or_too_large_is_refused_with_the_reason) {
  BOOST_TEST(reason(parse_bytes("1.0001 KiB")) == "no whole number of bytes");
  BOOST_TEST(reason(parse_bytes("16777216 TiB")) == "too large");
  BOOST_TEST(reason(parse_bytes("99999999999999999999")) == "not a size such as \"512 KiB\"");
  BOOST_TEST(reason(parse_duration("0.5 us")) == "no whole number of microseconds");
  BOOST_TEST(reason(parse_duration("9223372036854775808 us")) == "too large");
  BOOST_TEST(reason(parse_duration("200000000 days")) == "too large");
  BOOST_TEST(reason(parse_percent("0.00001 %")) == "no whole number of millionths");
  BOOST_TEST(reason(parse_percent("100.0001 %")) == "more than 100 %");
  BOOST_TEST(reason(parse_duration("30")) == "not a time such as \"500 ms\", \"30 s\" or \"2 h\"");
  BOOST_TEST(reason(parse_percent("25")) == "not a share such as \"12.5 %\"");
  BOOST_TEST(reason(parse_file_mode("0888")) == "not an octal mode such as \"0660\"");
}

BOOST_AUTO_TEST_CASE(nonsense_is_no_size_no_time_and_no_share) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv,          " "sv,       "-1"sv,      "+1 B"sv,   "GiB"sv,
        "8 gib"sv,     "8 GiB 8"sv, "8,5 GiB"sv, ".5 GiB"sv, "5. GiB"sv,
        "1.2.3 GiB"sv, "1e3"sv,     "0x10"sv,    "8\nGiB"sv, "8 \0GiB"sv,
        "8 G\xffi"sv,  "inf"sv,     "nan %"sv,   "% 5"sv,    "1.0000000000 B"sv}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_bytes(text).has_value());
      BOOST_TEST(!parse_duration(text).has_value());
      BOOST_TEST(!parse_percent(text).has_value());
      BOOST_TEST(!parse_size_or_percent(text).has_value());
      BOOST_TEST(!parse_file_mode(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(texts_are_in_the_largest_unit_without_a_fraction) {
  BOOST_TEST(bytes_text(192 * kib) == "192 KiB");
  BOOST_TEST(bytes_text(1536 * mib) == "1536 MiB");
  BOOST_TEST(bytes_text(1000) == "1000 B");
  BOOST_TEST(bytes_text(0) == "0");
  BOOST_TEST(duration_text(seconds(90)) == "90 s");
  BOOST_TEST(duration_text(seconds(60)) == "1 min");
  BOOST_TEST(duration_text(hours(24)) == "1 day");
  BOOST_TEST(duration_text(hours(48)) == "2 days");
  BOOST_TEST(duration_text(seconds(0)) == "0 s");
  BOOST_TEST(percent_text(percent{125'000}) == "12.5 %");
  BOOST_TEST(percent_text(percent{1}) == "0.0001 %");
  BOOST_TEST(percent_text(percent{1'000'000}) == "100 %");
  BOOST_TEST(file_mode_text(file_mode{0660}) == "0660");
}

BOOST_AUTO_TEST_CASE(every_text_is_read_back_to_the_same_value) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t bytes = random() >> (random() % 64);
    const std::uint64_t even = bytes << (random() % 8) * 5;
    BOOST_TEST_REQUIRE(parse_bytes(bytes_text(bytes)).value() == bytes);
    BOOST_TEST_REQUIRE(parse_bytes(bytes_text(even)).value() == even);
    const duration time(static_cast<duration::rep>(bytes >> 1));
    BOOST_TEST_REQUIRE((parse_duration(duration_text(time)).value() == time));
    const percent share{static_cast<std::uint32_t>(random() % 1'000'001)};
    BOOST_TEST_REQUIRE((parse_percent(percent_text(share)).value() == share));
    const file_mode mode{static_cast<std::uint32_t>(random() % 01000)};
    BOOST_TEST_REQUIRE((parse_file_mode(file_mode_text(mode)).value() == mode));
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_never_crash_a_parser) {
  constexpr std::string_view letters = "0123456789.. %KMGiBmshdayu-\t\x00\xff";
  std::mt19937_64 random(11);
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (std::size_t length = random() % 12; text.size() < length;) {
      text += letters[random() % letters.size()];
    }
    if (const auto bytes = parse_bytes(text)) {
      BOOST_TEST_REQUIRE(parse_bytes(bytes_text(*bytes)).value() == *bytes);
    }
    if (const auto time = parse_duration(text)) {
      BOOST_TEST_REQUIRE((parse_duration(duration_text(*time)).value() == *time));
    }
    if (const auto size = parse_size_or_percent(text)) {
      BOOST_TEST_REQUIRE((parse_size_or_percent(size_or_percent_text(*size)).value() == *size));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
