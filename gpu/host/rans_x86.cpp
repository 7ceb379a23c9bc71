// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The rounds for AVX2 and AVX-512, in intrinsics: Highway 1.0.3 has neither the expansion of packed
// words into the lanes that need one, nor stores of a part of a vector that ends at an address.
//
// A decoder spends its time waiting: gather, multiply, count, load is one chain of some 50 cycles.
// All vectors of a round go through each step together, so that their chains overlap.
#include "gpu/host/rans.hpp"
#include "gpu/host/rans_loops.hpp"

#ifdef __x86_64__

#  include <algorithm>
#  include <bit>
#  include <cstring>

#  include <immintrin.h>

namespace cellard::gpu::host {
namespace {

#  define CELLARD_AVX2 [[gnu::target("avx2,popcnt")]]
#  define CELLARD_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,popcnt")]]

// Where the words of the lanes in an 8-bit mask lie: lane i takes the word number (set bits below
// i).
struct expansions {
  std::array<std::uint64_t, 256> of{};  // a byte a lane
  constexpr expansions() {
    for (std::uint64_t mask = 0; mask < of.size(); ++mask) {
      std::uint64_t next = 0;
      for (unsigned lane = 0; lane < 8; ++lane) {
        if ((mask >> lane & 1U) != 0) {
          of[mask] |= next++ << (8 * lane);
        }
      }
    }
  }
};
constexpr expansions expand;

CELLARD_AVX2 std::size_t read_avx2(rans_reader& from, const std::uint32_t* slots,
                                   const std::uint32_t* starts, std::size_t period,
                                   std::size_t place, unsigned bits, std::size_t rounds,
                                   std::uint8_t* symbols) noexcept {
  constexpr std::size_t vectors = 4;
  const auto* table = reinterpret_cast<const int*>(slots);
  const __m256i mask = _mm256_set1_epi32((1 << bits) - 1);
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(bits));
  const __m256i low12 = _mm256_set1_epi32(0xfff);
  const __m256i first_bytes =
    _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1,
                     -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const std::size_t step = rans_lanes % period;
  const std::byte* words = from.words;
  const std::byte* const last =
    from.left < rans_lanes ? nullptr : from.words + (from.left - rans_lanes) * 2;
  __m256i state[vectors];
  for (std::size_t i = 0; i < vectors; ++i) {
    state[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from.states.data() + i * 8));
  }
  std::size_t done = 0;
  for (; done < rounds && from.left >= rans_lanes && words <= last; ++done) {
    __m256i entry[vectors];
#  pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) {
      const __m256i start =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(starts + place + i * 8));
      entry[i] =
        _mm256_i32gather_epi32(table, _mm256_add_epi32(_mm256_and_si256(state[i], mask), start), 4);
    }
#  pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) {
      const __m256i packed = _mm256_shuffle_epi8(entry[i], first_bytes);
      const __m256i eight =
        _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 1, 1, 1, 1, 1));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(symbols + i * 8), _mm256_castsi256_si128(eight));
      const __m256i high = _mm256_srl_epi32(state[i], shift);
      const __m256i bias = _mm256_and_si256(_mm256_srli_epi32(entry[i], 8), low12);
      state[i] = _mm256_add_epi32(
        _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(entry[i], 20), high), high), bias);
    }
#  pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) {
      const __m256i wants =
        _mm256_cmpeq_epi32(_mm256_srli_epi32(state[i], 16), _mm256_setzero_si256());
      const auto lanes = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(wants)));
      const __m256i next =
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(words)));
      const __m256i place_of = _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(expand.of.data() + lanes)));
      const __m256i grown = _mm256_or_si256(_mm256_slli_epi32(state[i], 16),
                                            _mm256_permutevar8x32_epi32(next, place_of));
      state[i] = _mm256_blendv_epi8(state[i], grown, wants);
      words += 2 * std::popcount(lanes);
    }
    symbols += rans_lanes;
    place += step;
    place -= place >= period ? period : 0;
  }
  for (std::size_t i = 0; i < vectors; ++i) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(from.states.data() + i * 8), state[i]);
  }
  from.left -= static_cast<std::size_t>(words - from.words) / 2;
  from.words = words;
  return done;
}

// `Streams` streams in step.
template <std::size_t Streams>
CELLARD_AVX512 std::size_t
read_streams(const std::array<rans_reader*, Streams>& from, const std::uint32_t* slots,
             const std::uint32_t* starts, std::size_t period, std::size_t place, unsigned bits,
             std::size_t rounds, std::array<std::uint8_t*, Streams> symbols) noexcept {
  constexpr std::size_t vectors = 2 * Streams;
  const __m512i mask = _mm512_set1_epi32((1 << bits) - 1);
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(bits));
  const __m512i low12 = _mm512_set1_epi32(0xfff);
  const __m512i lowest = _mm512_set1_epi32(1 << 16);
  const __mmask16 all = 0xffff;
  const std::size_t step = rans_lanes % period;
  std::array<const std::byte*, Streams> words;
  __m512i state[vectors];
  for (std::size_t i = 0; i < vectors; ++i) {
    words[i / 2] = from[i / 2]->words;
    state[i] = _mm512_loadu_si512(from[i / 2]->states.data() + i % 2 * 16);
  }
  // Rounds for which 32 words are left for certain, then ask again.
  const auto left = [&] {
    std::size_t least = rounds;
    for (std::size_t i = 0; i < Streams; ++i) {
      const auto used = static_cast<std::size_t>(words[i] - from[i]->words) / 2;
      least = std::min(least, (from[i]->left - used) / rans_lanes);
    }
    return least;
  };
  std::size_t done = 0;
  while (const std::size_t certain = std::min(left(), rounds - done)) {
    for (const std::size_t end = done + certain; done < end; ++done) {
      __m512i entry[vectors];
#  pragma GCC unroll 4
      for (std::size_t i = 0; i < vectors; ++i) {
        const __m512i slot = _mm512_add_epi32(_mm512_and_si512(state[i], mask),
                                              _mm512_loadu_si512(starts + place + i % 2 * 16));
        entry[i] = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), all, slot, slots, 4);
      }
      __mmask16 wants[vectors];
#  pragma GCC unroll 4
      for (std::size_t i = 0; i < vectors; ++i) {
        _mm512_mask_cvtepi32_storeu_epi8(symbols[i / 2] + i % 2 * 16, all, entry[i]);
        const __m512i high = _mm512_maskz_srl_epi32(all, state[i], shift);
        const __m512i bias = _mm512_and_si512(_mm512_maskz_srli_epi32(all, entry[i], 8), low12);
        state[i] =
          _mm512_add_epi32(_mm512_mullo_epi32(_mm512_maskz_srli_epi32(all, entry[i], 20), high),
                           _mm512_add_epi32(high, bias));
        wants[i] = _mm512_cmplt_epu32_mask(state[i], lowest);
      }
#  pragma GCC unroll 4
      for (std::size_t i = 0; i < vectors; ++i) {
        const __m512i next = _mm512_maskz_cvtepu16_epi32(
          all, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words[i / 2])));
        const __m512i grown = _mm512_or_si512(_mm512_maskz_slli_epi32(all, state[i], 16),
                                              _mm512_maskz_expand_epi32(wants[i], next));
        state[i] = _mm512_mask_mov_epi32(state[i], wants[i], grown);
        words[i / 2] += 2 * std::popcount(static_cast<unsigned>(wants[i]));
      }
      for (std::uint8_t*& each : symbols) {
        each += rans_lanes;
      }
      place += step;
      place -= place >= period ? period : 0;
    }
  }
  for (std::size_t i = 0; i < vectors; ++i) {
    _mm512_storeu_si512(from[i / 2]->states.data() + i % 2 * 16, state[i]);
  }
  for (std::size_t i = 0; i < Streams; ++i) {
    from[i]->left -= static_cast<std::size_t>(words[i] - from[i]->words) / 2;
    from[i]->words = words[i];
  }
  return done;
}

std::size_t read_avx512(rans_reader& from, const std::uint32_t* slots, const std::uint32_t* starts,
                        std::size_t period, std::size_t place, unsigned bits, std::size_t rounds,
                        std::uint8_t* symbols) noexcept {
  return read_streams<1>({&from}, slots, starts, period, place, bits, rounds, {symbols});
}

std::size_t read_two_avx512(rans_reader& from, rans_reader& other, const std::uint32_t* slots,
                            const std::uint32_t* starts, std::size_t period, unsigned bits,
                            std::size_t rounds, std::uint8_t* symbols,
                            std::uint8_t* others) noexcept {
  return read_streams<2>({&from, &other}, slots, starts, period, 0, bits, rounds,
                         {symbols, others});
}

// state / frequency is below 2^20 to 2^22, so a float quotient is wrong by one at most; the
// remainder shows which way.
CELLARD_AVX512 void write_avx512(rans_writer& to, const std::uint32_t* rows,
                                 const std::uint32_t* starts, std::size_t period, unsigned bits,
                                 std::size_t rounds, const std::uint8_t* symbols) noexcept {
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(bits));
  const __m128i unshift = _mm_cvtsi32_si128(static_cast<int>(32 - bits));
  const __mmask16 all = 0xffff;
  const std::size_t step = rans_lanes % period;
  std::size_t place = rounds == 0 ? 0 : (rounds - 1) * rans_lanes % period;
  std::byte* words = to.words;
  __m512i state[2];
  for (std::size_t i = 0; i < 2; ++i) {
    state[i] = _mm512_loadu_si512(to.states.data() + i * 16);
  }
  for (std::size_t round = rounds; round-- > 0;) {
#  pragma GCC unroll 2
    for (std::size_t i = 2; i-- > 0;) {
      const __m512i symbol = _mm512_maskz_cvtepu8_epi32(
        all,
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(symbols + round * rans_lanes + i * 16)));
      const __m512i at = _mm512_add_epi32(symbol, _mm512_loadu_si512(starts + place + i * 16));
      const __m512i row = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), all, at, rows, 4);
      const __m512i frequency = _mm512_and_si512(row, _mm512_set1_epi32(0xffff));
      const __mmask16 full =
        _mm512_cmpge_epu32_mask(_mm512_maskz_srl_epi32(all, state[i], unshift), frequency);
      const __m256i given =
        _mm512_maskz_cvtepi32_epi16(all, _mm512_maskz_compress_epi32(full, state[i]));
      const int count = std::popcount(static_cast<unsigned>(full));
      words -= 2 * count;
      _mm256_mask_storeu_epi16(words, static_cast<__mmask16>((1U << count) - 1), given);
      const __m512i small = _mm512_mask_srli_epi32(state[i], full, state[i], 16);
      const __m512 ratio = _mm512_maskz_div_ps(all, _mm512_maskz_cvtepu32_ps(all, small),
                                               _mm512_maskz_cvtepu32_ps(all, frequency));
      __m512i quotient = _mm512_maskz_cvttps_epi32(all, ratio);
      __m512i rest = _mm512_sub_epi32(small, _mm512_mullo_epi32(quotient, frequency));
      const __mmask16 over = _mm512_cmplt_epi32_mask(rest, _mm512_setzero_si512());
      rest = _mm512_mask_add_epi32(rest, over, rest, frequency);
      quotient = _mm512_mask_sub_epi32(quotient, over, quotient, _mm512_set1_epi32(1));
      const __mmask16 under = _mm512_cmpge_epi32_mask(rest, frequency);
      rest = _mm512_mask_sub_epi32(rest, under, rest, frequency);
      quotient = _mm512_mask_add_epi32(quotient, under, quotient, _mm512_set1_epi32(1));
      state[i] =
        _mm512_add_epi32(_mm512_add_epi32(_mm512_maskz_sll_epi32(all, quotient, shift), rest),
                         _mm512_maskz_srli_epi32(all, row, 16));
    }
    place += place < step ? period - step : 0 - step;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    _mm512_storeu_si512(to.states.data() + i * 16, state[i]);
  }
  to.words = words;
}

}  // namespace

const rans_loops rans_avx512{read_avx512, read_two_avx512, write_avx512};
// A division in four doubles gains nothing over 32 independent ones: encoding stays plain.
const rans_loops rans_avx2{read_avx2, nullptr, rans_write_plain};

}  // namespace cellard::gpu::host

#endif
