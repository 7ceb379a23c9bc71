// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a caller may rely on, whichever codec and backend it got: values within a bound, the same
// bytes on every level, any range of tokens, any alignment.
#include "core/error.hpp"
#include "gpu/fidelity.hpp"
#include "tests/conformance/codec_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace {

using namespace cellard;
using tests::codec_case;
using tests::codec_sets;
using tests::decode;
using tests::encode;

/// Relative Frobenius error on normal numbers: a step is a seventh of a deviation at six bits and
/// doubles with each bit less; its error is uniform. One that is not listed beats zeros at least.
float bound_of(const gpu::segment_codec& codec, core::dtype type) {
  constexpr std::pair<std::string_view, float> bounds[] = {
    {"int8", 0.01F}, {"int6", 0.04F},  {"int5", 0.07F}, {"int4", 0.13F},    {"int3", 0.3F},
    {"int2", 0.8F},  {"sparse", 0.4F}, {"svd", 0.11F},  {"lowrank", 0.13F}, {"lowrank-3", 0.3F}};
  if (!codec.lossy()) {
    return 0;
  }
  const auto* const found =
    std::find_if(std::begin(bounds), std::end(bounds),
                 [&](const auto& each) { return each.first == codec.name(); });
  const float own = found == std::end(bounds) ? 1.0F : found->second;
  // Values of eight bits are rounded once more, to three bits of fraction: 2^-4 / sqrt 3 at most.
  return type == core::dtype::f8e4m3 ? std::hypot(own, 0.036F) : own;
}

/// Encodes with every codec of every level, and gives `check` those that the scalar one accepts.
template <class Check>
void each_codec(const codec_case& on, bool must_accept, Check&& check) {
  for (const auto& plain : codec_sets().front().all()) {
    BOOST_TEST_CONTEXT(plain->name() << ", " << on.name) {
      const auto bytes = encode(*plain, on.shape, on.raw);
      if (!bytes) {
        BOOST_TEST((!must_accept || tests::may_refuse(*plain, on)), bytes.error().context());
        BOOST_TEST((bytes.error().code() == core::errc::invalid_argument));
        BOOST_TEST(!bytes.error().context().empty());
      }
      for (const auto& set : codec_sets()) {
        const auto& codec = *set.find(plain->name());
        const auto again = encode(codec, on.shape, on.raw);
        BOOST_TEST((again.has_value() == bytes.has_value() && (!again || *again == *bytes)),
                   set.backend() << " encodes to other bytes than scalar");
      }
      if (bytes) {
        check(*plain, *bytes);
      }
    }
  }
}

/// What every level decodes `bytes` to.
std::vector<std::byte> decoded_alike(std::string_view name, const gpu::segment& shape,
                                     std::span<const std::byte> bytes) {
  const auto plain = decode(*codec_sets().front().find(name), shape, bytes, {0, shape.tokens});
  BOOST_TEST_REQUIRE(plain.has_value());
  for (const auto& set : codec_sets()) {
    const auto again = decode(*set.find(name), shape, bytes, {0, shape.tokens});
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST((*again == *plain), set.backend() << " decodes to other values than scalar");
  }
  return *plain;
}

/// A value that is not finite, at `index`.
void spoil(codec_case& on, std::size_t index, bool infinite) {
  const std::size_t size = core::element_bytes(on.shape.type);
  std::uint32_t bits = std::bit_cast<std::uint32_t>(infinite ? -INFINITY : NAN);
  if (on.shape.type == core::dtype::bf16) {
    bits >>= 16;
  } else if (on.shape.type == core::dtype::f16) {
    bits = infinite ? 0xfc00 : 0x7e01;
  } else if (on.shape.type == core::dtype::f8e4m3) {
    bits = 0xff;
  }
  std::memcpy(on.raw.data() + index * size, &bits, size);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codecs)

BOOST_AUTO_TEST_CASE(each_level_has_the_same_codecs_by_name_and_by_number) {
  for (const auto& set : codec_sets()) {
    BOOST_TEST_REQUIRE(set.all().size() == codec_sets().front().all().size());
    for (const auto& codec : codec_sets().front().all()) {
      BOOST_TEST_REQUIRE(set.find(codec->name()) != nullptr);
      BOOST_TEST((set.find(codec->name())->number() == codec->number()));
      BOOST_TEST_REQUIRE(set.find(codec->number()) != nullptr);
    }
  }
}

BOOST_AUTO_TEST_CASE(normal_numbers_come_back_within_the_bound_and_alike_on_every_level) {
  for (const auto& on : tests::normal_cases()) {
    each_codec(on, true, [&](const gpu::segment_codec& codec, std::span<const std::byte> bytes) {
      const auto back = decoded_alike(codec.name(), on.shape, bytes);
      if (codec.lossy()) {
        BOOST_TEST(gpu::measure(on.shape.type, on.raw, back).relative
                   <= bound_of(codec, on.shape.type));
      } else {
        BOOST_TEST((back == on.raw));
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(odd_numbers_are_refused_or_come_back_finite_and_in_their_range) {
  for (const auto& on : tests::odd_cases()) {
    each_codec(on, false, [&](const gpu::segment_codec& codec, std::span<const std::byte> bytes) {
      const auto back = decoded_alike(codec.name(), on.shape, bytes);
      if (codec.lossy()) {
        // A step may be as coarse as the least normal float: then denormals all become one. One
        // that was learned is as coarse as what it was learned from.
        const bool coarse = on.kind == tests::numbers::denormal || codec.needs_profile();
        const float most = coarse ? 2 : 1;
        BOOST_TEST(gpu::measure(on.shape.type, on.raw, back).largest <= most);
      } else {
        BOOST_TEST((back == on.raw));
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_kept_exactly_or_refused) {
  for (const auto type :
       {core::dtype::f32, core::dtype::f16, core::dtype::bf16, core::dtype::f8e4m3}) {
    for (const auto what : {gpu::side::keys, gpu::side::values}) {
      for (const bool infinite : {true, false}) {
        const auto whole = tests::make_case(type, what, 33, 2, 17);
        for (const std::size_t at :
             {std::size_t{0}, whole.shape.count() / 2, whole.shape.count() - 1}) {
          auto on = whole;
          spoil(on, at, infinite);
          each_codec(on, false,
                     [&](const gpu::segment_codec& codec, std::span<const std::byte> bytes) {
                       BOOST_TEST((decoded_alike(codec.name(), on.shape, bytes) == on.raw));
                     });
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_range_of_tokens_is_that_part_of_the_whole) {
  for (const auto& on : tests::normal_cases()) {
    const std::uint32_t tokens = on.shape.tokens;
    const std::size_t token = tests::token_bytes(on.shape);
    for (const auto& plain : codec_sets().front().all()) {
      const auto bytes = encode(*plain, on.shape, on.raw);
      if (!bytes && tests::may_refuse(*plain, on)) {
        continue;
      }
      BOOST_TEST_REQUIRE(bytes.has_value());
      const auto whole = decode(*plain, on.shape, *bytes, {0, tokens});
      BOOST_TEST_REQUIRE(whole.has_value());
      for (const auto& set : codec_sets()) {
        for (const gpu::token_range wanted :
             {gpu::token_range{0, 0}, gpu::token_range{tokens, 0}, gpu::token_range{0, 1},
              gpu::token_range{tokens - 1, 1}, gpu::token_range{tokens / 3, tokens / 2}}) {
          const auto part = decode(*set.find(plain->name()), on.shape, *bytes, wanted);
          BOOST_TEST_REQUIRE(part.has_value());
          BOOST_TEST(std::equal(part->begin(), part->end(),
                                whole->begin() + static_cast<std::ptrdiff_t>(wanted.first * token)),
                     set.backend() << " " << plain->name() << ", " << on.name << ": "
                                   << wanted.count << " tokens from " << wanted.first);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_pointer_need_be_aligned) {
  for (const auto& on : tests::normal_cases()) {
    if (on.shape.tokens != 33) {
      continue;
    }
    for (const auto& set : codec_sets()) {
      for (const auto& codec : set.all()) {
        BOOST_TEST_CONTEXT(set.backend() << " " << codec->name() << ", " << on.name) {
          const auto bytes = encode(*codec, on.shape, on.raw);
          if (!bytes && tests::may_refuse(*codec, on)) {
            continue;
          }
          BOOST_TEST_REQUIRE(bytes.has_value());
          const auto back = decode(*codec, on.shape, *bytes, {0, on.shape.tokens});
          BOOST_TEST_REQUIRE(back.has_value());

          gpu::scratch work;
          std::vector<std::byte> raw(1 + on.raw.size());
          std::copy(on.raw.begin(), on.raw.end(), raw.begin() + 1);
          std::vector<std::byte> encoded(1 + codec->bound(on.shape));
          const auto size =
            codec->encode(on.shape, std::span(raw).subspan(1), std::span(encoded).subspan(1), work);
          BOOST_TEST_REQUIRE(size.has_value());
          encoded.resize(1 + *size);
          BOOST_TEST(std::equal(bytes->begin(), bytes->end(), encoded.begin() + 1, encoded.end()));
          std::fill(raw.begin(), raw.end(), std::byte{0xcb});
          BOOST_TEST(codec
                       ->decode(on.shape, std::span(encoded).subspan(1), {0, on.shape.tokens},
                                std::span(raw).subspan(1), work)
                       .has_value());
          BOOST_TEST(std::equal(back->begin(), back->end(), raw.begin() + 1, raw.end()));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
