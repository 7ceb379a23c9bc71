// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A shard of a model's KV, whose blocks real encoders take, and a look at what it stores.
#pragma once

#include "gpu/container_codec.hpp"
#include "gpu/host/codecs.hpp"
#include "tests/unit/actors/shard_fixture.hpp"

namespace cellard::actors::testing {

inline constexpr std::uint32_t tokens = 128;

inline core::layout model() {
  core::layout shape;
  shape.type = core::dtype::f16;
  shape.layers = 2;
  shape.kv_heads = 2;
  shape.head_dim = 32;
  shape.v_head_dim = 32;
  shape.block_tokens = tokens;
  return shape;
}

inline config::configuration encoding_by(const std::string& codec) {
  auto settings = small_configuration();
  settings.codec.policy = codec;
  settings.codec.first_raw = 0;
  settings.codec.cpu = config::percent{1'000'000};
  return settings;
}

struct recode_house : shard_house {
  explicit recode_house(const config::configuration& settings, std::uint64_t blocks = 64)
    : shard_house(settings, model()) {
    give_segment(blocks);
    auto* values = reinterpret_cast<std::uint16_t*>(staging->memory().data().data());
    for (std::size_t i = 0; i < model().block_bytes() / 2; ++i) {
      values[i] = static_cast<std::uint16_t>(0x3800 + (i * 37) % 1024);  // 0.5 to 1
    }
  }

  core::place stored(std::uint64_t key = 1) {
    const auto got = get(key);
    BOOST_TEST_REQUIRE(got.places.size() == 1U);
    const auto& at = got.places[0];
    core::place where;
    where.codec = at.codec;
    where.length = at.length;
    where.offset = at.offset;
    release(got.lease);
    return where;
  }

  std::vector<std::byte> decoded(const core::place& where) {
    gpu::container_codec codec(gpu::host::best_codecs(), *gpu::find_scheme("int8"), {});
    std::vector<std::byte> raw(model().block_bytes());
    const auto bytes = memory->data().subspan(where.offset, where.length);
    BOOST_TEST_REQUIRE(codec.decode(model(), bytes, raw).has_value());
    return raw;
  }
};

}  // namespace cellard::actors::testing
