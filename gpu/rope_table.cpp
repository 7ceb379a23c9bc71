// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/rope_table.hpp"

#include <cmath>

namespace cellard::gpu {

rope_table::rope_table(const core::rope_descriptor& how, std::uint64_t first, std::uint32_t tokens)
  : tokens_(tokens),
    pairs_(how.rotary_dim / 2),
    pairing_(how.pairing) {
  cosines_.reserve(std::size_t{tokens_} * pairs_);
  sines_.reserve(cosines_.capacity());
  std::vector<double> frequencies(pairs_);
  for (std::uint32_t i = 0; i < pairs_; ++i) {
    frequencies[i] = how.inverse_frequencies.empty()
                       ? std::pow(how.theta, -2.0 * i / how.rotary_dim)
                       : static_cast<double>(how.inverse_frequencies[i]);
  }
  for (std::uint32_t token = 0; token < tokens_; ++token) {
    const double position =
      static_cast<double>(first + token) / (how.scaling > 0 ? how.scaling : 1.0);
    for (const double frequency : frequencies) {
      cosines_.push_back(static_cast<float>(std::cos(position * frequency)));
      sines_.push_back(static_cast<float>(std::sin(position * frequency)));
    }
  }
}

rope_table rope_table::without_first(std::uint32_t tokens) const {
  rope_table out = *this;
  out.tokens_ -= tokens;
  out.cosines_.erase(out.cosines_.begin(), out.cosines_.begin() + std::ptrdiff_t{tokens} * pairs_);
  out.sines_.erase(out.sines_.begin(), out.sines_.begin() + std::ptrdiff_t{tokens} * pairs_);
  return out;
}

}  // namespace cellard::gpu
