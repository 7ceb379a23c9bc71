// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A request as it came, and the way back. It is made by the connection, travels between actors by
// shared reference, and is answered exactly once (answer.hpp): by whom it reaches, or by its own
// end with shutting_down, when it was lost with an actor that had died. That answer gives the
// client's credit back.
//
// Threads: one at a time writes (the connection, before anybody else sees it); all may read.
#pragma once

#include "actors/reply_sink.hpp"
#include "core/result.hpp"
#include "protocol/requests.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cellard::actors {

class inbound {
public:
  explicit inbound(std::shared_ptr<reply_sink> sink) : to(std::move(sink)) {}
  inbound(const inbound&) = delete;
  inbound& operator=(const inbound&) = delete;
  ~inbound();

  /// Takes the bytes of a frame over and decodes them. False when they are no request at all.
  [[nodiscard]] bool decode(std::vector<std::byte> bytes);

  /// Gives the credit back; true for the first caller.
  bool settle() const;

  std::shared_ptr<reply_sink> to;
  std::vector<std::byte> frame;  ///< header, releases and body refer to it
  protocol::request_header header;
  std::vector<std::uint64_t> releases;
  protocol::request body;
  std::optional<core::error> problem;             ///< why the body could not be decoded
  std::chrono::steady_clock::time_point arrived;  ///< by the coarse clock

private:
  mutable std::atomic<bool> settled_ = true;  ///< nothing to answer before decode
};
using inbound_ptr = std::shared_ptr<const inbound>;

}  // namespace cellard::actors
