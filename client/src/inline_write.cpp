// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/inline_write.hpp"

#include <algorithm>

namespace cellard::library {

namespace {

core::result<core::ok_t> write_range(connection& link, staging_range& range,
                                     const range_list& ranges, const deadline& until) {
  for (std::uint64_t at = 0; range.is_inline() && at < range.length();) {
    const auto size = std::min<std::uint64_t>(range.length() - at, link.inline_piece());
    CELLARD_TRY(link.call_status(
      protocol::write_request{range.offset() + at, {range.data() + at, size}}, 0, until, ranges));
    at += size;
  }
  return core::ok_t{};
}

}  // namespace

core::result<core::ok_t> write_inline(connection& link, const range_list& ranges,
                                      const deadline& until) {
  for (auto& range : *ranges) {
    CELLARD_TRY(write_range(link, range, ranges, until));
  }
  return core::ok_t{};
}

}  // namespace cellard::library
