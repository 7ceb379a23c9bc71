// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/numbers.hpp"

#include <cmath>
#include <cstring>
#include <random>

#include "ctl/trial_data.hpp"

namespace cellard::ctl {
namespace {

constexpr std::uint32_t tokens = 256;
constexpr std::uint32_t heads = 8;
constexpr std::uint32_t dim = 128;
constexpr double theta = 10000;

/// Pairs (i, i + dim / 2) turned by the position, as most models do it.
void rotate(float* head, std::uint32_t position) {
  constexpr std::uint32_t half = dim / 2;
  for (std::uint32_t i = 0; i < half; ++i) {
    const double angle = position * std::pow(theta, -2.0 * i / dim);
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    const float a = head[i];
    const float b = head[i + half];
    head[i] = a * cosine - b * sine;
    head[i + half] = a * sine + b * cosine;
  }
}

trial_block made_up_block() {
  constexpr std::size_t channels = std::size_t{heads} * dim;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(2 * tokens * channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto channel = static_cast<float>(i % channels);
    values[i] = normal(random) * (0.5F + std::fmod(channel * 0.37F, 1.0F)) + std::sin(channel);
  }
  for (std::size_t at = 0; at < tokens * channels; at += dim) {  // the keys alone
    rotate(&values[at], static_cast<std::uint32_t>(at / channels));
  }
  trial_block made;
  made.tokens = tokens;
  made.raw.resize(values.size() * sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto half = gpu::float_to_f16(values[i]);
    std::memcpy(made.raw.data() + i * sizeof half, &half, sizeof half);
  }
  return made;
}

}  // namespace

trial_data made_up_data() {
  trial_data made;
  made.shape.type = core::dtype::f16;
  made.shape.layers = 1;
  made.shape.kv_heads = heads;
  made.shape.head_dim = made.shape.v_head_dim = dim;
  made.shape.block_tokens = tokens;
  made.shape.rope.rotary_dim = dim;
  made.shape.rope.theta = theta;
  made.blocks = 1;
  made.next = [given = false](trial_block& into) mutable {
    if (given) {
      return false;
    }
    into = made_up_block();
    return given = true;
  };
  return made;
}

}  // namespace cellard::ctl
