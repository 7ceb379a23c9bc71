// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// XXH3's long-input hash woven into a copy loop, from the published specification
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md, "XXH3 Algorithm Overview"). Input is cut in
// stripes of 64 bytes; eight 64-bit accumulators absorb one stripe each step with a window of the
// secret that moves 8 bytes a stripe; after 16 stripes (one block) they are scrambled. The last 64
// bytes are absorbed once more.
//
// Highway compiles the part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each
// instruction set and picks one at run time.
#include "core/checked_copy.hpp"

#include <array>
#include <bit>
#include <cstring>

#include <hwy/cache_control.h>
#include <xxhash.h>

// SSE4 and AVX3_DL have nothing that this loop uses beyond SSSE3 and AVX3; scalable vectors cannot
// be held in arrays.
#define HWY_DISABLED_TARGETS                                                                       \
  (HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/checked_copy.cpp"  // NOLINT(readability-identifier-naming)
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#ifndef CELLARD_CORE_CHECKED_COPY_ONCE
#  define CELLARD_CORE_CHECKED_COPY_ONCE
namespace cellard::core {
namespace {

static_assert(std::endian::native == std::endian::little,
              "stripes are read as little-endian words");

constexpr std::size_t stripe_bytes = 64;
constexpr std::size_t block_stripes = 16;
constexpr std::size_t secret_step = 8;
constexpr std::size_t scramble_offset = 128;  // the last 64 bytes of the secret
constexpr std::size_t last_stripe_offset = 121;
constexpr std::size_t merge_offset = 11;
constexpr std::size_t library_bytes = 240;  // up to here XXH3 has other formulas

constexpr std::uint32_t prime32_1 = 0x9E3779B1U;
constexpr std::uint32_t prime32_2 = 0x85EBCA77U;
constexpr std::uint32_t prime32_3 = 0xC2B2AE3DU;
constexpr std::uint64_t prime64_1 = 0x9E3779B185EBCA87U;
constexpr std::uint64_t prime64_2 = 0xC2B2AE3D27D4EB4FU;
constexpr std::uint64_t prime64_3 = 0x165667B19E3779F9U;
constexpr std::uint64_t prime64_4 = 0x85EBCA77C2B2AE63U;
constexpr std::uint64_t prime64_5 = 0x27D4EB2F165667C5U;

using accumulators = std::array<std::uint64_t, 8>;

constexpr accumulators initial_accumulators{prime32_3, prime64_1, prime64_2, prime64_3,
                                            prime64_4, prime32_2, prime64_5, prime32_1};

// The specification's default secret, as little-endian words.
alignas(64) constexpr std::array<std::uint64_t, 24> secret_words{
  0xBE4BA423396CFEB8U, 0x1CAD21F72C81017CU, 0xDB979083E96DD4DEU, 0x1F67B3B7A4A44072U,
  0x78E5C0CC4EE679CBU, 0x2172FFCC7DD05A82U, 0x8E2443F7744608B8U, 0x4C263A81E69035E0U,
  0xCB00C391BB52283CU, 0xA32E531B8B65D088U, 0x4EF90DA297486471U, 0xD8ACDEA946EF1938U,
  0x3F349CE33F76FAA8U, 0x1D4F0BC7C7BBDCF9U, 0x3159B4CD4BE0518AU, 0x647378D9C97E9FC8U,
  0xC3EBD33483ACC5EAU, 0xEB6313FAFFA081C5U, 0x49DAF0B751DD0D17U, 0x9E68D429265516D3U,
  0xFCA1477D58BE162BU, 0xCE31D07AD1B8F88FU, 0x280416958F3ACB45U, 0x7E404BBBCAFBD7AFU,
};

const std::uint8_t* secret_at(std::size_t offset) noexcept {
  return reinterpret_cast<const std::uint8_t*>(secret_words.data()) + offset;
}

// -Wpedantic knows no 128-bit integer; the product's two halves are all that is wanted of it.
std::uint64_t folded_product(std::uint64_t left, std::uint64_t right) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(left) * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t merged(const accumulators& sums, std::size_t size) noexcept {
  std::array<std::uint64_t, 8> secret;
  std::memcpy(secret.data(), secret_at(merge_offset), sizeof(secret));
  std::uint64_t hash = size * prime64_1;
  for (std::size_t i = 0; i < sums.size(); i += 2) {
    hash += folded_product(sums[i] ^ secret[i], sums[i + 1] ^ secret[i + 1]);
  }
  hash ^= hash >> 37;
  hash *= 0x165667919E3779F9U;
  return hash ^ (hash >> 32);
}

}  // namespace
}  // namespace cellard::core
#endif

HWY_BEFORE_NAMESPACE();
namespace cellard::core::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// Only for processors that are older than SSSE3 or unknown: nobody but us writes to `to`, so
// hashing it afterwards is right too.
std::uint64_t copy_stored(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  std::memcpy(to, from, size);
  return XXH3_64bits(to, size);
}

std::uint64_t copy_streaming(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  return copy_stored(to, from, size);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using words = hn::CappedTag<std::uint64_t, 8>;
using halves = hn::Repartition<std::uint32_t, words>;
using octets = hn::Repartition<std::uint8_t, words>;
using word_vector = hn::Vec<words>;
using octet_vector = hn::Vec<octets>;

constexpr std::size_t vector_bytes = hn::MaxLanes(octets());
constexpr std::size_t vectors = stripe_bytes / vector_bytes;

// From here on the compiler may not assume that the register equals the source, so it can never
// fetch it a second time.
HWY_INLINE octet_vector load_once(const std::uint8_t* from) {
  octet_vector value = hn::LoadU(octets(), from);
#  if HWY_ARCH_X86
  asm volatile("" : "+x"(value.raw));
#  elif HWY_TARGET == HWY_NEON
  asm volatile("" : "+w"(value.raw));
#  else
  asm volatile("" : "+m"(value));
#  endif
  return value;
}

// Neighbouring lanes get each other's input; each lane gets the product of the halves of input xor
// secret.
HWY_INLINE word_vector absorb(word_vector sum, octet_vector input, const std::uint8_t* secret) {
  const words word;
  const halves half;
  const auto data = hn::BitCast(word, input);
  const auto key = hn::Xor(data, hn::BitCast(word, hn::LoadU(octets(), secret)));
  const auto product =
    hn::MulEven(hn::BitCast(half, key), hn::BitCast(half, hn::ShiftRight<32>(key)));
  return hn::Add(product, hn::Add(sum, hn::Shuffle01(data)));
}

HWY_INLINE void scramble(word_vector* sums) {
  const words word;
  const halves half;
  const auto prime = hn::Set(half, prime32_1);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < vectors; ++i) {
    const auto secret = hn::LoadU(octets(), secret_at(scramble_offset + i * vector_bytes));
    const auto mixed =
      hn::Xor(hn::Xor(sums[i], hn::ShiftRight<47>(sums[i])), hn::BitCast(word, secret));
    const auto low = hn::MulEven(hn::BitCast(half, mixed), prime);
    const auto high = hn::MulEven(hn::BitCast(half, hn::ShiftRight<32>(mixed)), prime);
    sums[i] = hn::Add(low, hn::ShiftLeft<32>(high));
  }
}

template <bool Streaming>
HWY_INLINE void copy_stripe(std::uint8_t* to, const std::uint8_t* from, std::size_t stripe,
                            word_vector* sums) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < vectors; ++i) {
    const octet_vector value = load_once(from + i * vector_bytes);
    if constexpr (Streaming) {
      hn::Stream(value, octets(), to + i * vector_bytes);
    } else {
      hn::StoreU(value, octets(), to + i * vector_bytes);
    }
    sums[i] = absorb(sums[i], value, secret_at(stripe * secret_step + i * vector_bytes));
  }
}

// The last 65 to 128 bytes: their two stripes overlap, so they are hashed from a private copy.
HWY_INLINE void copy_tail(std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                          std::size_t stripe, word_vector* sums) {
  HWY_ALIGN std::uint8_t copy[2 * stripe_bytes];
  std::memcpy(copy, from, size);
  asm volatile("" : : "r"(copy) : "memory");  // else memcpy to `to` may be forwarded from `from`
  std::memcpy(to, copy, size);
  const auto absorb_stripe = [&](const std::uint8_t* input, std::size_t offset) HWY_ATTR {
    for (std::size_t i = 0; i < vectors; ++i) {
      const auto value = hn::LoadU(octets(), input + i * vector_bytes);
      sums[i] = absorb(sums[i], value, secret_at(offset + i * vector_bytes));
    }
  };
  absorb_stripe(copy, stripe * secret_step);
  if (stripe + 1 == block_stripes) {
    scramble(sums);
  }
  absorb_stripe(copy + size - stripe_bytes, last_stripe_offset);
}

template <bool Streaming>
HWY_INLINE accumulators copy_and_accumulate(std::uint8_t* to, const std::uint8_t* from,
                                            std::size_t size) {
  word_vector sums[vectors];
  for (std::size_t i = 0; i < vectors; ++i) {
    sums[i] = hn::LoadU(words(), initial_accumulators.data() + i * hn::MaxLanes(words()));
  }
  const std::size_t stripes = (size - 1) / stripe_bytes - 1;  // one whole stripe stays for the tail
  for (std::size_t block = 0; block < stripes / block_stripes; ++block) {
    // All sixteen: unrolled by four it is 5 to 8 % slower (ADR 0005).
    HWY_UNROLL(16)
    for (std::size_t stripe = 0; stripe < block_stripes; ++stripe) {
      copy_stripe<Streaming>(to + stripe * stripe_bytes, from + stripe * stripe_bytes, stripe,
                             sums);
    }
    scramble(sums);
    to += block_stripes * stripe_bytes;
    from += block_stripes * stripe_bytes;
  }
  const std::size_t rest = stripes % block_stripes;
  for (std::size_t stripe = 0; stripe < rest; ++stripe) {
    copy_stripe<Streaming>(to, from, stripe, sums);
    to += stripe_bytes;
    from += stripe_bytes;
  }
  copy_tail(to, from, size - stripes * stripe_bytes, rest, sums);
  accumulators result;
  for (std::size_t i = 0; i < vectors; ++i) {
    hn::StoreU(sums[i], words(), result.data() + i * hn::MaxLanes(words()));
  }
  return result;
}

std::uint64_t copy_streaming(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  const accumulators sums = copy_and_accumulate<true>(to, from, size);
  hwy::FlushStream();
  return merged(sums, size);
}

std::uint64_t copy_stored(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  return merged(copy_and_accumulate<false>(to, from, size), size);
}

#endif

}  // namespace cellard::core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::core {
namespace {

HWY_EXPORT(copy_streaming);
HWY_EXPORT(copy_stored);

}  // namespace

std::uint64_t checked_copy(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  auto* target = reinterpret_cast<std::uint8_t*>(to);
  const auto* source = reinterpret_cast<const std::uint8_t*>(from);
  const bool aligned = reinterpret_cast<std::uintptr_t>(to) % stripe_bytes == 0;
  if (size <= library_bytes) {
    if (size > 0) {
      std::memcpy(to, from, size);
    }
    return XXH3_64bits(to, size);
  }
  if (size >= streaming_copy_bytes && aligned) {
    return HWY_DYNAMIC_DISPATCH(copy_streaming)(target, source, size);
  }
  return HWY_DYNAMIC_DISPATCH(copy_stored)(target, source, size);
}

std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace cellard::core
#endif
