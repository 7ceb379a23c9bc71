// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile.hpp"

#include "core/error.hpp"
#include "gpu/rope_table.hpp"
#include "tests/support/profiles.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <limits>
#include <random>

namespace {

using namespace cellard;
using gpu::profile;
using gpu::profile_scope;
using gpu::profile_shape;
using gpu::side;

const profile_shape small{core::dtype::bf16, profile_scope::head, false, 2, 3, 5, 7};

std::vector<std::byte> bytes_of(const profile& from) {
  return {from.bytes().begin(), from.bytes().end()};
}

core::errc refused(std::span<const std::byte> bytes) {
  const auto read = profile::read(bytes);
  BOOST_TEST_REQUIRE(!read.has_value());
  BOOST_TEST(!read.error().context().empty());
  return read.error().code();
}

/// The bytes of `small` with something in a part that should not be there.
template <class Change>
std::vector<std::byte> spoiled(Change&& change) {
  auto bytes = bytes_of(*tests::reflecting_profile(small));
  std::byte* const section = bytes.data() + small.section_offset(1, side::values);
  change(reinterpret_cast<float*>(section),
         reinterpret_cast<std::int8_t*>(section + small.spreads_offset(side::values)),
         reinterpret_cast<std::int16_t*>(section + small.basis_offset(side::values)));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profiles)

BOOST_AUTO_TEST_CASE(bytes_come_back_as_the_same_profile) {
  for (const auto scope : {profile_scope::head, profile_scope::layer}) {
    for (const std::uint32_t value_dim : {0U, 7U}) {
      profile_shape shape = small;
      shape.scope = scope;
      shape.value_dim = value_dim;
      const auto made = tests::reflecting_profile(shape);
      const auto read = profile::read(made->bytes());
      BOOST_TEST_REQUIRE(read.has_value());
      BOOST_TEST(((*read)->shape() == shape));
      BOOST_TEST((*read)->tokens() == 1000U);
      BOOST_TEST(((*read)->id() == made->id()));
      const auto part = (*read)->part(1, side::keys);
      BOOST_TEST(part.groups == (scope == profile_scope::head ? 3U : 1U));
      BOOST_TEST(part.groups * part.size == 15U);
      BOOST_TEST(part.basis.size() == (scope == profile_scope::head ? 3U * 30 : 240U));
      BOOST_TEST(part.basis[0] != 0);
      BOOST_TEST(part.scales[14] == 1.0F);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_name_is_that_of_the_content) {
  auto draft = tests::reflecting_draft(small);
  const auto before = (*draft.finish())->id();
  BOOST_TEST((before == (*draft.finish())->id()));
  draft.at(1, side::values).means[20] = 0.5F;
  BOOST_TEST((before != (*draft.finish())->id()));
}

BOOST_AUTO_TEST_CASE(it_fits_segments_of_its_model_only) {
  const auto made = tests::reflecting_profile(small);
  gpu::segment shape{core::dtype::bf16, side::values, 1, 10, 3, 7};
  BOOST_TEST(made->fits(shape));
  const auto without = [&](auto change) {
    auto other = shape;
    change(other);
    return !made->fits(other);
  };
  BOOST_TEST(without([](auto& other) { other.type = core::dtype::f16; }));
  BOOST_TEST(without([](auto& other) { other.what = side::keys; }));
  BOOST_TEST(without([](auto& other) { other.layer = 2; }));
  BOOST_TEST(without([](auto& other) { other.heads = 2; }));
  BOOST_TEST(without([](auto& other) { other.dim = 5; }));
  // Keys that are rotated back are others than keys that are not.
  core::rope_descriptor how;
  how.rotary_dim = 4;
  how.theta = 10000;
  const gpu::rope_table rope(how, 0, 10);
  gpu::segment keys{core::dtype::bf16, side::keys, 1, 10, 3, 5};
  BOOST_TEST(made->fits(keys));
  keys.rope = &rope;
  BOOST_TEST(!made->fits(keys));
  auto turned = small;
  turned.rotated_back = true;
  BOOST_TEST(tests::reflecting_profile(turned)->fits(keys));
}

BOOST_AUTO_TEST_CASE(no_other_length_is_a_profile) {
  const auto bytes = bytes_of(*tests::reflecting_profile(small));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST((refused(std::span(bytes).first(size)) == core::errc::corrupt));
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  BOOST_TEST((refused(longer) == core::errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_later_version_says_so) {
  auto bytes = bytes_of(*tests::reflecting_profile(small));
  bytes[4] = std::byte{2};
  BOOST_TEST((refused(bytes) == core::errc::unsupported_version));
}

BOOST_AUTO_TEST_CASE(any_byte_of_the_header_may_be_another) {
  const auto bytes = bytes_of(*tests::reflecting_profile(small));
  for (std::size_t at = 0; at < sizeof(gpu::profile_header); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1U << bit);
      const auto read = profile::read(damaged);
      const bool kept = at == 6 || at == 8 || at >= offsetof(gpu::profile_header, tokens);
      BOOST_TEST((kept || !read.has_value()), "byte " << at << " bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_lead_a_decoder_astray_are_refused) {
  BOOST_TEST((profile::read(spoiled([](auto*, auto*, auto*) {})).has_value()));
  constexpr std::size_t channels = 21;
  const auto all = {
    spoiled([](float* means, auto*, auto*) { means[3] = NAN; }),
    spoiled([](float* means, auto*, auto*) { means[0] = -INFINITY; }),
    spoiled([](float* means, auto*, auto*) { means[20] = 1e31F; }),
    spoiled([](float* means, auto*, auto*) { means[channels + 3] = NAN; }),
    spoiled([](float* means, auto*, auto*) { means[channels + 3] = 0; }),
    spoiled([](float* means, auto*, auto*) { means[channels + 3] = -1; }),
    spoiled([](float* means, auto*, auto*) { means[channels] = 1e31F; }),
    spoiled([](auto*, std::int8_t* spreads, auto*) { spreads[1] = 1; }),
    spoiled([](auto*, std::int8_t* spreads, auto*) { std::fill_n(spreads, channels, 33); }),
    spoiled([](auto*, std::int8_t* spreads, auto*) { spreads[6] = -65; }),
    spoiled([](auto*, auto*, std::int16_t* basis) { basis[0] = 4097; }),
    spoiled([](auto*, auto*, std::int16_t* basis) { basis[167] = -32768; }),
  };
  for (const auto& bytes : all) {
    BOOST_TEST((refused(bytes) == core::errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(shapes_without_an_end_are_refused) {
  const auto refuses = [](auto change) {
    profile_shape shape = small;
    change(shape);
    const auto checked = shape.check();
    return !checked && checked.error().code() == core::errc::invalid_argument;
  };
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  BOOST_TEST(small.check().has_value());
  BOOST_TEST(refuses([](auto& shape) { shape.layers = 0; }));
  BOOST_TEST(refuses([](auto& shape) { shape.heads = 0; }));
  BOOST_TEST(refuses([](auto& shape) { shape.key_dim = 0; }));
  BOOST_TEST(refuses([](auto& shape) { shape.type = core::dtype::opaque; }));
  BOOST_TEST(refuses([](auto& shape) { shape.layers = most; }));
  BOOST_TEST(refuses([](auto& shape) { shape.heads = most; }));
  BOOST_TEST(refuses([](auto& shape) { shape.key_dim = most; }));
  BOOST_TEST(refuses([](auto& shape) { shape.value_dim = most; }));
  BOOST_TEST(refuses([](auto& shape) {
    shape.heads = 64;
    shape.key_dim = 1024;
    shape.scope = profile_scope::layer;
  }));
}

BOOST_AUTO_TEST_SUITE_END()
