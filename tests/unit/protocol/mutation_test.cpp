// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Frames with random damage. Only the sanitizers see most of what can go wrong here; tests/fuzz
// goes on where this ends.
#include "tests/unit/protocol/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace cellard;
using namespace cellard::tests;

namespace {

constexpr int mutations = 20'000;

class mutator {
public:
  explicit mutator(std::uint64_t seed) : engine_(seed) {}

  /// A damaged copy, in memory of exactly its own size.
  frame_bytes operator()(const frame_bytes& original) {
    frame_bytes bytes = original;
    for (auto count = below(4) + 1; count > 0; --count) {
      damage(bytes);
    }
    bytes.shrink_to_fit();
    return bytes;
  }

private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

  void damage(frame_bytes& bytes) {
    static constexpr std::byte edges[] = {std::byte{0}, std::byte{1}, std::byte{0x7F},
                                          std::byte{0x80}, std::byte{0xFF}};
    const auto at = below(bytes.size() + 1);
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
    case 0:  // cut
      bytes.resize(at);
      break;
    case 1:  // grow
      bytes.insert(here, below(40), static_cast<std::byte>(engine_()));
      break;
    case 2:  // take something out
      bytes.erase(here, here + static_cast<std::ptrdiff_t>(below(bytes.size() - at + 1)));
      break;
    case 3:  // an edge value
      if (here != bytes.end()) {
        *here = edges[below(std::size(edges))];
      }
      break;
    case 4:  // a bit
      if (here != bytes.end()) {
        *here ^= static_cast<std::byte>(1U << below(8));
      }
      break;
    default:  // any byte
      if (here != bytes.end()) {
        *here = static_cast<std::byte>(engine_());
      }
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(damaged_frames_are_refused_or_mean_something) {
  for (const auto& [name, bytes, reencode, open_end] : random_samples(4711)) {
    mutator mutate{bytes.size()};
    for (int i = 0; i < mutations; ++i) {
      BOOST_TEST_REQUIRE(is_refused_or_stable(reencode, mutate(bytes)), name << ", " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_decoder_survives_the_frames_of_all_others) {
  mutator mutate{1};
  for (const auto& [name, bytes, own, open_end] : random_samples(815)) {
    for (int i = 0; i < 100; ++i) {
      const auto damaged = mutate(bytes);
      BOOST_TEST_REQUIRE(is_refused_or_stable(reencode_request, damaged), name);
      for (const auto reencode : reencode_replies) {
        BOOST_TEST_REQUIRE(is_refused_or_stable(reencode, damaged), name);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
