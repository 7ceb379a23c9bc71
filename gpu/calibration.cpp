// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/calibration.hpp"

#include "gpu/host/number_loops.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/rope_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using core::result;

enum slot : std::size_t { token_values, doubles };

// A channel that hardly varies is not blown up: its scale is at least this part of the layer's, and
// of its mean, where rounding is.
constexpr double least_share = 0x1p-12;

/// Covariances of one group, all four triangles.
struct group_moments {
  std::size_t size;
  std::vector<double> covariances;

  group_moments(std::span<const double> first, std::span<const double> second, double tokens)
    : size(first.size()),
      covariances(second.size()) {
    for (std::size_t a = 0; a < size; ++a) {
      for (std::size_t b = a; b < size; ++b) {
        const double value = second[a * size + b] / tokens - first[a] / tokens * first[b] / tokens;
        covariances[a * size + b] = covariances[b * size + a] = value;
      }
    }
  }

  [[nodiscard]] double variance(std::size_t channel) const {
    return std::max(0.0, covariances[channel * size + channel]);
  }
};

/// Keys: the deviation of the channel. Values: that of the layer, since a channel's size is what
/// the model makes of it.
void scale(side which, std::span<const group_moments> groups, std::span<const float> means,
           std::span<float> scales) {
  std::vector<double> variances;
  for (const auto& group : groups) {
    for (std::size_t channel = 0; channel < group.size; ++channel) {
      variances.push_back(group.variance(channel));
    }
  }
  const double mean = std::accumulate(variances.begin(), variances.end(), 0.0)
                      / static_cast<double>(variances.size());
  const double layer = std::max(std::sqrt(mean), 0x1p-80);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double own = which == side::keys ? std::sqrt(variances[i]) : layer;
    scales[i] =
      static_cast<float>(std::max({own, layer * least_share, std::abs(means[i]) * least_share}));
  }
}

/// Eigenvectors of the scaled covariances, widest first.
void find_basis(group_moments group, std::span<const float> scales, const eigen_solver& solve,
                std::span<std::int8_t> spreads, std::span<std::int16_t> basis) {
  const std::size_t size = group.size;
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = 0; b < size; ++b) {
      group.covariances[a * size + b] /= static_cast<double>(scales[a]) * scales[b];
    }
  }
  std::vector<double> values(size);
  std::vector<double> vectors(size * size);
  solve(size, group.covariances, values, vectors);
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  constexpr double one = 1 << basis_bits;
  for (std::size_t i = 0; i < size; ++i) {
    // Half octaves of the deviation are octaves of the variance. A NaN of the solver is none.
    const double spread = values[order[i]] > 0 ? std::nearbyint(std::log2(values[order[i]])) : -64;
    spreads[i] = static_cast<std::int8_t>(
      std::clamp<double>(spread, profile::least_spread, profile::most_spread));
    for (std::size_t channel = 0; channel < size; ++channel) {
      const double exact = std::nearbyint(vectors[order[i] * size + channel] * one);
      basis[basis_index(size, i, channel)] =
        static_cast<std::int16_t>(std::abs(exact) <= one ? exact : std::copysign(one, exact));
    }
  }
}

void add_token(std::span<const double> values, std::size_t size, std::span<double> first,
               std::span<double> second) {
  for (std::size_t group = 0; group < values.size() / size; ++group) {
    const double* const of = values.data() + group * size;
    double* const products = second.data() + group * size * size;
    for (std::size_t a = 0; a < size; ++a) {
      first[group * size + a] += of[a];
      const double factor = of[a];
      double* const row = products + a * size;
      for (std::size_t b = a; b < size; ++b) {
        row[b] += factor * of[b];
      }
    }
  }
}

}  // namespace

calibration::calibration(const profile_shape& shape)
  : shape_(shape),
    segments_(std::size_t{shape.layers} * shape.sides()) {
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    for (std::uint32_t i = 0; i < shape.sides(); ++i) {
      const auto which = static_cast<side>(i);
      auto& of = segments_[index(layer, which)];
      of.first.resize(shape.channels(which));
      of.second.resize(shape.channels(which) * shape.size(which));
    }
  }
}

result<ok_t> calibration::add(const segment& shape, std::span<const std::byte> raw, scratch& work) {
  const auto& numbers = host::number_loops_of(host::best_level());
  const bool keys = shape.what == side::keys;
  const std::uint32_t dim = keys ? shape_.key_dim : shape_.value_dim;
  const bool rotated = keys && shape_.rotated_back;
  if (shape.type != shape_.type || shape.layer >= shape_.layers || shape.heads != shape_.heads
      || shape.dim != dim || dim == 0
      || (rotated
          && (shape.rope == nullptr || shape.rope->tokens() < shape.tokens
              || 2 * shape.rope->pairs() > shape.dim))) {
    return fail(errc::invalid_argument,
                "{} of layer {}, {} heads of {} channels, are not of the model that is calibrated: "
                "{} layers, {} heads of {} and {} channels, keys {}rotated back",
                keys ? "keys" : "values", shape.layer, shape.heads, shape.dim, shape_.layers,
                shape_.heads, shape_.key_dim, shape_.value_dim, shape_.rotated_back ? "" : "not ");
  }
  if (!numbers.all_finite(shape.type, raw.data(), shape.count())) {
    return fail(errc::invalid_argument, "{} of layer {} have values that are not finite",
                keys ? "keys" : "values", shape.layer);
  }
  auto& to = segments_[index(shape.layer, shape.what)];
  const std::size_t channels = shape.channels();
  const auto values = work.take<float>(token_values, channels);
  const auto wide = work.take<double>(doubles, channels);
  for (std::uint32_t token = 0; token < shape.tokens; ++token) {
    numbers.widen(shape.type, raw.data() + token * channels * core::element_bytes(shape.type),
                  channels, values.data());
    if (rotated) {
      host::rope_loops_of(host::best_level())
        .undo(*shape.rope, {token, 1}, shape.heads, shape.dim, values.data());
    }
    std::copy(values.begin(), values.end(), wide.begin());
    add_token(wide, shape_.size(shape.what), to.first, to.second);
  }
  to.tokens += shape.tokens;
  return ok_t{};
}

std::uint64_t calibration::tokens() const noexcept {
  return std::min_element(segments_.begin(), segments_.end(),
                          [](const auto& a, const auto& b) { return a.tokens < b.tokens; })
    ->tokens;
}

result<ok_t> calibration::check() const {
  if (tokens() < 2) {
    return fail(errc::invalid_argument,
                "a profile needs at least two tokens of every segment, {} were given: a few "
                "thousand of several sequences make a good one",
                tokens());
  }
  return ok_t{};
}

void calibration::fill(std::uint32_t layer, side which, const eigen_solver& solve,
                       profile_draft& draft) const {
  const auto& of = segments_[index(layer, which)];
  const std::size_t size = shape_.size(which);
  const auto count = static_cast<double>(of.tokens);
  const auto to = draft.at(layer, which);
  std::transform(of.first.begin(), of.first.end(), to.means.begin(),
                 [&](double sum) { return static_cast<float>(sum / count); });
  std::vector<group_moments> groups;
  for (std::size_t group = 0; group < shape_.groups(); ++group) {
    groups.emplace_back(std::span(of.first).subspan(group * size, size),
                        std::span(of.second).subspan(group * size * size, size * size), count);
  }
  scale(which, groups, to.means, to.scales);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    find_basis(std::move(groups[group]), to.scales.subspan(group * size, size), solve,
               to.spreads.subspan(group * size, size),
               to.basis.subspan(group * shape_.basis_size(which), shape_.basis_size(which)));
  }
}

result<std::shared_ptr<const profile>> calibration::build(const eigen_solver& solve) const {
  CELLARD_TRY(check());
  profile_draft draft(shape_, tokens());
  for (std::uint32_t layer = 0; layer < shape_.layers; ++layer) {
    for (std::uint32_t i = 0; i < shape_.sides(); ++i) {
      fill(layer, static_cast<side>(i), solve, draft);
    }
  }
  return draft.finish();
}

}  // namespace cellard::gpu
