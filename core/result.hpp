// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A value or an `error`. A thin layer over tl::expected that adds [[nodiscard]], and the seam to
// std::expected later. Straight-line code: CELLARD_TRY returns early, `fail` makes the error with a
// formatted sentence.
#pragma once

#include "core/error.hpp"

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <utility>

namespace cellard::core {

template <class T>
class [[nodiscard]] result : public tl::expected<T, error> {
public:
  using base = tl::expected<T, error>;
  using base::base;
  result(base&& other) : base(std::move(other)) {}  // NOLINT(google-explicit-constructor)

  /// The same result; an error's sentence gets "what: " in front.
  [[nodiscard]] result prefixed(std::string_view what) && {
    if (this->has_value()) {
      return std::move(*this);
    }
    return tl::unexpected<error>(
      error(this->error().code(), fmt::format("{}: {}", what, this->error().context())));
  }
};

/// result<ok_t> is the result of a call that has nothing to say but success.
struct ok_t {
  friend constexpr bool operator==(ok_t, ok_t) noexcept { return true; }
};

/// `return fail(errc::busy, "staging is full: {} of {} bytes", used, limit);`
template <class... Args>
[[nodiscard]] tl::unexpected<error> fail(errc code, fmt::format_string<Args...> format,
                                         Args&&... args) {
  return tl::unexpected<error>(error(code, fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace cellard::core

/// Returns the error of `expression` from the calling function, if it has one.
#define CELLARD_TRY(expression)                                                                    \
  do {                                                                                             \
    if (auto&& cellard_try_result = (expression); !cellard_try_result) {                           \
      return tl::unexpected<::cellard::core::error>(std::move(cellard_try_result).error());        \
    }                                                                                              \
  } while (false)
