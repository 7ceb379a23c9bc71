// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/slow_request.hpp"

#include "actors/answer.hpp"

namespace cellard::actors {
namespace {

std::size_t keys_of(const protocol::request& body) {
  return std::visit(
    [](const auto& each) -> std::size_t {
      if constexpr (requires { each.keys.size(); }) {
        return each.keys.size();
      } else if constexpr (requires { each.entries.size(); }) {
        return each.entries.size();
      } else if constexpr (requires { each.tickets.size(); }) {
        return each.tickets.size();
      } else if constexpr (requires { each.key; }) {
        return 1;
      } else {
        return 0;
      }
    },
    body);
}

}  // namespace

void report_slow(const inbound& from, std::chrono::steady_clock::duration took) {
  slow_request what;
  what.op = static_cast<protocol::opcode>(from.header.op);
  what.keys = keys_of(from.body);
  what.took = std::chrono::duration_cast<std::chrono::microseconds>(took);
  std::visit(
    [&what](const auto& each) {
      if constexpr (requires { what.handle = each.space; }) {
        what.handle = each.space;
      } else if constexpr (requires { what.space = each.space; }) {
        what.space = each.space;
      } else if constexpr (requires { each.name; }) {
        what.space = each.name;
      }
    },
    from.body);
  from.to->counters().slow_requests.fetch_add(1, std::memory_order_relaxed);
  from.to->slow(std::move(what));
}

}  // namespace cellard::actors
