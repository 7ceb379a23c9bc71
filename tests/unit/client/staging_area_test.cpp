// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/staging_area.hpp"

#include "client/src/copy_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>

using namespace cellard::library;

BOOST_AUTO_TEST_SUITE(staging_area_test)

BOOST_AUTO_TEST_CASE(ranges_never_overlap_and_lie_inside) {
  constexpr std::uint64_t size = 100 * 4096 + 100;
  const auto area = std::make_shared<staging_area>(size, nullptr);
  std::mt19937 random{7};  // NOLINT: the same sequence every time
  std::vector<staging_range> taken;
  for (int step = 0; step < 2000; ++step) {
    if (!taken.empty() && random() % 3 == 0) {
      std::vector<staging_range> rest;
      const auto gone = random() % taken.size();
      for (std::size_t i = 0; i < taken.size(); ++i) {
        if (i != gone) {
          rest.push_back(std::move(taken[i]));
        }
      }
      taken.swap(rest);
    } else {
      staging_range::take(area, 1 + random() % 30000, taken);
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
    for (const auto& range : taken) {
      spans.emplace_back(range.offset(), range.offset() + range.length());
    }
    std::sort(spans.begin(), spans.end());
    for (std::size_t i = 0; i < spans.size(); ++i) {
      BOOST_TEST_REQUIRE(spans[i].second <= size);
      BOOST_TEST_REQUIRE((i == 0 || spans[i - 1].second <= spans[i].first));
    }
  }
  taken.clear();
  BOOST_TEST(!area->in_use());
  BOOST_TEST(area->take(size) == 0U);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  staging_area area{8192, nullptr};
  BOOST_TEST(area.take(0) == staging_area::none);
  BOOST_TEST(area.take(8193) == staging_area::none);
  BOOST_TEST(area.take(UINT64_MAX) == staging_area::none);
  BOOST_TEST(area.take(4097) == 0U);
  BOOST_TEST(area.take(1) == staging_area::none);
  area.give(0, 4097);
  BOOST_TEST(area.take(1) != staging_area::none);
}

BOOST_AUTO_TEST_CASE(copies_are_exact_at_any_alignment_and_size) {
  std::vector<std::byte> from(2 * streaming_bytes + 300);
  for (std::size_t i = 0; i < from.size(); ++i) {
    from[i] = static_cast<std::byte>(i * 13 + (i >> 7));
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, streaming_bytes - 1,
                                 streaming_bytes, streaming_bytes + 77, 2 * streaming_bytes}) {
    for (const std::size_t shift : {0U, 1U, 15U, 16U, 63U}) {
      std::vector<std::byte> to(size + 200, std::byte{0xEE});
      copy_bytes(to.data() + 64 + shift, from.data() + shift / 2, size);
      const auto* begin = to.data() + 64 + shift;
      BOOST_TEST(std::equal(begin, begin + size, from.data() + shift / 2));
      BOOST_TEST((to[63 + shift] == std::byte{0xEE} && begin[size] == std::byte{0xEE}));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
