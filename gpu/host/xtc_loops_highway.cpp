// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once for each
// instruction set. Both products go over blocks of tokens and of two vectors, so that what is read
// of the basis is used for several tokens and no sum waits for the one before.
#include "gpu/host/highway_targets.hpp"
#include "gpu/host/xtc_loops.hpp"
#include "gpu/host/xtc_tables.hpp"

#include <array>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/host/xtc_loops_highway.cpp"  // NOLINT
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "gpu/host/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

using integer_vector = hn::Vec<integers>;

constexpr std::size_t most_together = 6;  // tokens of a block: 12 sums, in 16 registers

void scale(const float* means, const float* inverses, std::size_t channels, float* values) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    const auto centred = hn::Sub(hn::LoadU(f, values + c), hn::LoadU(f, means + c));
    hn::StoreU(hn::Mul(centred, hn::LoadU(f, inverses + c)), f, values + c);
  }
  for (; c < channels; ++c) {
    values[c] = (values[c] - means[c]) * inverses[c];
  }
}

/// Components i to i + Vectors * lanes of Tokens tokens.
template <std::size_t Tokens, std::size_t Vectors>
HWY_INLINE void forward_block(const float* values, std::size_t stride, const float* wide,
                              std::size_t channels, std::size_t kept, float* out) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  float_vector sums[Tokens][Vectors];
  for (auto& of_token : sums) {
    for (auto& sum : of_token) {
      sum = hn::Zero(f);
    }
  }
  for (std::size_t c = 0; c < channels; ++c, wide += kept) {
    float_vector row[Vectors];
    for (std::size_t k = 0; k < Vectors; ++k) {
      row[k] = hn::LoadU(f, wide + k * lanes);
    }
    for (std::size_t token = 0; token < Tokens; ++token) {
      const auto value = hn::Set(f, values[token * stride + c]);
      for (std::size_t k = 0; k < Vectors; ++k) {
        sums[token][k] = fused(value, row[k], sums[token][k]);
      }
    }
  }
  for (std::size_t token = 0; token < Tokens; ++token) {
    for (std::size_t k = 0; k < Vectors; ++k) {
      hn::StoreU(sums[token][k], f, out + token * kept + k * lanes);
    }
  }
}

template <std::size_t Tokens>
HWY_INLINE void forward_tokens(const float* values, std::size_t stride, const float* wide,
                               std::size_t channels, std::size_t kept, float* out) {
  const std::size_t lanes = hn::Lanes(floats());
  std::size_t i = 0;
  for (; i + 2 * lanes <= kept; i += 2 * lanes) {
    forward_block<Tokens, 2>(values, stride, wide + i, channels, kept, out + i);
  }
  for (; i + lanes <= kept; i += lanes) {
    forward_block<Tokens, 1>(values, stride, wide + i, channels, kept, out + i);
  }
  for (; i < kept; ++i) {
    for (std::size_t token = 0; token < Tokens; ++token) {
      float sum = 0;
      for (std::size_t c = 0; c < channels; ++c) {
        sum = std::fma(values[token * stride + c], wide[c * kept + i], sum);
      }
      out[token * kept + i] = sum;
    }
  }
}

void forward(const float* values, std::size_t stride, std::size_t tokens, const float* wide,
             std::size_t channels, std::size_t kept, float* out) {
  std::size_t token = 0;
  for (; token + most_together <= tokens; token += most_together) {
    forward_tokens<most_together>(values + token * stride, stride, wide, channels, kept,
                                  out + token * kept);
  }
  for (; token < tokens; ++token) {
    forward_tokens<1>(values + token * stride, stride, wide, channels, kept, out + token * kept);
  }
}

bool round(const float* in, std::size_t count, float step, const float* offsets,
           std::int16_t* out) {
  const floats f;
  const integers d;
  const hn::Rebind<std::int16_t, floats> narrow;
  const std::size_t lanes = hn::Lanes(f);
  const auto most = hn::Set(f, static_cast<float>(xtc_largest + 1));
  bool within = true;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto value = hn::LoadU(f, in + i);
    const auto size = hn::Add(hn::Mul(hn::Abs(value), hn::Set(f, step)), hn::LoadU(f, offsets + i));
    const auto fits = hn::Lt(size, most);
    within = within && hn::AllTrue(f, fits);
    const auto whole = hn::ConvertTo(d, hn::IfThenElseZero(fits, size));
    const auto sign = hn::BroadcastSignBit(hn::BitCast(d, value));
    hn::StoreU(hn::DemoteTo(narrow, hn::Sub(hn::Xor(whole, sign), sign)), narrow, out + i);
  }
  return xtc_scalar.round(in + i, count - i, step, offsets + i, out + i) && within;
}

xtc_loops::coded symbols(const std::int16_t* steps, std::size_t count, xtc_loops::coding by,
                         std::uint8_t* out) {
  const hn::ScalableTag<std::int16_t> d;
  const hn::RebindToUnsigned<decltype(d)> u;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const std::size_t lanes = hn::Lanes(d);
  auto beyond = hn::MaskFromVec(hn::Zero(d));
  auto sums = hn::Zero(u);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto step = hn::LoadU(d, steps + i);
    const auto reach = hn::LoadU(d, by.reaches + i);
    const auto high = hn::MulHigh(hn::ShiftLeft<2>(step), hn::LoadU(d, by.factors + i));
    const auto outside = hn::Gt(hn::Abs(high), reach);
    const auto symbol = hn::Add(hn::Add(high, reach), hn::Set(d, std::int16_t{1}));
    beyond = hn::Or(beyond, outside);
    sums = hn::SaturatedAdd(sums, hn::BitCast(u, hn::Abs(step)));
    hn::StoreU(hn::DemoteTo(bytes, hn::IfThenZeroElse(outside, symbol)), bytes, out + i);
  }
  auto rest = xtc_scalar.symbols(steps + i, count - i, {by.factors + i, by.reaches + i}, out + i);
  alignas(64) std::array<std::uint16_t, hn::MaxLanes(u)> each;
  hn::Store(sums, u, each.data());
  for (const std::uint16_t sum : each) {
    rest.sum += sum;
  }
  rest.beyond = rest.beyond || !hn::AllFalse(d, beyond);
  return rest;
}

void numbers(const std::uint8_t* from, std::size_t count, const std::int32_t* table,
             const std::int32_t* starts, const std::int32_t* weights, std::int16_t* out) {
  const integers d;
  const hn::Rebind<std::uint8_t, integers> bytes;
  const hn::Rebind<std::int16_t, integers> narrow;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto symbol = hn::PromoteTo(d, hn::LoadU(bytes, from + i));
    const auto value = hn::GatherIndex(d, table, hn::Add(symbol, hn::LoadU(d, starts + i)));
    hn::StoreU(hn::DemoteTo(narrow, hn::Mul(value, hn::LoadU(d, weights + i))), narrow, out + i);
  }
  xtc_scalar.numbers(from + i, count - i, table, starts + i, weights + i, out + i);
}

/// sum + the two products of each channel's pair, modulo 2^32.
HWY_INLINE integer_vector add_products(integer_vector sum, integer_vector numbers,
                                       integer_vector basis) {
#  if HWY_TARGET == HWY_AVX3
  return hn::Add(sum, integer_vector{_mm512_madd_epi16(numbers.raw, basis.raw)});
#  elif HWY_TARGET == HWY_AVX2
  return hn::Add(sum, integer_vector{_mm256_madd_epi16(numbers.raw, basis.raw)});
#  elif HWY_TARGET == HWY_SSE4
  return hn::Add(sum, integer_vector{_mm_madd_epi16(numbers.raw, basis.raw)});
#  else
  const auto low = [](integer_vector pair) HWY_ATTR {
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(pair));
  };
  const auto first = hn::Mul(low(numbers), low(basis));
  const auto second = hn::Mul(hn::ShiftRight<16>(numbers), hn::ShiftRight<16>(basis));
  return hn::Add(sum, hn::Add(first, second));
#  endif
}

/// Channels c to c + Vectors * lanes of Tokens tokens.
template <std::size_t Tokens, std::size_t Vectors>
HWY_INLINE void inverse_block(const std::int16_t* numbers, std::size_t stride,
                              const std::int16_t* basis, std::size_t channels, std::size_t pairs,
                              const float* factors, const float* means, float* out,
                              std::size_t out_stride) {
  const floats f;
  const integers d;
  const hn::Repartition<std::int16_t, integers> halves;
  const std::size_t lanes = hn::Lanes(f);
  integer_vector sums[Tokens][Vectors];
  for (auto& of_token : sums) {
    for (auto& sum : of_token) {
      sum = hn::Zero(d);
    }
  }
  for (std::size_t pair = 0; pair < pairs; ++pair, basis += 2 * channels) {
    integer_vector row[Vectors];
    for (std::size_t k = 0; k < Vectors; ++k) {
      row[k] = hn::BitCast(d, hn::LoadU(halves, basis + 2 * k * lanes));
    }
    for (std::size_t token = 0; token < Tokens; ++token) {
      std::int32_t both = 0;
      std::memcpy(&both, numbers + token * stride + 2 * pair, sizeof both);
      const auto value = hn::Set(d, both);
      for (std::size_t k = 0; k < Vectors; ++k) {
        sums[token][k] = add_products(sums[token][k], value, row[k]);
      }
    }
  }
  for (std::size_t token = 0; token < Tokens; ++token) {
    for (std::size_t k = 0; k < Vectors; ++k) {
      const auto value = fused(hn::ConvertTo(f, sums[token][k]), hn::LoadU(f, factors + k * lanes),
                               hn::LoadU(f, means + k * lanes));
      hn::StoreU(value, f, out + token * out_stride + k * lanes);
    }
  }
}

template <std::size_t Tokens>
HWY_INLINE void inverse_tokens(const std::int16_t* numbers, std::size_t stride,
                               const std::int16_t* basis, std::size_t channels, std::size_t pairs,
                               const float* factors, const float* means, float* out,
                               std::size_t out_stride) {
  const std::size_t lanes = hn::Lanes(floats());
  std::size_t c = 0;
  for (; c + 2 * lanes <= channels; c += 2 * lanes) {
    inverse_block<Tokens, 2>(numbers, stride, basis + 2 * c, channels, pairs, factors + c,
                             means + c, out + c, out_stride);
  }
  for (; c + lanes <= channels; c += lanes) {
    inverse_block<Tokens, 1>(numbers, stride, basis + 2 * c, channels, pairs, factors + c,
                             means + c, out + c, out_stride);
  }
  for (; c < channels; ++c) {
    for (std::size_t token = 0; token < Tokens; ++token) {
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < 2 * pairs; ++i) {
        sum += static_cast<std::uint32_t>(numbers[token * stride + i]
                                          * basis[2 * (i / 2 * channels + c) + i % 2]);
      }
      out[token * out_stride + c] =
        std::fma(static_cast<float>(static_cast<std::int32_t>(sum)), factors[c], means[c]);
    }
  }
}

void inverse(const std::int16_t* numbers, std::size_t stride, std::size_t tokens,
             const std::int16_t* basis, std::size_t channels, std::size_t pairs,
             const float* factors, const float* means, float* out, std::size_t out_stride) {
  std::size_t token = 0;
  for (; token + most_together <= tokens; token += most_together) {
    inverse_tokens<most_together>(numbers + token * stride, stride, basis, channels, pairs, factors,
                                  means, out + token * out_stride, out_stride);
  }
  for (; token < tokens; ++token) {
    inverse_tokens<1>(numbers + token * stride, stride, basis, channels, pairs, factors, means,
                      out + token * out_stride, out_stride);
  }
}

}  // namespace

constexpr xtc_loops loops{scale, forward, round, symbols, numbers, inverse};

#endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::gpu::host {

const xtc_loops* highway_xtc_loops(level loops) noexcept {
  return CELLARD_LOOPS_OF_LEVEL(xtc_loops, loops, loops);
}

}  // namespace cellard::gpu::host
#endif
