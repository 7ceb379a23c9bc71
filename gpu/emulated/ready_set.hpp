// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Threads of a block that could go on: 1024 bits, taken from either end or from anywhere.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace cellard::gpu::emulated {

class ready_set {
public:
  static constexpr unsigned size = 1024;

  void insert(unsigned thread) noexcept { words_[thread / 64] |= bit(thread); }
  void clear() noexcept { words_.fill(0); }

  /// The first one from `from` on, around the end; empty when there is none.
  std::optional<unsigned> take_from(unsigned from) noexcept {
    const std::uint64_t behind = words_[from / 64] & (~std::uint64_t{0} << (from % 64));
    if (behind != 0) {
      return take(from / 64, static_cast<unsigned>(std::countr_zero(behind)));
    }
    for (unsigned i = 1; i <= size / 64; ++i) {
      const unsigned word = (from / 64 + i) % (size / 64);
      if (words_[word] != 0) {
        return take(word, static_cast<unsigned>(std::countr_zero(words_[word])));
      }
    }
    return std::nullopt;
  }

  std::optional<unsigned> take_last() noexcept {
    for (auto word = static_cast<unsigned>(words_.size()); word-- > 0;) {
      if (words_[word] != 0) {
        return take(word, 63 - static_cast<unsigned>(std::countl_zero(words_[word])));
      }
    }
    return std::nullopt;
  }

private:
  static constexpr std::uint64_t bit(unsigned thread) noexcept {
    return std::uint64_t{1} << (thread % 64);
  }
  unsigned take(unsigned word, unsigned within) noexcept {
    words_[word] &= ~bit(within);
    return word * 64 + within;
  }

  std::array<std::uint64_t, size / 64> words_{};
};

}  // namespace cellard::gpu::emulated
