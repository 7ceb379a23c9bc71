// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Codecs by kernels where tests/conformance does not go: grids of many blocks, and a device that
// fails.
#include "gpu/device_codecs/codecs.hpp"
#include "gpu/emulated/device.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/host/integer_tiles.hpp"
#include "tests/conformance/codec_cases.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard;
using core::dtype;
using gpu::side;
using gpu::emulated::device;
using gpu::emulated::schedules;
using tests::decode;
using tests::encode;

/// Tiles of odd lengths, channels that fill blocks and that do not.
std::vector<tests::codec_case> large_cases() {
  using pairing = core::rope_descriptor::pairing_kind;
  constexpr auto normal = tests::numbers::normal;
  return {
    tests::make_case(dtype::f16, side::keys, 256, 8, 128, normal, {128}),
    tests::make_case(dtype::f16, side::values, 256, 8, 128),
    tests::make_case(dtype::bf16, side::keys, 383, 2, 96, normal, {64, pairing::interleaved}),
    tests::make_case(dtype::bf16, side::keys, 385, 3, 111, normal, {110}),
    tests::make_case(dtype::f16, side::values, 701, 3, 111),
    tests::make_case(dtype::f8e4m3, side::keys, 40, 1, 513),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_codecs)

BOOST_AUTO_TEST_CASE(a_device_has_every_codec_that_the_host_has) {
  const auto on = std::make_shared<device>(schedules()[0]);
  const auto set = gpu::make_codecs(on);
  BOOST_TEST(set.all().size() == gpu::host::best_codecs().all().size());
  for (const auto& codec : gpu::host::best_codecs().all()) {
    BOOST_TEST(set.find(codec->name()) != nullptr, codec->name());
  }
  const auto raw = tests::make_case(dtype::f16, side::values, 1, 1, 8);
  for (const auto& codec : gpu::kernel_codecs(on)) {
    const auto before = on->operations();
    BOOST_TEST(encode(*set.find(codec->name()), raw.shape, raw.raw).has_value());
    BOOST_TEST(on->operations() > before, codec->name() << " was not encoded by its kernel");
  }
}

BOOST_AUTO_TEST_CASE(grids_of_many_blocks_make_the_bytes_of_the_host) {
  const auto& host = gpu::host::best_codecs();
  for (const auto& how : schedules()) {
    const auto set = gpu::make_codecs(std::make_shared<device>(how));
    for (const auto& on : large_cases()) {
      for (const char* const name : {"int8", "int5", "int4", "int3"}) {
        BOOST_TEST_CONTEXT(set.backend() << ", " << name << ", " << on.name) {
          const auto wanted = encode(*host.find(name), on.shape, on.raw);
          const auto bytes = encode(*set.find(name), on.shape, on.raw);
          BOOST_TEST_REQUIRE((wanted.has_value() && bytes.has_value()));
          BOOST_TEST((*bytes == *wanted));
          const gpu::token_range part{on.shape.tokens / 3, on.shape.tokens / 2};
          const auto back = decode(*set.find(name), on.shape, *wanted, part);
          BOOST_TEST_REQUIRE(back.has_value());
          BOOST_TEST((*back == *decode(*host.find(name), on.shape, *wanted, part)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_device_that_fails_at_any_point_is_an_error_and_no_more) {
  const auto on = tests::make_case(dtype::f16, side::keys, 33, 2, 16, tests::numbers::normal, {16});
  const auto& host = *gpu::host::best_codecs().find("int4");
  const auto bytes = *encode(host, on.shape, on.raw);
  const auto raw = *decode(host, on.shape, bytes, {0, 33});
  const auto told = [](const core::error& why) {
    return why.code() == core::errc::out_of_memory || why.code() == core::errc::io_error;
  };
  unsigned failures = 0;
  for (std::uint64_t n = 0;; ++n) {
    const auto set = gpu::make_codecs(std::make_shared<device>(schedules()[0], n));
    const auto encoded = encode(*set.find("int4"), on.shape, on.raw);
    const auto decoded = decode(*set.find("int4"), on.shape, bytes, {0, 33});
    BOOST_TEST((encoded ? *encoded == bytes : told(encoded.error())));
    BOOST_TEST((decoded ? *decoded == raw : told(decoded.error())));
    failures += (encoded ? 0U : 1U) + (decoded ? 0U : 1U);
    if (encoded && decoded) {
      break;
    }
  }
  BOOST_TEST(failures > 20U);
}

BOOST_AUTO_TEST_CASE(a_decoder_of_few_bits_reads_codes_of_many) {
  const auto on = tests::make_case(dtype::f16, side::values, 33, 2, 16);
  const auto& host = gpu::host::best_codecs();
  const auto set = gpu::make_codecs(std::make_shared<device>(schedules()[2]));
  const auto bytes = *encode(*host.find("int6"), on.shape, on.raw);
  const auto back = decode(*set.find("int2"), on.shape, bytes, {0, 33});
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST((*back == *decode(*host.find("int6"), on.shape, bytes, {0, 33})));
}

BOOST_AUTO_TEST_CASE(low_bits_of_a_wide_scale_count_on_no_device) {
  const auto on = tests::make_case(dtype::f32, side::values, 33, 2, 16, tests::numbers::tiny);
  const auto set = gpu::make_codecs(std::make_shared<device>(schedules()[0]));
  for (const char* const name : {"int8", "int4"}) {
    const auto clean = *encode(*set.find(name), on.shape, on.raw);
    auto damaged = clean;
    damaged[gpu::host::integer_head::bytes] = std::byte{0xff};  // of the first scale, lowest first
    const auto back = decode(*set.find(name), on.shape, damaged, {0, 33});
    BOOST_TEST_REQUIRE(back.has_value());
    BOOST_TEST((*back == *decode(*set.find(name), on.shape, clean, {0, 33})));
  }
}

BOOST_AUTO_TEST_SUITE_END()
