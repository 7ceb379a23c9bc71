// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/copy_bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#  include <emmintrin.h>
#endif

namespace cellard::library {

#if defined(__SSE2__)

namespace {

constexpr std::size_t line = 64;

/// @pre `to` is aligned to 16 bytes, `size` is a multiple of 64
void stream_lines(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  for (std::size_t at = 0; at < size; at += line) {
    const auto* source = reinterpret_cast<const __m128i*>(from + at);
    auto* target = reinterpret_cast<__m128i*>(to + at);
    const auto a = _mm_loadu_si128(source);
    const auto b = _mm_loadu_si128(source + 1);
    const auto c = _mm_loadu_si128(source + 2);
    const auto d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
  _mm_sfence();  // streaming stores are not ordered by a later release
}

}  // namespace

void copy_bytes(void* to, const void* from, std::size_t size) noexcept {
  if (size < streaming_bytes) {
    if (size > 0) {
      std::memcpy(to, from, size);
    }
    return;
  }
  auto* target = static_cast<std::byte*>(to);
  const auto* source = static_cast<const std::byte*>(from);
  const auto head = (line - reinterpret_cast<std::uintptr_t>(target) % line) % line;
  const auto body = (size - head) / line * line;
  std::memcpy(target, source, head);
  stream_lines(target + head, source + head, body);
  std::memcpy(target + head + body, source + head + body, size - head - body);
}

#else

void copy_bytes(void* to, const void* from, std::size_t size) noexcept {
  if (size > 0) {
    std::memcpy(to, from, size);
  }
}

#endif

}  // namespace cellard::library
