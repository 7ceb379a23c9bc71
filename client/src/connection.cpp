// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/connection.hpp"

#include "protocol/fields.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cellard::library {

using core::errc;
using core::error;
using core::fail;
using core::ok_t;
using protocol::opcode;

namespace {

constexpr std::size_t max_releases = 1024;
constexpr std::size_t max_abandoned = 1024;
constexpr std::size_t max_unfinished = 4;  // then a new connection brings a new staging area
constexpr std::size_t smallest_frame = 4096;
constexpr std::size_t largest_frame = 16U << 20;
constexpr std::size_t room_for_headers =
  96;  // request header and the largest fixed body, rounded up

bool brings_descriptors(opcode op) noexcept {
  return op == opcode::get || op == opcode::stage;
}

}  // namespace

connection::connection(seqpacket socket, std::uint64_t epoch)
  : socket_(std::move(socket)),
    epoch_(epoch),
    in_(protocol::default_frame_bytes) {
}

core::result<std::unique_ptr<connection>>
connection::establish(const std::vector<std::string>& sockets, const std::string& client_name,
                      std::uint64_t epoch, const deadline& until) {
  core::result<seqpacket> socket = fail(errc::unavailable, "no socket path is known");
  for (const auto& path : sockets) {
    if (socket = seqpacket::connect(path, until); socket) {
      break;
    }
  }
  CELLARD_TRY(socket);
  std::unique_ptr<connection> made{new connection(std::move(*socket), epoch)};
  CELLARD_TRY(made->greet(client_name, until));
  return made;
}

core::result<ok_t> connection::greet(const std::string& client_name, const deadline& until) {
  protocol::hello_request hello;
  hello.client_name = client_name;
  hello.features = protocol::known_features;
  auto reply = call<protocol::hello_reply>(hello, 0, until);
  CELLARD_TRY(reply);
  server_ = std::move(*reply);
  answered_ = false;  // a peer that answers nothing but hello is not yet a working daemon
  return accept_limits();
}

/// An eighth of each frame is kept for leases on their way back.
core::result<ok_t> connection::accept_limits() {
  if (server_.version < protocol::version_min || server_.version > protocol::version_max) {
    return fail(errc::unsupported_version,
                "the daemon chose protocol version {}, this library "
                "speaks {} to {}",
                server_.version, protocol::version_min, protocol::version_max);
  }
  if (server_.frame_bytes < smallest_frame || server_.frame_bytes > largest_frame
      || server_.keys == 0) {
    return fail(errc::bad_frame, "the daemon allows frames of {} bytes with {} keys",
                server_.frame_bytes, server_.keys);
  }
  const std::size_t frame = std::min<std::size_t>(server_.frame_bytes, socket_.send_limit());
  in_.resize(std::max<std::size_t>(in_.size(), server_.frame_bytes));
  releases_per_frame_ = std::min(max_releases, frame / 8 / sizeof(std::uint64_t));
  room_ = frame - releases_per_frame_ * sizeof(std::uint64_t) - room_for_headers;
  return ok_t{};
}

std::size_t connection::entries_per_request(std::size_t bytes_each) const noexcept {
  return std::min({std::size_t{server_.keys}, protocol::max_keys, room_ / bytes_each});
}

std::size_t connection::inline_piece() const noexcept {
  return std::min(room_, protocol::max_inline_bytes);
}

tl::unexpected<error> connection::lose(error problem) {
  lost_ = true;
  return tl::unexpected<error>(std::move(problem));
}

/// Returns how many leases went into the frame; they leave the list when it was sent.
std::size_t connection::encode_frame(const protocol::request& body,
                                     protocol::request_header header) {
  const auto count = std::min(releases_.size(), releases_per_frame_);
  out_.clear();
  protocol::writer writer{out_};
  protocol::encode(writer, header, std::span{releases_}.first(count), body);
  return count;
}

core::result<answer> connection::exchange(const protocol::request& body, std::uint64_t space,
                                          const deadline& until, std::shared_ptr<const void> kept) {
  if (until.passed()) {
    return fail(errc::timed_out, "the call's deadline passed before the daemon could be asked");
  }
  post_deferred();
  protocol::request_header header;
  header.request_id = ++last_id_;
  header.deadline_us = until.for_daemon_us();
  const auto returned = encode_frame(body, header);
  std::uint16_t op = 0;
  std::memcpy(&op, out_.data(), sizeof op);
  if (auto sent = socket_.send(out_, until); !sent) {
    if (sent.error().code() == errc::timed_out && ++timeouts_ < patience) {
      return tl::unexpected<error>(std::move(sent).error());
    }
    return lose(std::move(sent).error());
  }
  releases_.erase(releases_.begin(), releases_.begin() + static_cast<std::ptrdiff_t>(returned));
  auto reply = await(header.request_id, op, until);
  if (reply) {
    keep_unfinished(*reply, std::move(kept));
    timeouts_ = 0;
    answered_ = true;
    last_used_ = until.now();
    until.waited();
    return reply;
  }
  if (reply.error().code() != errc::timed_out) {
    return lose(std::move(reply).error());
  }
  abandoned_.push_back({header.request_id, static_cast<opcode>(op), space, std::move(kept)});
  lost_ = ++timeouts_ >= patience || abandoned_.size() > max_abandoned;
  return reply;
}

void connection::keep_unfinished(const answer& reply, std::shared_ptr<const void> kept) {
  if (kept != nullptr && reply.frame.header.status == static_cast<std::uint16_t>(errc::timed_out)) {
    unfinished_.push_back(std::move(kept));
    lost_ = lost_ || unfinished_.size() >= max_unfinished;
  }
}

core::result<ok_t> connection::call_status(const protocol::request& body, std::uint64_t space,
                                           const deadline& until,
                                           std::shared_ptr<const void> kept) {
  auto reply = exchange(body, space, until, std::move(kept));
  CELLARD_TRY(reply);
  if (reply->frame.header.status != 0) {
    CELLARD_TRY(protocol::decode_reply<protocol::text_reply>(reply->frame));
  }
  return ok_t{};
}

core::result<answer> connection::await(std::uint32_t id, std::uint16_t op, const deadline& until) {
  // A late answer to an earlier request may carry some too.
  const bool descriptors = brings_descriptors(static_cast<opcode>(op)) || !abandoned_.empty();
  auto reply = receive(until, descriptors);
  while (reply && reply->frame.header.request_id != id) {
    CELLARD_TRY(handle_late(*reply));
    reply = receive(until, descriptors);
  }
  if (reply && reply->frame.header.op != (op | protocol::reply_bit)) {
    return fail(errc::bad_frame, "the reply to opcode {} has the opcode {}", op,
                reply->frame.header.op);
  }
  return reply;
}

core::result<answer> connection::receive(const deadline& until, bool descriptors) {
  answer got;
  auto size = socket_.receive(in_, descriptors ? &got.passed : nullptr, until);
  CELLARD_TRY(size);
  return checked(std::move(got), *size, descriptors);
}

/// One frame whose header adds up.
core::result<answer> connection::checked(answer got, std::size_t size, bool descriptors) {
  auto frame = protocol::split_reply(protocol::bytes_view{in_}.first(size));
  CELLARD_TRY(frame);
  got.frame = *frame;
  if (descriptors && got.frame.header.descriptors != got.passed.size()) {
    return fail(errc::bad_frame, "a reply announces {} descriptors and carries {}",
                got.frame.header.descriptors, got.passed.size());
  }
  if ((got.frame.header.flags & protocol::leases_lost) != 0) {
    ++leases_lost_;
  }
  return got;
}

core::result<ok_t> connection::handle_late(const answer& late) {
  const auto found =
    std::find_if(abandoned_.begin(), abandoned_.end(), [&](const abandoned& request) {
      return request.request_id == late.frame.header.request_id;
    });
  if (found == abandoned_.end()) {
    return fail(errc::bad_frame, "a reply to request {}, which was never sent or is answered",
                late.frame.header.request_id);
  }
  const auto request = *found;
  abandoned_.erase(found);
  if (late.frame.header.op != (static_cast<std::uint16_t>(request.op) | protocol::reply_bit)) {
    return fail(errc::bad_frame, "the late reply to {} has the opcode {}", to_string(request.op),
                late.frame.header.op);
  }
  return late.frame.header.status == 0 ? salvage(request, late) : ok_t{};
}

core::result<ok_t> connection::salvage(const abandoned& request, const answer& late) {
  if (request.op == opcode::get) {
    const auto body = protocol::decode_reply<protocol::get_reply>(late.frame);
    CELLARD_TRY(body);
    if (body->lease != 0) {
      releases_.push_back(body->lease);
    }
    const auto space = spaces.find(request.space);
    return space == spaces.end() ? ok_t{}
                                 : space->second.segments.adopt(body->new_segments, late.passed);
  }
  if (request.op == opcode::reserve) {
    const auto body = protocol::decode_reply<protocol::reserve_reply>(late.frame);
    CELLARD_TRY(body);
    protocol::abort_request abort;
    for (const auto& entry : body->entries) {
      if (entry.status == errc::ok) {
        abort.tickets.push_back(entry.ticket);
      }
    }
    const auto space = spaces.find(request.space);
    if (!abort.tickets.empty() && space != spaces.end()) {
      abort.space = space->second.handle;
      deferred_.emplace_back(std::move(abort));
    }
    return ok_t{};
  }
  if (request.op == opcode::stage) {
    return adopt_staging(late);
  }
  if (request.op == opcode::open) {
    const auto body = protocol::decode_reply<protocol::open_reply>(late.frame);
    CELLARD_TRY(body);
    deferred_.emplace_back(protocol::close_request{body->space});
  }
  return ok_t{};
}

void connection::post(const protocol::request& body) {
  protocol::request_header header;
  header.request_id = ++last_id_;
  const auto returned = encode_frame(body, header);
  std::uint16_t op = 0;
  std::memcpy(&op, out_.data(), sizeof op);
  if (!lost_ && socket_.try_send(out_)) {
    releases_.erase(releases_.begin(), releases_.begin() + static_cast<std::ptrdiff_t>(returned));
    abandoned_.push_back({header.request_id, static_cast<opcode>(op), 0, nullptr});
  } else if (deferred_.size() < max_abandoned) {
    deferred_.push_back(body);
  }
}

void connection::post_deferred() {
  for (const auto& body : std::exchange(deferred_, {})) {
    post(body);
  }
}

void connection::collect(lease_queue& returned) {
  for (auto node = returned.take_all(); node != nullptr; node = std::move(node->next)) {
    if (node->epoch == epoch_) {
      releases_.push_back(node->lease);
    }
  }
}

void connection::send_releases(lease_queue& returned) {
  collect(returned);
  protocol::request_header header;
  header.flags = protocol::no_reply;
  header.request_id = ++last_id_;
  const auto count = encode_frame(protocol::release_request{}, header);
  if (!lost_ && count > 0 && socket_.try_send(out_)) {
    releases_.erase(releases_.begin(), releases_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace cellard::library
