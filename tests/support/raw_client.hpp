// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client made of frames, for what the library never does: requests in a bad order, without
// reading their answers, broken, or cut off in between. Receives with a deadline and closes every
// descriptor that comes. Functions that find the wrong answer throw.
#pragma once

#include "protocol/replies.hpp"
#include "protocol/requests.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cellard::tests {

struct raw_reply {
  std::vector<std::byte> frame;
  protocol::reply_header header;

  template <class T>
  [[nodiscard]] core::result<T> as() const {
    const auto parts = protocol::split_reply(frame);
    return parts ? protocol::decode_reply<T>(*parts) : tl::unexpected<core::error>(parts.error());
  }
};

/// An opaque layout with blocks of up to this many bytes.
core::layout opaque_layout(std::uint64_t max_bytes, std::uint16_t parts = 1);

class raw_client {
public:
  /// Connects; says hello unless told otherwise.
  explicit raw_client(const std::string& path, bool greet = true);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  raw_client(raw_client&& other) noexcept;

  [[nodiscard]] int descriptor() const noexcept { return socket_; }
  /// The last descriptor that came; -1 if none did.
  [[nodiscard]] int passed() const noexcept { return passed_; }
  void close();

  /// Sends a message as it is. False when the connection is over; throws after the deadline.
  bool send_bytes(std::span<const std::byte> bytes, std::span<const int> descriptors = {});
  /// The same without waiting: false also when the socket is full.
  bool try_send(std::span<const std::byte> bytes);
  /// Sends a request, and returns its number. Throws when the connection is over.
  std::uint32_t send(const protocol::request& body, std::span<const std::uint64_t> releases = {});
  std::vector<std::byte> encoded(const protocol::request& body,
                                 std::span<const std::uint64_t> releases = {});

  /// The next reply, or nothing at the end of the connection.
  std::optional<raw_reply> receive();
  /// True when the connection ended; takes what still comes.
  bool ended();

  template <class Reply>
  core::result<Reply> ask(const protocol::request& body,
                          std::span<const std::uint64_t> releases = {}) {
    return reply_to(send(body, releases)).as<Reply>();
  }
  /// The reply to this request; forgets the replies before it.
  raw_reply reply_to(std::uint32_t request_id);

  // The usual steps. They throw what the daemon refuses.
  std::uint32_t open(const std::string& name, std::uint64_t block_bytes = 4096,
                     const std::string& salt = {});
  /// Makes a staging area and maps it.
  std::span<std::byte> stage(std::uint64_t bytes);
  /// Puts blocks of this length, that of key i at offset i * length, as a chain from a root.
  std::vector<core::errc> put(std::uint32_t space, core::key_span keys, std::uint32_t length);
  protocol::put_request put_of(std::uint32_t space, core::key_span keys,
                               std::uint32_t length) const;
  std::uint32_t lookup(std::uint32_t space, core::key_span keys);
  protocol::get_reply get(std::uint32_t space, core::key_span keys);
  std::string text(protocol::opcode what, bool all = true);
  nlohmann::json stats(bool all = true) {
    return nlohmann::json::parse(text(protocol::opcode::stats, all));
  }

private:
  void unmap();

  int socket_ = -1;
  int passed_ = -1;  ///< the last descriptor that came
  std::uint32_t next_id_ = 1;
  std::span<std::byte> staging_;
};

protocol::open_request open_of(std::string_view name, std::uint64_t block_bytes);
protocol::reserve_request reserve_of(std::uint32_t space, core::key_span keys);
protocol::commit_request commit_of(std::uint32_t space,
                                   std::vector<protocol::commit_entry> entries = {});
/// A chain request of this kind.
protocol::chain_request chain(protocol::opcode op, std::uint32_t space, core::key_span keys);

}  // namespace cellard::tests
