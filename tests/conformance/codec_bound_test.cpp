// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An operator's bound holds whatever the numbers are: every scheme, over tensors made to hurt those
// who share a step, a direction or a bitmap. Errors are measured here, from the decoded block.
#include "gpu/container_reader.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/numbers.hpp"
#include "tests/conformance/codec_cases.hpp"
#include "tests/support/profiles.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace {

using namespace cellard;
using gpu::side;

constexpr std::size_t tokens = 96;
constexpr std::size_t channels = 32;

/// A tensor as a function of token, channel and a normal number.
struct adversary {
  std::string_view name;
  float (*value)(std::size_t token, std::size_t channel, float normal);
};

constexpr adversary adversaries[] = {
  {"noise",
   [](std::size_t, std::size_t, float x) {
     return x;
   }},
  {"a large channel",
   [](std::size_t, std::size_t c, float x) {
     return c == 5 ? 3000 * x : x;
   }},
  {"a large token",
   [](std::size_t t, std::size_t, float x) {
     return t == 50 ? 3000 * x : x;
   }},
  {"one large value among small ones",
   [](std::size_t t, std::size_t c, float x) {
     return t == 3 && c == 9 ? 60000.0F : 1e-3F * x;
   }},
  {"tokens of two sizes",
   [](std::size_t t, std::size_t, float x) {
     return t % 2 == 0 ? x : 0.01F * x;
   }},
  {"one direction and spikes",
   [](std::size_t t, std::size_t c, float x) {
     const auto wave = std::sin(static_cast<float>(t)) * std::cos(static_cast<float>(c));
     return (t + 7 * c) % 61 == 0 ? 30 * x : wave;
   }},
  {"values of one magnitude",
   [](std::size_t, std::size_t, float x) {
     return x < 0 ? -1.0F : 1.0F;
   }},
  {"the ends of the range",
   [](std::size_t, std::size_t, float x) {
     return x < 0 ? -65504.0F : 65504.0F;
   }},
  {"denormals",
   [](std::size_t, std::size_t, float x) {
     return 1e-6F * x;
   }},
  {"zeros but one",
   [](std::size_t t, std::size_t c, float) {
     return t == 40 && c == 31 ? -2.0F : 0.0F;
   }},
};

/// One layer an adversary.
gpu::block shape() {
  static const core::rope_descriptor rope = [] {
    core::rope_descriptor how;
    how.rotary_dim = 16;
    how.theta = 10000;
    return how;
  }();
  gpu::block out;
  out.type = core::dtype::f16;
  out.layers = std::size(adversaries);
  out.tokens = tokens;
  out.heads = 2;
  out.key_dim = out.value_dim = channels / 2;
  out.rope = &rope;
  static const auto learned = tests::reflecting_profile(
    {out.type, gpu::profile_scope::head, true, out.layers, out.heads, out.key_dim, out.value_dim});
  out.learned = learned.get();
  return out;
}

std::vector<std::uint16_t> numbers() {
  std::mt19937 random(8);
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> out;
  for (int side = 0; side < 2; ++side) {
    for (const auto& each : adversaries) {
      for (std::size_t i = 0; i < tokens * channels; ++i) {
        const float value = each.value(i / channels, i % channels, normal(random));
        out.push_back(gpu::float_to_f16(std::clamp(value, -65504.0F, 65504.0F)));
      }
    }
  }
  return out;
}

double error_of(std::span<const std::uint16_t> seen, std::span<const std::uint16_t> was) {
  double off = 0;
  double all = 0;
  for (std::size_t i = 0; i < was.size(); ++i) {
    const double before = gpu::f16_to_float(was[i]);
    off += std::pow(gpu::f16_to_float(seen[i]) - before, 2);
    all += before * before;
  }
  return off == 0 ? 0 : std::sqrt(off / all);
}

struct outcome {
  gpu::encode_report report;
  std::vector<std::uint16_t> decoded;
};

outcome through(const gpu::scheme& by, const std::vector<std::uint16_t>& raw, float bound) {
  const auto what = shape();
  const auto& codecs = tests::codec_sets().back();
  const gpu::container_writer writer(codecs, by, {.key_error = bound, .value_error = bound});
  gpu::scratch work;
  std::vector<std::byte> bytes(writer.bound(what));
  const auto report = writer.encode(what, std::as_bytes(std::span(raw)), bytes, work);
  BOOST_TEST_REQUIRE(report.has_value());
  bytes.resize(report->bytes);
  const auto reader = gpu::container_reader::open(codecs, what, bytes);
  BOOST_TEST_REQUIRE(reader.has_value());
  outcome out{*report, std::vector<std::uint16_t>(raw.size())};
  BOOST_TEST_REQUIRE(
    reader->decode_all(std::as_writable_bytes(std::span(out.decoded)), work).has_value());
  return out;
}

bool lossy(const gpu::scheme& by) {
  const auto* const codec = tests::codec_sets().back().find(by.keys);
  return codec != nullptr && codec->lossy();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_bounds)

BOOST_AUTO_TEST_CASE(no_scheme_errs_more_than_it_may) {
  const auto raw = numbers();
  for (const auto& by : gpu::schemes()) {
    for (const float bound : {0.2F, 0.05F, 0.004F}) {
      const auto out = through(by, raw, bound);
      for (std::size_t i = 0; i < 2 * std::size(adversaries); ++i) {
        const auto part = [&](const auto& of) {
          return std::span<const std::uint16_t>(of).subspan(i * tokens * channels,
                                                            tokens * channels);
        };
        BOOST_TEST(error_of(part(out.decoded), part(raw)) <= bound * 1.000001,
                   by.name << ", bound " << bound << ", "
                           << (i < std::size(adversaries) ? "keys: " : "values: ")
                           << adversaries[i % std::size(adversaries)].name);
      }
      BOOST_TEST(out.report.key_error <= bound);
      BOOST_TEST(out.report.value_error <= bound);
      // Less than int8 can do with noise: somebody else had to help.
      BOOST_TEST((bound > 0.005F || !lossy(by) || out.report.gentler > 0), by.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_bound_they_would_err_more) {
  const auto raw = numbers();
  for (const auto& by : gpu::schemes()) {
    const auto out = through(by, raw, 0);
    BOOST_TEST((lossy(by) == (std::max(out.report.key_error, out.report.value_error) > 0.004F)),
               by.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
