// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Any bytes as an encoded segment, and as an encoded block. The first eight bytes choose shape,
// type, range, codec and level; the rest is what is decoded, in a buffer of exactly its size, or
// what is wrong with bytes that an encoder wrote (xor): lengths are right then and the fuzzer comes
// behind the first check. An answer or errc::corrupt, and the same on the scalar loops.
#include "core/error.hpp"
#include "gpu/container_reader.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/host/codecs.hpp"
#include "tests/support/profiles.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using namespace cellard;
using core::dtype;
using gpu::side;

using buffer = std::vector<std::byte>;

/// What the first bytes choose.
struct choice {
  static constexpr std::size_t bytes = 8;
  std::array<std::uint8_t, bytes> from;

  [[nodiscard]] std::uint32_t below(std::size_t index, std::size_t most) const {
    return static_cast<std::uint32_t>(from.at(index) % most);
  }
  [[nodiscard]] bool damages() const { return from[7] >= 128; }
};

const std::vector<gpu::codec_set>& codec_sets() {
  static const auto all = [] {
    std::vector<gpu::codec_set> sets;
    for (const auto loops : gpu::host::supported_levels()) {
      sets.push_back(gpu::host::make_codecs(loops));
    }
    return sets;
  }();
  return all;
}

core::rope_descriptor rope_of(std::uint32_t channels, bool interleaved) {
  using pairing = core::rope_descriptor::pairing_kind;
  core::rope_descriptor rope;
  rope.rotary_dim = channels;
  rope.pairing = interleaved ? pairing::interleaved : pairing::half;
  rope.theta = 10000;
  return rope;
}

/// Finite numbers of any type: no byte is above 0x3f.
buffer some_numbers(std::size_t bytes) {
  buffer out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<std::byte>(i * 37 % 64);
  }
  return out;
}

/// What was encoded to the front of `room`, with `damage` over its begin.
template <class Encoded>
buffer damaged(buffer room, const Encoded& size, const buffer& damage) {
  if (!size) {  // svd has better things to do with some shapes
    if (size.error().code() != core::errc::invalid_argument) {
      std::abort();
    }
    return damage;
  }
  buffer out(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*size));
  for (std::size_t i = 0; i < std::min(out.size(), damage.size()); ++i) {
    out[i] ^= damage[i];
  }
  return out;
}

template <class Result>
void require_corrupt_or_good(const Result& done) {
  if (!done && done.error().code() != core::errc::corrupt
      && done.error().code() != core::errc::unsupported_version) {
    std::abort();
  }
}

void require_alike(const core::result<buffer>& one, const core::result<buffer>& other) {
  require_corrupt_or_good(one);
  if (one.has_value() != other.has_value() || (one && *one != *other)) {
    std::abort();
  }
}

void try_segment(const gpu::segment& shape, const choice& by, buffer encoded) {
  if (by.damages()) {
    const auto& codec = *codec_sets().front().all()[by.below(7, codec_sets().front().all().size())];
    gpu::scratch work;
    buffer room(codec.bound(shape));
    const auto size = codec.encode(shape, some_numbers(shape.raw_bytes()), room, work);
    encoded = damaged(std::move(room), size, encoded);
  }
  gpu::token_range wanted;
  wanted.first = by.below(5, shape.tokens);
  wanted.count = by.below(6, shape.tokens - wanted.first + 1);
  const auto decode = [&](const gpu::codec_set& set) -> core::result<buffer> {
    gpu::scratch work;
    buffer out(wanted.count * shape.channels() * core::element_bytes(shape.type));
    const auto& codec = *set.all()[by.below(7, set.all().size())];
    CELLARD_TRY(codec.decode(shape, encoded, wanted, out, work));
    return out;
  };
  require_alike(decode(codec_sets()[by.below(4, codec_sets().size())]),
                decode(codec_sets().front()));
}

void try_block(const gpu::block& what, const choice& by, buffer encoded) {
  if (by.damages()) {
    const auto scheme = gpu::schemes()[by.below(7, gpu::schemes().size())];
    const gpu::container_writer writer(codec_sets().back(), scheme, {.first_raw = 1});
    gpu::scratch work;
    buffer room(writer.bound(what));
    const auto done = writer.encode(what, some_numbers(what.raw_bytes()), room, work);
    encoded =
      damaged(std::move(room), done.map([](const auto& report) { return report.bytes; }), encoded);
  }
  const auto decode = [&](const gpu::codec_set& set) -> core::result<buffer> {
    const auto reader = gpu::container_reader::open(set, what, encoded);
    CELLARD_TRY(reader);
    gpu::scratch work;
    buffer out(what.raw_bytes());
    CELLARD_TRY(reader->decode_all(out, work));
    const auto keys = std::span(out).first(what.at(0, side::keys).raw_bytes());
    require_corrupt_or_good(reader->verify(0, side::keys, keys));
    return out;
  };
  require_alike(decode(codec_sets()[by.below(4, codec_sets().size())]),
                decode(codec_sets().front()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < choice::bytes) {
    return 0;
  }
  choice by;
  std::memcpy(by.from.data(), data, choice::bytes);
  buffer encoded(size - choice::bytes);
  if (!encoded.empty()) {
    std::memcpy(encoded.data(), data + choice::bytes, encoded.size());
  }

  constexpr std::array types{dtype::f32, dtype::f16, dtype::bf16, dtype::f8e4m3};
  const std::uint32_t dim = 1 + by.below(2, 20);
  const auto rope = rope_of(dim / 2 * 2, by.below(3, 4) == 3);
  gpu::block what;
  what.type = types[by.below(0, types.size())];
  what.layers = 1 + by.below(4, 3);
  what.tokens = 1 + by.below(1, 70);
  what.heads = 1 + by.below(3, 3);
  what.key_dim = dim;
  what.value_dim = by.below(6, 20);
  what.rope = dim > 1 && by.below(0, 8) >= 4 ? &rope : nullptr;
  const auto learned = tests::reflecting_profile(
    {what.type, by.below(3, 2) == 0 ? gpu::profile_scope::head : gpu::profile_scope::layer,
     what.rope != nullptr, what.layers, what.heads, what.key_dim, what.value_dim});
  what.learned = learned.get();
  if (by.below(0, 16) >= 8) {
    try_block(what, by, std::move(encoded));
    return 0;
  }
  gpu::segment shape = what.at(0, by.below(5, 2) == 0 ? side::keys : side::values);
  shape.dim = dim;
  const auto of_segment = tests::reflecting_profile(
    {what.type, learned->shape().scope, what.rope != nullptr, what.layers, what.heads, dim, dim});
  shape.learned = of_segment.get();
  if (what.rope != nullptr && shape.what == side::keys) {
    const gpu::rope_table table(rope, 7, shape.tokens);
    shape.rope = &table;
    try_segment(shape, by, std::move(encoded));
  } else {
    try_segment(shape, by, std::move(encoded));
  }
  return 0;
}
