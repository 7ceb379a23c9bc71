// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/last_error.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cellard::library {
namespace {

constexpr std::size_t room = 1536;  // the daemon's sentences have at most 1024 bytes
thread_local std::array<char, room> sentence_of_thread{};

}  // namespace

int report(core::errc code, std::string_view sentence) noexcept {
  const auto size = std::min(sentence.size(), room - 1);
  std::memcpy(sentence_of_thread.data(), sentence.data(), size);
  sentence_of_thread[size] = '\0';
  return static_cast<int>(code);
}

int report(const core::error& problem) noexcept {
  return report(problem.code(), problem.context());
}

const char* last_error() noexcept {
  return sentence_of_thread.data();
}

}  // namespace cellard::library
