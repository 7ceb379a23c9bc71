// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/error.hpp"
#include "gpu/calibration.hpp"
#include "gpu/container_reader.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/fidelity.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/host/xtc_codec.hpp"
#include "tests/support/jacobi.hpp"
#include "tests/support/profiles.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace {

using namespace cellard;
using gpu::profile_scope;
using gpu::side;

constexpr std::uint32_t tokens = 600;
constexpr std::uint32_t heads = 2;
constexpr std::uint32_t dim = 16;

gpu::segment segment_of(side what) {
  return {core::dtype::f32, what, 0, tokens, heads, dim};
}

/// Channels that follow three hidden ones a head, around means of their own, with one a hundred
/// times as large as the others.
std::vector<float> correlated(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::uint32_t i = 0; i < tokens * heads; ++i) {
    const float hidden[] = {normal(random), normal(random), normal(random)};
    for (std::uint32_t c = 0; c < dim; ++c) {
      const float value = static_cast<float>(c) - 4 + 2 * hidden[c % 3] + 0.1F * normal(random);
      out.push_back(c == 5 ? 100 * value : value);
    }
  }
  return out;
}

std::span<const std::byte> raw_of(const std::vector<float>& numbers) {
  return std::as_bytes(std::span(numbers));
}

std::shared_ptr<const gpu::profile> learned(profile_scope scope) {
  gpu::scratch work;
  gpu::calibration from({core::dtype::f32, scope, false, 1, heads, dim, dim});
  for (const auto what : {side::keys, side::values}) {
    BOOST_TEST_REQUIRE(from.add(segment_of(what), raw_of(correlated(1)), work).has_value());
  }
  auto made = from.build(tests::jacobi);
  BOOST_TEST_REQUIRE(made.has_value());
  return *made;
}

struct outcome {
  double bits;
  float error;
};

outcome roundtrip(std::string_view name, const gpu::segment& shape,
                  std::span<const std::byte> raw) {
  gpu::scratch work;
  const auto& codec = *gpu::host::best_codecs().find(name);
  std::vector<std::byte> encoded(codec.bound(shape));
  const auto size = codec.encode(shape, raw, encoded, work);
  BOOST_TEST_REQUIRE(size.has_value());
  encoded.resize(*size);
  std::vector<std::byte> back(raw.size());
  BOOST_TEST_REQUIRE(codec.decode(shape, encoded, {0, shape.tokens}, back, work).has_value());
  return {8.0 * static_cast<double>(*size) / static_cast<double>(shape.count()),
          gpu::measure(shape.type, raw, back).relative};
}

core::errc refused(std::string_view name, const gpu::segment& shape,
                   std::span<const std::byte> raw) {
  gpu::scratch work;
  const auto& codec = *gpu::host::best_codecs().find(name);
  std::vector<std::byte> room(codec.bound(shape));
  const auto size = codec.encode(shape, raw, room, work);
  BOOST_TEST_REQUIRE(!size.has_value());
  return size.error().code();
}

template <class T>
std::uint64_t hash(const std::vector<T>& of) {
  return XXH3_64bits(of.data(), of.size() * sizeof(T));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(xtc)

/// Encoded blocks outlive the program, so the tables may not change. Their numbers are the format.
BOOST_AUTO_TEST_CASE(tables_are_those_of_the_format) {
  const auto& all = gpu::host::xtc_tables_of_all();
  BOOST_TEST(hash(all.slots) == 7366004677134929028U);
  BOOST_TEST(hash(std::vector<std::int16_t>(all.numbers.begin(), all.numbers.end()))
             == 9980598449098719387U);
}

BOOST_AUTO_TEST_CASE(tables_lie_about_zero_and_pull_towards_it) {
  const auto& all = gpu::host::xtc_tables_of_all();
  for (unsigned table = 0; table < gpu::host::xtc_table_count; ++table) {
    const int reach = all.reach.at(table);
    const auto number = [&](int s) {
      return int{all.numbers[table * 256 + static_cast<unsigned>(s + reach + 1)]};
    };
    BOOST_TEST(number(0) == 0);
    for (int s = 1; s <= reach; ++s) {
      BOOST_TEST(number(s) == -number(-s));
      BOOST_TEST((number(s) >= 16 * s - 6 && number(s) <= 16 * s + 3), table << ": " << s);
    }
  }
}

BOOST_AUTO_TEST_CASE(widths_have_tables_and_shifts) {
  for (int width = gpu::host::xtc_least_width; width <= gpu::host::xtc_most_width; ++width) {
    const unsigned shift = gpu::host::xtc_shift(width);
    BOOST_TEST(shift <= gpu::host::xtc_most_shift);
    BOOST_TEST(gpu::host::xtc_table(width) < gpu::host::xtc_table_count);
    if (width > 5) {
      BOOST_TEST((width - 2 * static_cast<int>(shift) == 4 + width % 2));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_level_halves_the_error_for_about_a_bit_more) {
  for (const auto scope : {profile_scope::head, profile_scope::layer}) {
    const auto by = learned(scope);
    auto shape = segment_of(side::values);
    shape.learned = by.get();
    const auto raw = correlated(2);
    double before = 0;
    float error_before = 1;
    for (const auto* const name : {"xtc-5", "xtc-4", "xtc-3", "xtc-2", "xtc-1"}) {
      const auto [bits, error] = roundtrip(name, shape, raw_of(raw));
      BOOST_TEST((bits > before && bits < before + 1.5), name << " has " << bits << " bits");
      BOOST_TEST(error < 0.7F * error_before);
      before = bits;
      error_before = error;
    }
    BOOST_TEST(before < 3.5);  // three directions of sixteen vary
    BOOST_TEST(error_before < 0.03F);
  }
}

BOOST_AUTO_TEST_CASE(a_large_channel_of_keys_costs_nothing) {
  const auto by = learned(profile_scope::head);
  auto shape = segment_of(side::keys);
  shape.learned = by.get();
  const auto [bits, error] = roundtrip("xtc-3", shape, raw_of(correlated(2)));
  BOOST_TEST(bits < 2);
  BOOST_TEST(error < 0.1F);
}

BOOST_AUTO_TEST_CASE(components_that_do_not_vary_cost_no_bits) {
  gpu::scratch work;
  gpu::calibration from({core::dtype::f32, profile_scope::head, false, 1, heads, dim, 0});
  const std::vector<float> same(std::size_t{tokens} * heads * dim, 3);
  auto shape = segment_of(side::keys);
  BOOST_TEST_REQUIRE(from.add(shape, raw_of(same), work).has_value());
  const auto by = from.build(tests::jacobi);
  BOOST_TEST_REQUIRE(by.has_value());
  shape.learned = by->get();
  const auto [bits, error] = roundtrip("xtc-1", shape, raw_of(same));
  BOOST_TEST(error == 0.0F);
  BOOST_TEST(bits < 0.01);
}

BOOST_AUTO_TEST_CASE(without_the_profile_of_the_model_it_is_refused) {
  auto shape = segment_of(side::keys);
  const auto raw = correlated(2);
  BOOST_TEST((refused("xtc-3", shape, raw_of(raw)) == core::errc::invalid_argument));
  const auto other = tests::reflecting_profile(
    {core::dtype::f32, profile_scope::head, false, 1, heads, dim + 1, dim});
  shape.learned = other.get();
  BOOST_TEST((refused("xtc-3", shape, raw_of(raw)) == core::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(numbers_that_the_profile_does_not_expect_are_refused) {
  const auto by = learned(profile_scope::head);
  auto shape = segment_of(side::keys);
  shape.learned = by.get();
  auto shifted = correlated(2);
  for (float& value : shifted) {
    value = 20 * value;
  }
  BOOST_TEST((refused("xtc-3", shape, raw_of(shifted)) == core::errc::invalid_argument));
  auto far = correlated(2);
  far[100] = 1e9F;
  BOOST_TEST((refused("xtc-5", shape, raw_of(far)) == core::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(rare_numbers_beyond_the_tables_are_listed) {
  const auto by = learned(profile_scope::head);
  auto shape = segment_of(side::keys);
  shape.learned = by.get();
  auto raw = correlated(2);
  const auto means = by->part(0, side::keys).means;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool rare = i / means.size() % 97 == 1;
    raw[i] += rare ? 9 * (raw[i] - means[i % means.size()]) : 0;
  }
  const auto [bits, error] = roundtrip("xtc-1", shape, raw_of(raw));
  BOOST_TEST(error < 0.03F);
  BOOST_TEST(bits < 6);
}

BOOST_AUTO_TEST_CASE(a_container_names_the_profile_that_decodes_it) {
  const auto by = learned(profile_scope::head);
  const auto raw_values = correlated(2);
  gpu::block what;
  what.type = core::dtype::f32;
  what.layers = 1;
  what.tokens = tokens;
  what.heads = heads;
  what.key_dim = dim;
  what.learned = by.get();
  gpu::scratch work;
  const gpu::container_writer writer(gpu::host::best_codecs(), *gpu::find_scheme("xtc"), {});
  std::vector<std::byte> encoded(writer.bound(what));
  const auto done = writer.encode(what, raw_of(raw_values), encoded, work);
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->gentler == 0U);
  encoded.resize(done->bytes);
  const auto opened = [&](const gpu::block& as) {
    return gpu::container_reader::open(gpu::host::best_codecs(), as, encoded);
  };
  const auto reader = opened(what);
  BOOST_TEST_REQUIRE(reader.has_value());
  BOOST_TEST((reader->header().profile == by->id()));
  BOOST_TEST((reader->info(0, side::keys).number == gpu::format::xtc));
  std::vector<std::byte> back(what.raw_bytes());
  BOOST_TEST(reader->decode_all(back, work).has_value());

  auto other = what;
  const auto wrong = tests::reflecting_profile(by->shape());
  for (const gpu::profile* const each : {static_cast<const gpu::profile*>(nullptr), wrong.get()}) {
    other.learned = each;
    const auto refused_reader = opened(other);
    BOOST_TEST_REQUIRE(!refused_reader.has_value());
    BOOST_TEST((refused_reader.error().code() == core::errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(without_a_profile_a_container_is_int8_and_names_none) {
  const auto raw_values = correlated(2);
  gpu::block what;
  what.type = core::dtype::f32;
  what.layers = 1;
  what.tokens = tokens;
  what.heads = heads;
  what.key_dim = dim;
  gpu::scratch work;
  const gpu::container_writer writer(gpu::host::best_codecs(), *gpu::find_scheme("xtc-5"), {});
  std::vector<std::byte> encoded(writer.bound(what));
  const auto done = writer.encode(what, raw_of(raw_values), encoded, work);
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->gentler == 1U);
  encoded.resize(done->bytes);
  const auto reader = gpu::container_reader::open(gpu::host::best_codecs(), what, encoded);
  BOOST_TEST_REQUIRE(reader.has_value());
  BOOST_TEST((reader->info(0, side::keys).number == gpu::format::int8));
}

BOOST_AUTO_TEST_SUITE_END()
