// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/conformance/codec_cases.hpp"

#include "core/error.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/numbers.hpp"
#include "tests/support/profiles.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <random>

namespace cellard::tests {
namespace {

using core::dtype;
using gpu::side;
using pairing = core::rope_descriptor::pairing_kind;

constexpr std::array types{dtype::f32, dtype::f16, dtype::bf16, dtype::f8e4m3};
constexpr std::array names{
  "normal", "few directions of", "zeros", "equal", "denormal", "tiny", "huge", "largest"};

float largest_of(dtype type) {
  return type == dtype::f16      ? 65504.0F
         : type == dtype::f8e4m3 ? 448.0F
         : type == dtype::bf16   ? gpu::bf16_to_float(0x7f7f)
                                 : std::numeric_limits<float>::max();
}

float denormal_of(dtype type) {
  return type == dtype::f16 ? 1e-5F : type == dtype::f8e4m3 ? 5e-3F : 1e-39F;
}

float number(numbers kind, dtype type, std::mt19937& random) {
  std::normal_distribution<float> normal;
  switch (kind) {
  case numbers::zeros:
    return random() % 2 == 0 ? 0.0F : -0.0F;
  case numbers::equal:
    return 0.703125F;
  case numbers::denormal:
    return normal(random) * denormal_of(type);
  case numbers::tiny:
    return normal(random) * 1e-30F;
  case numbers::huge:
    return normal(random) * 1e35F;
  case numbers::largest:
    return random() % 2 == 0 ? largest_of(type) : -largest_of(type);
  default:
    return normal(random);
  }
}

void append(std::vector<std::byte>& out, dtype type, float value) {
  const auto put = [&](auto bits) {
    const auto bytes = std::bit_cast<std::array<std::byte, sizeof bits>>(bits);
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  switch (type) {
  case dtype::f16:
    return put(gpu::float_to_f16(value));
  case dtype::bf16:
    return put(gpu::float_to_bf16(value));
  case dtype::f8e4m3:
    return put(gpu::float_to_f8e4m3(value));
  default:
    return put(value);
  }
}

/// As keys are before their rotation, then rotated.
std::vector<float> two_directions(const gpu::segment& shape, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> out(shape.count());
  for (int direction = 0; direction < 2; ++direction) {
    std::vector<float> row(shape.channels());
    std::generate(row.begin(), row.end(), [&] { return normal(random); });
    for (std::size_t i = 0; i < out.size(); i += row.size()) {
      const float weight = normal(random);
      std::transform(row.begin(), row.end(), &out[i], &out[i],
                     [&](float each, float sum) { return sum + weight * each; });
    }
  }
  if (shape.rope != nullptr) {
    gpu::host::rope_loops_of(gpu::host::level::scalar)
      .rotate(*shape.rope, {0, shape.tokens}, shape.heads, shape.dim, out.data());
  }
  return out;
}

std::vector<codec_case> make_normal_cases() {
  std::vector<codec_case> out;
  for (const dtype type : types) {
    for (const std::uint32_t tokens : {1U, 2U, 3U, 31U, 33U, 385U}) {
      for (const side what : {side::keys, side::values}) {
        out.push_back(make_case(type, what, tokens, 3, 5));
        out.push_back(make_case(type, what, tokens, 1, 1));
        out.push_back(make_case(type, what, tokens, 2, 17));
      }
      for (const pairing how : {pairing::half, pairing::interleaved}) {
        constexpr auto normal = numbers::normal;
        out.push_back(make_case(type, side::keys, tokens, 2, 16, normal, {16, how}));
        out.push_back(make_case(type, side::keys, tokens, 2, 17, normal, {6, how}));
      }
    }
    for (const std::uint32_t tokens : {31U, 33U, 385U}) {
      constexpr auto few = numbers::few_directions;
      out.push_back(make_case(type, side::values, tokens, 2, 17, few));
      out.push_back(make_case(type, side::keys, tokens, 3, 16, few));
      for (const pairing how : {pairing::half, pairing::interleaved}) {
        out.push_back(make_case(type, side::keys, tokens, 2, 17, few, {16, how}));
      }
    }
  }
  return out;
}

std::vector<codec_case> make_odd_cases() {
  std::vector<codec_case> out;
  for (const dtype type : types) {
    for (const auto kind : {numbers::zeros, numbers::equal, numbers::denormal, numbers::tiny,
                            numbers::huge, numbers::largest}) {
      const bool wide = type == dtype::f32 || type == dtype::bf16;
      if (!wide && (kind == numbers::tiny || kind == numbers::huge)) {
        continue;  // beyond the type's range
      }
      for (const std::uint32_t tokens : {1U, 33U, 97U}) {
        for (const side what : {side::keys, side::values}) {
          out.push_back(make_case(type, what, tokens, 2, 17, kind));
        }
        out.push_back(make_case(type, side::keys, tokens, 2, 17, kind, {16}));
      }
    }
  }
  return out;
}

}  // namespace

std::shared_ptr<const gpu::profile> learn(gpu::segment& shape) {
  const auto scope = shape.heads == 3 ? gpu::profile_scope::layer : gpu::profile_scope::head;
  auto made = reflecting_profile(
    {shape.type, scope, shape.rope != nullptr, 1, shape.heads, shape.dim, shape.dim});
  shape.learned = made.get();
  return made;
}

codec_case make_case(dtype type, side what, std::uint32_t tokens, std::uint32_t heads,
                     std::uint32_t dim, numbers kind, rotation how) {
  codec_case out;
  out.kind = kind;
  out.shape.type = type;
  out.shape.what = what;
  out.shape.tokens = tokens;
  out.shape.heads = heads;
  out.shape.dim = dim;
  if (how.channels > 0) {
    core::rope_descriptor rope;
    rope.rotary_dim = how.channels;
    rope.pairing = how.pairing;
    rope.theta = 10000;
    out.rope = std::make_shared<const gpu::rope_table>(rope, 1000, tokens);
    out.shape.rope = out.rope.get();
  }
  out.learned = learn(out.shape);
  std::mt19937 random(tokens + 1000 * dim);
  if (kind == numbers::few_directions) {
    for (const float value : two_directions(out.shape, random)) {
      append(out.raw, type, value);
    }
  } else {
    for (std::size_t i = 0; i < out.shape.count(); ++i) {
      append(out.raw, type, number(kind, type, random));
    }
  }
  out.name = fmt::format("{} {} {} of {} tokens, {} heads of {}, {}{} channels rotated",
                         names.at(static_cast<std::size_t>(kind)), core::to_string(type),
                         what == side::keys ? "keys" : "values", tokens, heads, dim,
                         how.pairing == pairing::interleaved ? "interleaved " : "", how.channels);
  return out;
}

const std::vector<codec_case>& normal_cases() {
  static const auto all = make_normal_cases();
  return all;
}

bool may_refuse(const gpu::segment_codec& codec, const codec_case& on) {
  return codec.name() == "svd" && on.kind == numbers::normal;
}

const std::vector<codec_case>& odd_cases() {
  static const auto all = make_odd_cases();
  return all;
}

core::result<std::vector<std::byte>>
encode(const gpu::segment_codec& codec, const gpu::segment& shape, std::span<const std::byte> raw) {
  gpu::scratch work;
  std::vector<std::byte> room(codec.bound(shape));
  const auto size = codec.encode(shape, raw, room, work);
  CELLARD_TRY(size);
  BOOST_TEST_REQUIRE(*size <= room.size());
  return std::vector<std::byte>(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*size));
}

core::result<std::vector<std::byte>> decode(const gpu::segment_codec& codec,
                                            const gpu::segment& shape,
                                            std::span<const std::byte> encoded,
                                            gpu::token_range wanted) {
  gpu::scratch work;
  std::vector<std::byte> out(wanted.count * token_bytes(shape));
  CELLARD_TRY(codec.decode(shape, encoded, wanted, out, work));
  return out;
}

std::size_t token_bytes(const gpu::segment& shape) {
  return shape.channels() * core::element_bytes(shape.type);
}

}  // namespace cellard::tests
