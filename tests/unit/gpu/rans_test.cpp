// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/rans.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <random>

using namespace cellard;
using namespace cellard::gpu::host;

namespace {

// Tables of several classes, from flat to steep, and symbols drawn from them.
struct sample {
  unsigned bits;
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> slots;
  std::vector<std::uint8_t> symbols;

  sample(unsigned bits_, std::size_t period, std::size_t count, std::uint64_t seed) : bits(bits_) {
    constexpr std::size_t classes = 5;
    std::mt19937_64 random(seed);
    std::vector<std::vector<double>> weights(classes);
    rows.resize(classes * rans_symbols);
    slots.resize(classes << bits);
    for (std::size_t i = 0; i < classes; ++i) {
      std::vector<std::uint64_t> counts(i == 0 ? 256 : i == 1 ? 1 : 40);
      for (std::size_t s = 0; s < counts.size(); ++s) {
        counts[s] = 1 + (std::uint64_t{1000000} >> std::min<std::size_t>(s * i / 3, 40));
        weights[i].push_back(static_cast<double>(counts[s]));
      }
      const auto shares = rans_shares(counts, bits);
      BOOST_TEST_REQUIRE(rans_whole(shares, bits));
      rans_fill_rows(shares, std::span(rows).subspan(i * rans_symbols, rans_symbols));
      rans_fill_slots(shares, std::span(slots).subspan(i << bits, std::size_t{1} << bits));
    }
    std::vector<std::size_t> which(period);
    for (auto& each : which) {
      each = random() % classes;
    }
    for (std::size_t k = 0; k < count; ++k) {
      auto& of = weights[which[k % period]];
      symbols.push_back(
        static_cast<std::uint8_t>(std::discrete_distribution<int>(of.begin(), of.end())(random)));
    }
    which_ = which;
  }

  [[nodiscard]] rans_order encoder_order() const { return starts(rans_symbols); }
  [[nodiscard]] rans_order decoder_order() const { return starts(std::size_t{1} << bits); }

  [[nodiscard]] std::vector<std::byte> encoded(level loops) const {
    std::vector<std::byte> out(rans_bound(symbols.size()));
    out.resize(rans_encode(loops, rows, encoder_order(), bits, symbols, out));
    return out;
  }

  [[nodiscard]] core::result<std::vector<std::uint8_t>>
  decoded(level loops, std::span<const std::byte> stream) const {
    std::vector<std::uint8_t> out(symbols.size());
    CELLARD_TRY(rans_decode(loops, slots, decoder_order(), bits, stream, out));
    return out;
  }

private:
  [[nodiscard]] rans_order starts(std::size_t table) const {
    std::vector<std::uint32_t> out;
    for (const std::size_t each : which_) {
      out.push_back(static_cast<std::uint32_t>(each * table));
    }
    return rans_order(out);
  }

  std::vector<std::size_t> which_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rans)

BOOST_AUTO_TEST_CASE(shares_are_whole_and_nothing_that_occurs_goes_without) {
  std::vector<std::uint64_t> counts(256, 1);
  counts[7] = std::uint64_t{1} << 40;
  counts[9] = 0;
  for (const unsigned bits : {8U, 10U, 12U}) {
    const auto shares = rans_shares(counts, bits);
    BOOST_TEST(rans_whole(shares, bits));
    BOOST_TEST(shares[9] == 0U);
    BOOST_TEST(std::count(shares.begin(), shares.end(), 0U) == 1);
  }
}

BOOST_AUTO_TEST_CASE(symbols_come_back_and_every_level_writes_the_same_bytes) {
  for (const unsigned bits : {10U, 12U}) {
    for (const std::size_t period : {1U, 2U, 31U, 32U, 33U, 130U}) {
      for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 1000U, 20000U}) {
        const sample given(bits, period, count, count + period);
        const auto stream = given.encoded(level::scalar);
        for (const level loops : supported_levels()) {
          BOOST_TEST_CONTEXT(to_string(loops) << ", " << bits << " bits, " << count
                                              << " symbols of period " << period) {
            BOOST_TEST((given.encoded(loops) == stream));
            const auto back = given.decoded(loops, stream);
            BOOST_TEST_REQUIRE(back.has_value());
            BOOST_TEST((*back == given.symbols));
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stream_of_one_symbol_has_no_words_to_read_and_none_before_them_is_named) {
  const auto shares = rans_shares(std::vector<std::uint64_t>{1}, 10);
  std::vector<std::uint32_t> rows(rans_symbols);
  std::vector<std::uint32_t> slots(std::size_t{1} << 10);
  rans_fill_rows(shares, rows);
  rans_fill_slots(shares, slots);
  const std::vector<std::uint8_t> symbols(1000, 0);
  std::vector<std::byte> stream(rans_bound(symbols.size()));
  stream.resize(rans_encode(level::scalar, rows, rans_order(), 10, symbols, stream));
  for (const level loops : supported_levels()) {
    std::vector<std::uint8_t> back(symbols.size(), 7);
    BOOST_TEST(rans_decode(loops, slots, rans_order(), 10, stream, back).has_value());
    BOOST_TEST((back == symbols));
  }
}

BOOST_AUTO_TEST_CASE(a_stream_is_as_long_as_the_entropy_says) {
  // Two symbols, 15 : 1, have 0.337 bits each.
  std::vector<std::uint64_t> counts{15, 1};
  const auto shares = rans_shares(counts, 12);
  std::vector<std::uint32_t> rows(rans_symbols);
  rans_fill_rows(shares, rows);
  std::vector<std::uint8_t> symbols(65536);
  std::mt19937 random(3);
  for (auto& each : symbols) {
    each = random() % 16 == 0 ? 1 : 0;
  }
  std::vector<std::byte> out(rans_bound(symbols.size()));
  const auto size =
    static_cast<double>(rans_encode(level::scalar, rows, rans_order(), 12, symbols, out));
  BOOST_TEST(size * 8 / 65536 > 0.33);
  BOOST_TEST(size * 8 / 65536 < 0.37);
}

BOOST_AUTO_TEST_CASE(damage_is_corrupt_or_other_symbols_and_never_more) {
  const sample given(12, 7, 3001, 5);
  const auto stream = given.encoded(level::scalar);
  std::mt19937 random(9);
  for (const level loops : supported_levels()) {
    BOOST_TEST_CONTEXT(to_string(loops)) {
      for (const std::size_t size : {std::size_t{0}, std::size_t{127}, std::size_t{128},
                                     stream.size() - 1, stream.size() - 2}) {
        // Exactly as large as it says, so that a sanitizer sees a byte too many.
        const std::vector<std::byte> cut(stream.begin(),
                                         stream.begin() + static_cast<std::ptrdiff_t>(size));
        const auto back = given.decoded(loops, cut);
        BOOST_TEST_REQUIRE(!back.has_value());
        BOOST_TEST((back.error().code() == core::errc::corrupt));
      }
      auto longer = stream;
      longer.resize(stream.size() + 2);
      BOOST_TEST(!given.decoded(loops, longer).has_value());
      for (int i = 0; i < 200; ++i) {
        auto damaged = stream;
        if (i % 4 == 0) {
          std::generate(damaged.begin(), damaged.end(),
                        [&] { return static_cast<std::byte>(random()); });
        } else {
          damaged[random() % damaged.size()] ^= static_cast<std::byte>(1 + random() % 255);
        }
        // One bit more or less may be a stream of other symbols; a stream of noise is none, except
        // once in 2^512.
        const auto back = given.decoded(loops, damaged);
        const auto plain = given.decoded(level::scalar, damaged);
        BOOST_TEST_REQUIRE(back.has_value() == plain.has_value());
        BOOST_TEST((!back || *back == *plain));
        BOOST_TEST((!back || i % 4 != 0));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
