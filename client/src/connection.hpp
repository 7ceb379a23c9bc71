// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One connection to the daemon, from hello to its loss: one request in flight, frames matched by
// id, and everything that is worth nothing without the socket (handles of spaces, segment tables,
// the staging area, leases waiting to go back). Not thread-safe: the client's mutex guards it. A
// connection that is `lost` answers nothing any more; its owner drops it.
//
// A request that timed out stays in a list, because its late reply may carry what comes only once:
// segments, the staging area, a lease, tickets. The first two are kept, the others given back. The
// list also keeps alive what the daemon may still be reading: bytes of the staging area that a put
// named.
#pragma once

#include "client/src/lease_queue.hpp"
#include "client/src/segment_table.hpp"
#include "client/src/seqpacket.hpp"
#include "client/src/staging_area.hpp"
#include "protocol/replies.hpp"
#include "protocol/requests.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cellard::library {

/// A status from the wire; one of a later version counts as internal.
constexpr core::errc known(core::errc status) noexcept {
  return static_cast<std::size_t>(status) < core::errc_count ? status : core::errc::internal;
}

/// What a connection knows of a namespace.
struct open_space {
  std::uint32_t handle = 0;
  bool verify_always = false;
  segment_table segments;
};

/// A reply; `frame` refers to the connection's buffer and is valid until its next call.
struct answer {
  protocol::reply_frame frame;
  std::vector<descriptor> passed;
};

class connection {
public:
  /// Connects and says hello. `epoch` tells this connection from the client's earlier ones.
  static core::result<std::unique_ptr<connection>>
  establish(const std::vector<std::string>& sockets, const std::string& client_name,
            std::uint64_t epoch, const deadline& until);

  /// The same without waiting (connection_pipeline.cpp): hello is sent, its reply comes as any
  /// other. `exchange` and what is built on it are not for such a connection.
  static core::result<std::unique_ptr<connection>> begin(const std::vector<std::string>& sockets,
                                                         const std::string& client_name,
                                                         std::uint64_t epoch);

  /// Takes the reply to hello. Before that, nothing else may be started.
  core::result<core::ok_t> take_hello(const answer& reply);
  [[nodiscard]] bool greeted() const noexcept { return room_ > 0; }

  /// A request on its way.
  struct started {
    std::uint32_t id = 0;
    protocol::opcode op = protocol::opcode::hello;
  };

  /// Sends a request if that is possible without waiting; nothing when the socket is full.
  core::result<std::optional<started>> start(const protocol::request& body, const deadline& until);

  /// The next frame, if one is there. What went wrong is an error after which nothing more comes.
  core::result<std::optional<answer>> receive_now();

  /// A started request whose deadline passed: its reply is dealt with as that of one that timed
  /// out in `exchange`.
  void abandon(const started& request, std::uint64_t space, std::shared_ptr<const void> kept);

  /// A deadline passed without any reply since the last one; `patience` of them end the connection.
  void missed() noexcept { lost_ = ++timeouts_ >= patience || lost_; }

  /// Takes a reply to no request in flight, hence to an abandoned one.
  core::result<core::ok_t> take_late(const answer& late) { return handle_late(late); }

  /// Takes the reply to `stage`.
  core::result<core::ok_t> take_staging(const answer& reply) { return adopt_staging(reply); }

  /// False while nobody knows which area offsets refer to.
  [[nodiscard]] bool staging_settled() const noexcept;

  /// Requests that the daemon still owes an answer to, beside those in flight.
  [[nodiscard]] std::size_t owed() const noexcept { return abandoned_.size(); }

  [[nodiscard]] int socket() const noexcept { return socket_.number(); }

  /// Sends a request and waits for its reply. `space` is the client's number of the namespace, 0
  /// for none. `kept` lives until the daemon has answered, be it late, or the connection ends.
  core::result<answer> exchange(const protocol::request& body, std::uint64_t space,
                                const deadline& until, std::shared_ptr<const void> kept = nullptr);

  /// The same for replies without descriptors: decoded, an error status being the error.
  template <class Reply>
  core::result<Reply> call(const protocol::request& body, std::uint64_t space,
                           const deadline& until, std::shared_ptr<const void> kept = nullptr) {
    auto reply = exchange(body, space, until, std::move(kept));
    CELLARD_TRY(reply);
    return decoded<Reply>(*reply);
  }

  /// The same when only the status matters.
  core::result<core::ok_t> call_status(const protocol::request& body, std::uint64_t space,
                                       const deadline& until,
                                       std::shared_ptr<const void> kept = nullptr);

  /// A malformed body loses the connection.
  template <class Reply>
  core::result<Reply> decoded(const answer& reply) {
    auto body = protocol::decode_reply<Reply>(reply.frame);
    if (!body && reply.frame.header.status == 0) {
      return lose(std::move(body).error());
    }
    return body;
  }

  /// Sends a request whose reply does not matter: now if that is possible without waiting, else
  /// before the next request.
  /// @pre the request owns its bytes (abort, close, corrupt)
  void post(const protocol::request& body);

  /// Sends what waits in `returned` without asking for a reply.
  void send_releases(lease_queue& returned);

  /// Takes the leases that were given back since; those of earlier connections are forgotten.
  void collect(lease_queue& returned);

  /// A get has to wait with its lease until it has somewhere to go.
  void give_back(std::uint64_t lease) { releases_.push_back(lease); }

  /// Makes sure that there is a staging area, of `wanted` bytes if the daemon grants so many, else
  /// of at least `least`. An area that is in use is not replaced: the daemon would read what is
  /// committed later from the new one.
  core::result<core::ok_t> ensure_staging(std::uint64_t wanted, std::uint64_t least,
                                          const deadline& until);

  /// A put that the daemon answered with timed_out may still be copied: what it named is given to
  /// nobody else as long as this connection lives.
  void keep_unfinished(const answer& reply, std::shared_ptr<const void> kept);

  /// Marks the connection as lost and passes the error on.
  tl::unexpected<core::error> lose(core::error problem);

  /// Closes this process's descriptor and nothing else: for a child that inherited it.
  void close_socket() noexcept { socket_.close(); }

  [[nodiscard]] const protocol::hello_reply& server() const noexcept { return server_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] bool lost() const noexcept { return lost_; }
  [[nodiscard]] bool slow() const noexcept { return timeouts_ >= patience; }
  [[nodiscard]] bool answered() const noexcept { return answered_; }
  /// Whether the daemon has gone. A connection that was used a moment ago is not asked: that costs
  /// a tenth of a round trip, and the next send finds it out.
  [[nodiscard]] bool hung_up(deadline::clock::time_point now) const noexcept {
    return now > last_used_ + std::chrono::milliseconds{1} && socket_.hung_up();
  }
  [[nodiscard]] std::uint64_t leases_lost() const noexcept { return leases_lost_; }

  /// How many entries of so many bytes, and how many bytes of an inline piece, fit into one
  /// request.
  [[nodiscard]] std::size_t entries_per_request(std::size_t bytes_each) const noexcept;
  [[nodiscard]] std::size_t keys_per_request() const noexcept {
    return entries_per_request(core::block_key::size);
  }
  [[nodiscard]] std::size_t inline_piece() const noexcept;

  std::map<std::uint64_t, open_space> spaces;
  std::shared_ptr<staging_area> staging;  ///< null before the first write

private:
  static constexpr unsigned patience =
    2;  ///< timeouts in a row until the connection ends (decision G3)

  struct abandoned {
    std::uint32_t request_id = 0;
    protocol::opcode op = protocol::opcode::hello;
    std::uint64_t space = 0;
    std::shared_ptr<const void> kept;
  };

  connection(seqpacket socket, std::uint64_t epoch);
  core::result<core::ok_t> greet(const std::string& client_name, const deadline& until);
  core::result<core::ok_t> accept_limits();
  std::size_t encode_frame(const protocol::request& body, protocol::request_header header);
  core::result<answer> await(std::uint32_t id, std::uint16_t op, const deadline& until);
  core::result<answer> receive(const deadline& until, bool descriptors);
  core::result<answer> checked(answer got, std::size_t size, bool descriptors);
  core::result<core::ok_t> request_staging(std::uint64_t bytes, std::uint64_t least,
                                           const deadline& until);
  core::result<core::ok_t> adopt_staging(const answer& reply);
  core::result<core::ok_t> await_late_staging(const deadline& until);
  core::result<core::ok_t> handle_late(const answer& late);
  core::result<core::ok_t> salvage(const abandoned& request, const answer& late);
  void post_deferred();

  seqpacket socket_;
  protocol::hello_reply server_;
  std::uint64_t epoch_;
  std::uint32_t last_id_ = 0;
  deadline::clock::time_point last_used_;
  unsigned timeouts_ = 0;
  bool lost_ = false;
  bool answered_ = false;
  std::uint64_t leases_lost_ = 0;
  std::size_t room_ = 0;  ///< of a request, for entries or bytes
  std::size_t releases_per_frame_ = 0;
  std::uint64_t staging_asked_ = 0;  ///< of the area that there is; it may have been given less
  std::vector<std::uint64_t> releases_;
  std::vector<protocol::request> deferred_;  ///< posted before the next request
  std::vector<abandoned> abandoned_;
  std::vector<std::shared_ptr<const void>> unfinished_;
  std::vector<std::byte> out_;
  std::vector<std::byte> in_;
};

}  // namespace cellard::library
