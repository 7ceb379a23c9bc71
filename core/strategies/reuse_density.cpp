// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/reuse_density.hpp"

#include <bit>
#include <cmath>

namespace cellard::core {
namespace {

constexpr unsigned first_bits = 3;  // the first bin ends here
constexpr double first_seconds = double{1U << first_bits} / ticks_per_second;

/// Seconds at which a bin begins.
double begin_of(std::size_t bin) {
  return bin == 0 ? 0 : first_seconds * std::exp2(static_cast<double>(bin - 1) / 2);
}

by_age<double> widths() {
  by_age<double> made{};
  for (std::size_t bin = 0; bin < age_bins; ++bin) {
    made[bin] = begin_of(bin + 1) - begin_of(bin);
  }
  return made;
}

/// Uses and block seconds waited, by age.
struct experience {
  by_age<double> uses{};
  by_age<double> waited{};
  double blocks = 0;

  void add(const experience& other, double share) {
    for (std::size_t bin = 0; bin < age_bins; ++bin) {
      uses[bin] += share * other.uses[bin];
      waited[bin] += share * other.waited[bin];
    }
    blocks += share * other.blocks;
  }
};

/// For each bin the largest mean of uses by time from it to any later one. From the right: a
/// stretch takes in the next one as long as that raises its mean, so each bin is merged once.
by_age<float> best_means(const experience& of) {
  struct stretch {
    double uses;
    double waited;
    [[nodiscard]] bool below(const stretch& next) const {
      return uses * next.waited <= next.uses * waited;
    }
  };
  by_age<float> best{};
  std::array<stretch, age_bins> after;
  std::size_t depth = 0;
  for (std::size_t bin = age_bins; bin-- > 0;) {
    stretch mine{of.uses[bin], of.waited[bin]};
    while (depth > 0 && mine.below(after[depth - 1])) {
      --depth;
      mine.uses += after[depth].uses;
      mine.waited += after[depth].waited;
    }
    after[depth++] = mine;
    best[bin] = mine.waited > 0 ? static_cast<float>(mine.uses / mine.waited) : 0;
  }
  return best;
}

}  // namespace

std::size_t age_bin(tick age) noexcept {
  if (age < 1U << first_bits) {
    return 0;
  }
  const auto octave = static_cast<unsigned>(std::bit_width(age)) - 1;
  // The upper half of an octave begins at its square root of two.
  const bool upper = std::uint64_t{age} * age >= std::uint64_t{1} << (2 * octave + 1);
  return 2 * (octave - first_bits) + (upper ? 2 : 1);
}

reuse_density::reuse_density(std::size_t classes) : counts_(classes), densities_(classes) {
  for (auto& each : densities_) {
    for (std::size_t bin = 0; bin < age_bins; ++bin) {
      each[bin] = static_cast<float>(1 / (begin_of(bin) + first_seconds));
    }
  }
}

void reuse_density::fade() {
  for (counts& each : counts_) {
    for (std::size_t bin = 0; bin < age_bins; ++bin) {
      each.uses[bin] /= 2;
      each.ends[bin] /= 2;
    }
  }
}

void reuse_density::learn(const std::vector<by_age<double>>& waiting, double prior) {
  static const by_age<double> width = widths();
  std::vector<experience> by_class(counts_.size());
  experience all;
  for (std::size_t each = 0; each < counts_.size(); ++each) {
    experience& mine = by_class[each];
    // Whoever reached a later age waited through this one.
    for (std::size_t bin = age_bins; bin-- > 0;) {
      mine.uses[bin] = counts_[each].uses[bin];
      mine.blocks += mine.uses[bin] + counts_[each].ends[bin] + waiting[each][bin];
      mine.waited[bin] = mine.blocks * width[bin];
    }
    all.add(mine, 1);
  }
  if (all.blocks == 0) {
    return;
  }
  for (std::size_t each = 0; each < counts_.size(); ++each) {
    by_class[each].add(all, prior / all.blocks);
    densities_[each] = best_means(by_class[each]);
  }
}

std::size_t reuse_density::memory_bytes() const {
  return counts_.capacity() * sizeof(counts) + densities_.capacity() * sizeof(by_age<float>);
}

}  // namespace cellard::core
