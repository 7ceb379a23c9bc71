// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Codecs are immutable and shared by all threads: several encode and decode with one at the same
// time, each with working memory of its own. What they make is compared, and the thread sanitizer
// sees the rest (scripts/test, races).
#include "tests/conformance/codec_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <thread>

namespace {

using namespace cellard;

/// Boost.Test's checks belong to one thread, so this says it by its result.
bool makes(const gpu::segment_codec& codec, const tests::codec_case& on,
           std::span<const std::byte> bytes, std::span<const std::byte> values) {
  gpu::scratch work;
  std::vector<std::byte> encoded(codec.bound(on.shape));
  std::vector<std::byte> decoded(on.raw.size());
  const auto size = codec.encode(on.shape, on.raw, encoded, work);
  return size && std::ranges::equal(std::span(encoded).first(*size), bytes)
         && codec.decode(on.shape, bytes, {0, on.shape.tokens}, decoded, work)
         && std::ranges::equal(decoded, values);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_threads)

BOOST_AUTO_TEST_CASE(threads_may_share_a_codec) {
  const auto on = tests::make_case(core::dtype::bf16, gpu::side::keys, 33, 2, 17,
                                   tests::numbers::few_directions, {16});
  for (const auto& set : tests::codec_sets()) {
    for (const auto& codec : set.all()) {
      const auto bytes = tests::encode(*codec, on.shape, on.raw);
      BOOST_TEST_REQUIRE(bytes.has_value());
      const auto values = tests::decode(*codec, on.shape, *bytes, {0, on.shape.tokens});
      BOOST_TEST_REQUIRE(values.has_value());
      std::array<bool, 3> alike{};
      std::array<std::thread, alike.size()> threads;
      for (std::size_t i = 0; i < alike.size(); ++i) {
        threads[i] = std::thread([&, i] { alike[i] = makes(*codec, on, *bytes, *values); });
      }
      for (auto& each : threads) {
        each.join();
      }
      BOOST_TEST((alike == std::array{true, true, true}), set.backend() << " " << codec->name());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
