// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once for each
// instruction set.
#include "gpu/host/highway_targets.hpp"
#include "gpu/host/integer_loops.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/host/integer_loops_highway.cpp"  // NOLINT
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "gpu/host/code_planes-inl.hpp"
#include "gpu/host/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

template <core::dtype Type>
constexpr std::size_t width = sizeof(typename number<Type>::bits);

// ---- ranges

/// Rows of tokens that are read together, so that the ranges are loaded and stored once for all.
template <core::dtype Type, std::size_t Rows>
HWY_INLINE void widen_channel_ranges(const std::byte* from, std::size_t channels, float* least,
                                     float* most) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t i = 0;
  for (; i + lanes <= channels; i += lanes) {
    auto low = hn::LoadU(f, least + i);
    auto high = hn::LoadU(f, most + i);
    for (std::size_t row = 0; row < Rows; ++row) {
      const auto value = load_floats<Type>(from + (row * channels + i) * width<Type>);
      low = hn::Min(low, value);
      high = hn::Max(high, value);
    }
    hn::StoreU(low, f, least + i);
    hn::StoreU(high, f, most + i);
  }
  for (; i < channels; ++i) {
    for (std::size_t row = 0; row < Rows; ++row) {
      const float value = widen_at<Type>(from, row * channels + i);
      least[i] = std::min(least[i], value);
      most[i] = std::max(most[i], value);
    }
  }
}

template <core::dtype Type>
void channel_ranges(const std::byte* from, std::size_t tokens, std::size_t channels, float* least,
                    float* most) {
  std::fill_n(least, channels, std::numeric_limits<float>::infinity());
  std::fill_n(most, channels, -std::numeric_limits<float>::infinity());
  constexpr std::size_t together = 8;
  for (; tokens >= together; tokens -= together, from += together * channels * width<Type>) {
    widen_channel_ranges<Type, together>(from, channels, least, most);
  }
  for (; tokens > 0; --tokens, from += channels * width<Type>) {
    widen_channel_ranges<Type, 1>(from, channels, least, most);
  }
}

template <core::dtype Type>
void row_ranges(const std::byte* from, std::size_t rows, std::size_t dim, float* least,
                float* most) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  for (std::size_t row = 0; row < rows; ++row, from += dim * width<Type>) {
    float low = std::numeric_limits<float>::infinity();
    float high = -low;
    std::size_t i = 0;
    if (lanes <= dim) {
      auto lows = hn::Set(f, low);
      auto highs = hn::Set(f, high);
      for (; i + lanes <= dim; i += lanes) {
        const auto value = load_floats<Type>(from + i * width<Type>);
        lows = hn::Min(lows, value);
        highs = hn::Max(highs, value);
      }
      low = hn::GetLane(hn::MinOfLanes(f, lows));
      high = hn::GetLane(hn::MaxOfLanes(f, highs));
    }
    for (; i < dim; ++i) {
      const float value = widen_at<Type>(from, i);
      low = std::min(low, value);
      high = std::max(high, value);
    }
    least[row] = low;
    most[row] = high;
  }
}

// ---- steps: step_of, vector by vector

/// The next f16 that is larger: by the distance of the subnormal numbers, or by one in its bits.
HWY_INLINE float_vector f16_above(float_vector value) {
  const floats f;
  const words w;
  const auto next = hn::BitCast(f, hn::Add(hn::BitCast(w, value), hn::Set(w, 1U << 13)));
  return hn::IfThenElse(hn::Lt(value, hn::Set(f, 0x1p-14F)), hn::Add(value, hn::Set(f, 0x1p-24F)),
                        next);
}

HWY_INLINE float_vector nearest_f16(float_vector value) {
  const floats f;
#  if HWY_TARGET == HWY_SSE4
  (void)f;
  return widen_bits<f16_shape>(narrow_bits<f16_shape>(value));
#  else
  const hn::Rebind<hwy::float16_t, floats> small;
  return hn::PromoteTo(f, hn::DemoteTo(small, value));
#  endif
}

/// @pre value >= 0
HWY_INLINE float_vector f16_up(float_vector value) {
  const auto near = nearest_f16(value);
  return hn::IfThenElse(hn::Lt(near, value), f16_above(near), near);
}

HWY_INLINE float_vector f16_down(float_vector value) {
  const floats f;
  const words w;
  const auto near = nearest_f16(value);
  // Infinity stands where 65536 would: the number below it is 65504.
  const auto bits = hn::BitCast(w, hn::Min(near, hn::Set(f, 65536.0F)));
  const auto step = hn::Set(w, 1U << 13);
  const auto edge = hn::Set(f, 0x1p-14F);
  auto below = hn::Sub(near, hn::Set(f, 0x1p-24F));
  below = hn::IfThenElse(hn::Gt(near, edge), hn::BitCast(f, hn::Sub(bits, step)), below);
  below = hn::IfThenElse(hn::Le(near, hn::Neg(edge)), hn::BitCast(f, hn::Add(bits, step)), below);
  return hn::IfThenElse(hn::Gt(near, value), below, near);
}

template <bool Symmetric, step_storage Storage>
HWY_INLINE hn::Mask<floats> vector_steps(float_vector least, float_vector most, float top,
                                         step_arrays to, std::size_t i) {
  const floats f;
  const words w;
  const auto zero = hn::Zero(f);
  const auto low = hn::Add(least, zero);
  const auto high = hn::Add(most, zero);
  const auto magnitude = hn::Max(hn::Abs(least), hn::Abs(most));
  constexpr bool small = Storage == step_storage::f16;
  const auto offset = Symmetric ? zero : (small ? f16_down(low) : low);
  const auto exact = hn::Div(Symmetric ? magnitude : hn::Sub(high, offset), hn::Set(f, top));
  float_vector scale;
  hn::Mask<floats> held;
  if constexpr (small) {
    scale = f16_up(exact);
    held =
      hn::And(hn::Le(scale, hn::Set(f, f16_largest)),
              hn::And(hn::Ge(offset, hn::Set(f, -f16_largest)),
                      hn::Or(hn::Eq(scale, zero), hn::Ge(scale, hn::Set(f, f16_least_scale)))));
  } else {
    const auto up = hn::AndNot(hn::Set(w, f32_scale_cut),
                               hn::Add(hn::BitCast(w, exact), hn::Set(w, f32_scale_cut)));
    scale = hn::IfThenElse(hn::Eq(exact, zero), zero,
                           hn::Max(hn::BitCast(f, up), hn::Set(f, f32_least_scale)));
    held = hn::Le(magnitude, hn::Set(f, largest_value));
  }
  const auto inverse = hn::IfThenElse(hn::Eq(scale, zero), zero, hn::Div(hn::Set(f, 1.0F), scale));
  hn::StoreU(scale, f, to.scale + i);
  hn::StoreU(offset, f, to.least + i);
  hn::StoreU(inverse, f, to.inverse + i);
  return held;
}

template <bool Symmetric, step_storage Storage>
bool steps_as(const float* least, const float* most, std::size_t count, float top, step_arrays to) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  bool held = true;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    held = hn::AllTrue(f, vector_steps<Symmetric, Storage>(hn::LoadU(f, least + i),
                                                           hn::LoadU(f, most + i), top, to, i))
           && held;
  }
  for (; i < count; ++i) {
    const integer_step step = step_of(least[i], most[i], Symmetric, top, Storage);
    to.scale[i] = step.scale;
    to.least[i] = step.least;
    to.inverse[i] = step.inverse;
    held = held && step.held;
  }
  return held;
}

template <bool Symmetric>
bool steps(const float* least, const float* most, std::size_t count, float top,
           step_storage storage, step_arrays to) {
  return storage == step_storage::f16
           ? steps_as<Symmetric, step_storage::f16>(least, most, count, top, to)
           : steps_as<Symmetric, step_storage::f32>(least, most, count, top, to);
}

// ---- codes

/// The sum's last place is 1, so that the adder rounds to the nearest code; its low byte is it.
HWY_INLINE void store_codes(float_vector value, float_vector least, float_vector inverse,
                            float_vector lowest, float_vector highest, std::int8_t* to) {
  const floats f;
  const words w;
  const hn::Rebind<std::uint8_t, floats> bytes;
  const auto exact = hn::Mul(hn::Sub(value, least), inverse);
  const auto within = hn::Min(hn::Max(exact, lowest), highest);
  const auto sum = hn::BitCast(w, hn::Add(within, hn::Set(f, 0x1.8p23F)));
  hn::StoreU(hn::TruncateTo(bytes, sum), bytes, reinterpret_cast<std::uint8_t*>(to));
}

template <core::dtype Type>
void encode_channels(const std::byte* from, std::size_t channels, step_arrays steps, float lowest,
                     float highest, std::int8_t* codes) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  const auto low = hn::Set(f, lowest);
  const auto high = hn::Set(f, highest);
  std::size_t i = 0;
  for (; i + lanes <= channels; i += lanes) {
    store_codes(load_floats<Type>(from + i * width<Type>), hn::LoadU(f, steps.least + i),
                hn::LoadU(f, steps.inverse + i), low, high, codes + i);
  }
  for (; i < channels; ++i) {
    codes[i] = code_of(widen_at<Type>(from, i), steps.least[i], steps.inverse[i], lowest, highest);
  }
}

template <core::dtype Type>
void encode_rows(const std::byte* from, std::size_t rows, std::size_t dim, step_arrays steps,
                 float lowest, float highest, std::int8_t* codes) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  const auto low = hn::Set(f, lowest);
  const auto high = hn::Set(f, highest);
  for (std::size_t row = 0; row < rows; ++row, from += dim * width<Type>, codes += dim) {
    const auto least = hn::Set(f, steps.least[row]);
    const auto inverse = hn::Set(f, steps.inverse[row]);
    std::size_t i = 0;
    for (; i + lanes <= dim; i += lanes) {
      store_codes(load_floats<Type>(from + i * width<Type>), least, inverse, low, high, codes + i);
    }
    for (; i < dim; ++i) {
      codes[i] =
        code_of(widen_at<Type>(from, i), steps.least[row], steps.inverse[row], lowest, highest);
    }
  }
}

/// Product and sum: the product is exact, so a level that fuses them rounds the same.
HWY_INLINE float_vector decoded(const std::int8_t* codes, float_vector scale, float_vector least) {
  const floats f;
  const hn::Rebind<std::int8_t, floats> bytes;
  const auto code = hn::ConvertTo(f, hn::PromoteTo(integers(), hn::LoadU(bytes, codes)));
  return hn::MulAdd(code, scale, least);
}

template <core::dtype Type>
void decode_channels(const std::int8_t* codes, std::size_t channels, step_arrays steps,
                     std::byte* to) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t i = 0;
  for (; i + lanes <= channels; i += lanes) {
    store_floats<Type>(
      decoded(codes + i, hn::LoadU(f, steps.scale + i), hn::LoadU(f, steps.least + i)),
      to + i * width<Type>);
  }
  for (; i < channels; ++i) {
    narrow_at<Type>(value_of(codes[i], steps.scale[i], steps.least[i]), to, i);
  }
}

template <core::dtype Type>
void decode_rows(const std::int8_t* codes, std::size_t rows, std::size_t dim, step_arrays steps,
                 std::byte* to) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  for (std::size_t row = 0; row < rows; ++row, to += dim * width<Type>, codes += dim) {
    const auto scale = hn::Set(f, steps.scale[row]);
    const auto least = hn::Set(f, steps.least[row]);
    std::size_t i = 0;
    for (; i + lanes <= dim; i += lanes) {
      store_floats<Type>(decoded(codes + i, scale, least), to + i * width<Type>);
    }
    for (; i < dim; ++i) {
      narrow_at<Type>(value_of(codes[i], steps.scale[row], steps.least[row]), to, i);
    }
  }
}

}  // namespace

using enum core::dtype;

constexpr integer_loops loops{
  {nullptr, channel_ranges<f32>, channel_ranges<f16>, channel_ranges<bf16>, channel_ranges<f8e4m3>},
  {nullptr, row_ranges<f32>, row_ranges<f16>, row_ranges<bf16>, row_ranges<f8e4m3>},
  steps<true>,
  steps<false>,
  {nullptr, encode_channels<f32>, encode_channels<f16>, encode_channels<bf16>,
   encode_channels<f8e4m3>},
  {nullptr, encode_rows<f32>, encode_rows<f16>, encode_rows<bf16>, encode_rows<f8e4m3>},
  {nullptr, decode_channels<f32>, decode_channels<f16>, decode_channels<bf16>,
   decode_channels<f8e4m3>},
  {nullptr, decode_rows<f32>, decode_rows<f16>, decode_rows<bf16>, decode_rows<f8e4m3>},
  {nullptr, nullptr, pack<2>, pack<3>, pack<4>, pack<5>, pack<6>},
  {nullptr, nullptr, unpack<2>, unpack<3>, unpack<4>, unpack<5>, unpack<6>}};

#endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::gpu::host {

const integer_loops* highway_integer_loops(level loops) noexcept {
  return CELLARD_LOOPS_OF_LEVEL(integer_loops, loops, loops);
}

}  // namespace cellard::gpu::host
#endif
