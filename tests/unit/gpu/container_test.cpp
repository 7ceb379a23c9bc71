// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The container on two codecs of the test's own: one halves what it can (pairs of equal bytes), one
// forgets the low byte of every value. What it must do does not depend on the codecs' formulas.
#include "core/error.hpp"
#include "gpu/container_reader.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/host/codecs.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <random>

namespace {

using namespace cellard::gpu;
using cellard::core::dtype;
using cellard::core::errc;
using cellard::core::fail;
using cellard::core::ok_t;
using cellard::core::result;

/// Keeps the upper byte of each 16-bit value; refuses a segment that begins with 0xff.
class upper_bytes final : public segment_codec {
public:
  explicit upper_bytes(std::string_view name, format number) : name_(name), number_(number) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  [[nodiscard]] format number() const noexcept override { return number_; }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override {
    return shape.count();
  }
  result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                             std::span<std::byte> out, scratch& /*work*/) const override {
    if (raw[0] == std::byte{0xff}) {
      return fail(errc::invalid_argument, "begins with 0xff");
    }
    for (std::size_t i = 0; i < shape.count(); ++i) {
      out[i] = raw[2 * i + 1];
    }
    return shape.count();
  }
  result<ok_t> decode(const segment& shape, std::span<const std::byte> encoded, token_range wanted,
                      std::span<std::byte> out, scratch& /*work*/) const override {
    if (encoded.size() != shape.count()) {
      return fail(errc::corrupt, "{} bytes, not {}", encoded.size(), shape.count());
    }
    for (std::size_t i = 0; i < wanted.count * shape.channels(); ++i) {
      out[2 * i] = std::byte{0};
      out[2 * i + 1] = encoded[wanted.first * shape.channels() + i];
    }
    return ok_t{};
  }

private:
  std::string_view name_;
  format number_;
};

codec_set test_codecs() {
  std::vector<std::unique_ptr<segment_codec>> all;
  all.push_back(std::make_unique<upper_bytes>("int4", format::int_n));
  return codec_set("test", std::move(all));
}

constexpr scheme only_int4{"int4", family::quantizer, "int4", "int4", 0, ""};

struct fixture {
  codec_set codecs = test_codecs();
  block what{
    .type = dtype::f16, .layers = 3, .tokens = 7, .heads = 2, .key_dim = 4, .value_dim = 6};
  std::vector<std::byte> raw;
  std::vector<std::byte> out;
  scratch work;

  fixture() {
    std::mt19937 random(7);
    raw.resize(what.raw_bytes());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      raw[i] = i % 2 == 0 ? static_cast<std::byte>(random() & 0x7f) : std::byte{0x3c};
    }
  }

  encode_report encode(const encode_options& options, scheme by = only_int4) {
    const container_writer writer(codecs, by, options);
    out.assign(writer.bound(what), std::byte{0xcb});
    auto report = writer.encode(what, raw, out, work);
    BOOST_TEST_REQUIRE(report.has_value());
    out.resize(report->bytes);
    out.shrink_to_fit();
    return *report;
  }

  container_reader read() {
    auto reader = container_reader::open(codecs, what, out);
    BOOST_TEST_REQUIRE(reader.has_value());
    return std::move(*reader);
  }

  std::vector<std::byte> decoded() {
    std::vector<std::byte> back(raw.size());
    BOOST_TEST_REQUIRE(read().decode_all(back, work).has_value());
    return back;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(container, fixture)

BOOST_AUTO_TEST_CASE(raw_blocks_come_back_as_they_were) {
  const auto report = encode({}, scheme{"raw", family::none, "raw", "raw", 0, ""});
  BOOST_TEST(report.gentler == 0U);
  BOOST_TEST((decoded() == raw));
  BOOST_TEST(out.size() == 64 + 6 * 16 + raw.size());
}

BOOST_AUTO_TEST_CASE(tokens_at_both_ends_of_a_sequence_stay_raw) {
  encode({.first_raw = 2, .last_raw = 1});
  const auto back = decoded();
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (const side which : {side::keys, side::values}) {
      const auto shape = what.at(layer, which);
      const std::size_t token = shape.raw_bytes() / what.tokens;
      for (std::size_t i = 0; i < shape.raw_bytes(); ++i) {
        const auto at = what.raw_offset(layer, which) + i;
        const bool exact = i < 2 * token || i >= 6 * token || i % 2 == 1;
        BOOST_TEST_REQUIRE((back[at] == (exact ? raw[at] : std::byte{0})));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(first_raw_counts_from_the_begin_of_the_sequence) {
  what.first_position = 3;
  encode({.first_raw = 5});
  BOOST_TEST(read().header().first_raw == 2);
  what.first_position = 5;
  encode({.first_raw = 5});
  BOOST_TEST(read().header().first_raw == 0);
}

BOOST_AUTO_TEST_CASE(a_block_of_nothing_but_raw_ends_is_raw) {
  const auto report = encode({.first_raw = 6, .last_raw = 6});
  BOOST_TEST(report.gentler == 0U);
  BOOST_TEST((decoded() == raw));
}

BOOST_AUTO_TEST_CASE(any_range_of_tokens_is_that_part_of_the_whole) {
  encode({.first_raw = 2, .last_raw = 1});
  const auto reader = read();
  const auto whole = decoded();
  for (std::uint32_t first = 0; first <= what.tokens; ++first) {
    for (std::uint32_t count = 0; first + count <= what.tokens; ++count) {
      const auto shape = what.at(1, side::values);
      const std::size_t token = shape.raw_bytes() / what.tokens;
      std::vector<std::byte> part(count * token);
      BOOST_TEST_REQUIRE(reader.decode(1, side::values, {first, count}, part, work).has_value());
      const auto from =
        whole.begin()
        + static_cast<std::ptrdiff_t>(what.raw_offset(1, side::values) + first * token);
      BOOST_TEST_REQUIRE(std::equal(part.begin(), part.end(), from));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_segment_is_kept_by_a_gentler_codec_and_said) {
  raw[what.raw_offset(1, side::keys)] = std::byte{0xff};
  const auto report = encode({});
  BOOST_TEST(report.gentler == 1U);
  const auto reader = read();
  BOOST_TEST((reader.info(1, side::keys).number == format::raw));
  BOOST_TEST((reader.info(0, side::keys).number == format::int_n));
  BOOST_TEST(reader.info(1, side::keys).relative_error == 0.0F);
  BOOST_TEST(reader.info(0, side::keys).relative_error > 0.0F);
}

BOOST_AUTO_TEST_CASE(no_segment_errs_more_than_the_bound) {
  const auto free = encode({});
  BOOST_TEST(free.key_error > 0.0F);
  const auto bounded = encode({.key_error = free.key_error / 1.1F, .value_error = 1.0F});
  BOOST_TEST(bounded.key_error <= free.key_error / 1.1F);
  BOOST_TEST(bounded.gentler >= 1U);
  BOOST_TEST(bounded.gentler < 6U);
}

BOOST_AUTO_TEST_CASE(checks_find_a_changed_value) {
  encode({});
  auto back = decoded();
  const auto reader = read();
  const auto keys =
    std::span(back).subspan(what.raw_offset(2, side::keys), what.at(2, side::keys).raw_bytes());
  BOOST_TEST(reader.verify(2, side::keys, keys).has_value());
  keys[5] ^= std::byte{1};
  const auto found = reader.verify(2, side::keys, keys);
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code() == errc::corrupt));
}

BOOST_AUTO_TEST_CASE(another_shape_is_refused_by_the_name_of_its_field) {
  encode({});
  const auto refused = [&](auto change, const char* field) {
    block other = what;
    change(other);
    const auto reader = container_reader::open(codecs, other, out);
    BOOST_TEST_REQUIRE(!reader.has_value());
    BOOST_TEST(reader.error().context().find(field) != std::string::npos);
  };
  refused([](block& b) { b.type = dtype::bf16; }, "dtype");
  refused([](block& b) { b.layers = 2; }, "layers");
  refused([](block& b) { b.tokens = 8; }, "tokens");
  refused([](block& b) { b.heads = 4; }, "heads");
  refused([](block& b) { b.key_dim = 2; }, "key_dim");
  refused([](block& b) { b.value_dim = 0; }, "value_dim");
}

BOOST_AUTO_TEST_CASE(a_block_that_was_rotated_back_wants_its_rope) {
  cellard::core::rope_descriptor rope;
  rope.rotary_dim = 4;
  rope.theta = 10000;
  what.rope = &rope;
  encode({});
  what.rope = nullptr;
  const auto reader = container_reader::open(codecs, what, out);
  BOOST_TEST_REQUIRE(!reader.has_value());
  BOOST_TEST(reader.error().context().find("rope") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(cut_and_damaged_bytes_are_refused_or_decode_inside_their_buffers) {
  encode({.first_raw = 1, .last_raw = 1});
  const auto good = out;
  std::vector<std::byte> back(raw.size());
  const auto attempt = [&](std::span<const std::byte> bytes) {
    // A buffer of exactly that size, so that the sanitizer sees the first byte beyond it.
    std::vector<std::byte> exact(bytes.begin(), bytes.end());
    exact.shrink_to_fit();
    if (const auto reader = container_reader::open(codecs, what, exact)) {
      static_cast<void>(reader->decode_all(back, work));
    }
  };
  for (std::size_t length = 0; length < good.size(); ++length) {
    attempt(std::span(good).first(length));
  }
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = good;
    for (int flips = 0; flips < 3; ++flips) {
      // Half of the flips go into header and table.
      const std::size_t most = flips == 0 ? 64 + 6 * 16 : damaged.size();
      damaged[random() % most] = static_cast<std::byte>(random());
    }
    attempt(damaged);
  }
}

BOOST_AUTO_TEST_CASE(a_later_version_is_told_apart_from_garbage) {
  encode({});
  out[4] = std::byte{2};
  const auto reader = container_reader::open(codecs, what, out);
  BOOST_TEST_REQUIRE(!reader.has_value());
  BOOST_TEST((reader.error().code() == errc::unsupported_version));
}

BOOST_AUTO_TEST_CASE(raw_bytes_of_another_length_are_refused) {
  const container_writer writer(codecs, only_int4, {});
  out.resize(writer.bound(what));
  raw.pop_back();
  const auto report = writer.encode(what, raw, out, work);
  BOOST_TEST_REQUIRE(!report.has_value());
  BOOST_TEST((report.error().code() == errc::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(schemes_by_name)

BOOST_AUTO_TEST_CASE(every_scheme_ends_at_raw) {
  for (const auto& each : schemes()) {
    for (auto name : {each.keys, each.values}) {
      int steps = 0;
      for (; name != "raw"; name = gentler(name)) {
        BOOST_TEST_REQUIRE(++steps < 20);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_scheme_has_its_codecs) {
  for (const auto level : host::supported_levels()) {
    const auto codecs = host::make_codecs(level);
    for (const auto& each : schemes()) {
      for (const auto name : {each.keys, each.values}) {
        BOOST_TEST((name == "raw" || codecs.find(name) != nullptr), name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_answered_with_those_that_exist) {
  const auto found = find_scheme("int7");
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error().context().find("int6") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
