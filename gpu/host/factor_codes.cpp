// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/factor_codes.hpp"

#include "gpu/host/float_rows.hpp"
#include "gpu/numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace cellard::gpu::host {
namespace {

constexpr double top = 127;
constexpr std::byte flag_rotated_back{1};
// A sum of this many products of bytes fits in 31 bits.
constexpr std::size_t most_rank = std::size_t{1} << 16;
// Left is written with no entry above 1, values have up to 2^120, and a right entry is at most
// sqrt(tokens) times as large. A reader allows this much; nothing becomes a NaN then.
constexpr float most_token_step = 1;
constexpr float most_channel_step = 0x1p124F;

/// The step of codes for values up to `most`.
float step_of(double most) {
  return bf16_to_float(float_to_bf16_up(static_cast<float>(most / top)));
}

std::byte code_of(double value, float step) {
  const double nearest = step == 0 ? 0.0 : std::nearbyint(value / static_cast<double>(step));
  return static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(nearest, -top, top)));
}

void put_step(float step, std::byte* to) {
  const std::uint16_t bits = float_to_bf16(step);
  std::memcpy(to, &bits, sizeof bits);
}

float get_step(const std::byte* from) {
  std::uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return bf16_to_float(bits);
}

}  // namespace

void normalise(const segment& shape, std::span<float> rows, std::span<float> sizes) {
  const std::size_t channels = sizes.size();
  const std::size_t tokens = rows.size() / channels;
  const auto square = [](float value) {
    return static_cast<double>(value) * static_cast<double>(value);
  };
  double all = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
      sum += square(rows[t * channels + c]);
    }
    all += sum;
    sizes[c] = static_cast<float>(std::sqrt(sum / static_cast<double>(tokens)));
  }
  if (shape.what == side::values) {
    std::fill(sizes.begin(), sizes.end(),
              static_cast<float>(std::sqrt(all / static_cast<double>(rows.size()))));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // In double, for the inverse of a denormal is no float.
    const float size = sizes[i % channels];
    rows[i] = size == 0
                ? 0.0F
                : static_cast<float>(static_cast<double>(rows[i]) / static_cast<double>(size));
  }
}

void write_factors(const segment& shape, const low_rank& factors, std::span<const float> sizes,
                   std::span<std::byte> out) {
  const factor_layout layout{shape.tokens, shape.channels(), factors.rank};
  const auto rank = static_cast<std::uint32_t>(factors.rank);
  std::fill_n(out.begin(), factor_layout::head_bytes, std::byte{});
  std::memcpy(out.data(), &rank, sizeof rank);
  out[sizeof rank] = float_rows::rotates(shape) ? flag_rotated_back : std::byte{};

  double unit = 0;  // the largest entry of left, which becomes 1
  for (const float value : factors.left) {
    unit = std::max(unit, static_cast<double>(std::abs(value)));
  }
  for (std::size_t t = 0; t < layout.tokens; ++t) {
    const auto row = factors.left.subspan(t * rank, rank);
    double most = 0;
    for (const float value : row) {
      most = std::max(most, static_cast<double>(std::abs(value)) / unit);
    }
    const float step = step_of(most);
    put_step(step, out.data() + factor_layout::head_bytes + t * factor_layout::step_bytes);
    std::transform(row.begin(), row.end(),
                   out.begin() + static_cast<std::ptrdiff_t>(layout.left() + t * rank),
                   [&](float value) { return code_of(static_cast<double>(value) / unit, step); });
  }
  for (std::size_t c = 0; c < layout.channels; ++c) {
    const double size = static_cast<double>(sizes[c]) * unit;
    const auto entry = [&](std::size_t j) {
      return static_cast<double>(factors.right[j * layout.channels + c]) * size;
    };
    double most = 0;
    for (std::size_t j = 0; j < rank; ++j) {
      most = std::max(most, std::abs(entry(j)));
    }
    const float step = step_of(most);
    put_step(step, out.data() + layout.channel_steps() + c * factor_layout::step_bytes);
    for (std::size_t j = 0; j < rank; ++j) {
      out[layout.right() + j * layout.channels + c] = code_of(entry(j), step);
    }
  }
}

std::optional<factor_reader> factor_reader::open(const segment& shape,
                                                 std::span<const std::byte> encoded,
                                                 std::span<std::int32_t> sums,
                                                 std::span<float> steps) {
  if (encoded.size() < factor_layout::head_bytes) {
    return std::nullopt;
  }
  std::array<std::byte, factor_layout::head_bytes> head;
  std::copy_n(encoded.begin(), head.size(), head.begin());
  std::uint32_t rank;
  std::memcpy(&rank, head.data(), sizeof rank);
  const bool flags_are_right =
    head[4] == (float_rows::rotates(shape) ? flag_rotated_back : std::byte{})
    && std::all_of(head.begin() + 5, head.end(),
                   [](std::byte each) { return each == std::byte{}; });
  const factor_layout layout{shape.tokens, shape.channels(), rank};
  if (!flags_are_right || rank > std::min({layout.tokens, layout.channels, most_rank})
      || encoded.size() < layout.bytes()) {
    return std::nullopt;
  }
  for (std::size_t c = 0; c < layout.channels; ++c) {
    steps[c] = get_step(encoded.data() + layout.channel_steps() + c * factor_layout::step_bytes);
    if (!(steps[c] >= 0 && steps[c] <= most_channel_step)) {
      return std::nullopt;
    }
  }
  return factor_reader(layout, encoded, sums, steps);
}

bool factor_reader::read(std::uint32_t token, std::span<float> row) const {
  const float step =
    get_step(encoded_.data() + factor_layout::head_bytes + token * factor_layout::step_bytes);
  if (!(step >= 0 && step <= most_token_step)) {
    return false;
  }
  const auto* const left =
    reinterpret_cast<const std::int8_t*>(encoded_.data() + layout_.left() + token * layout_.rank);
  const auto* right = reinterpret_cast<const std::int8_t*>(encoded_.data() + layout_.right());
  const std::size_t channels = layout_.channels;
  std::int32_t* const sums = sums_.data();
  std::fill_n(sums, channels, 0);
  for (std::size_t j = 0; j < layout_.rank; ++j, right += channels) {
    const std::int16_t factor = left[j];
    for (std::size_t c = 0; c < channels; ++c) {
      sums[c] += static_cast<std::int16_t>(factor * right[c]);  // at most 2^14
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    row[c] = static_cast<float>(sums[c]) * (step * steps_[c]);
  }
  return true;
}

}  // namespace cellard::gpu::host
