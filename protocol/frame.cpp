// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/frame.hpp"

namespace cellard::protocol {

using core::errc;
using core::fail;

std::string_view to_string(opcode op) noexcept {
  switch (op) {
  case opcode::hello:
    return "hello";
  case opcode::open:
    return "open";
  case opcode::close:
    return "close";
  case opcode::salt:
    return "salt";
  case opcode::lookup:
    return "lookup";
  case opcode::get:
    return "get";
  case opcode::release:
    return "release";
  case opcode::reserve:
    return "reserve";
  case opcode::commit:
    return "commit";
  case opcode::abort:
    return "abort";
  case opcode::write:
    return "write";
  case opcode::read:
    return "read";
  case opcode::touch:
    return "touch";
  case opcode::prefetch:
    return "prefetch";
  case opcode::remove:
    return "remove";
  case opcode::pin:
    return "pin";
  case opcode::unpin:
    return "unpin";
  case opcode::list:
    return "list";
  case opcode::corrupt:
    return "corrupt";
  case opcode::stats:
    return "stats";
  case opcode::health:
    return "health";
  case opcode::namespaces:
    return "namespaces";
  case opcode::sessions:
    return "sessions";
  case opcode::config:
    return "config";
  case opcode::stage:
    return "stage";
  case opcode::put:
    return "put";
  case opcode::reload:
    return "reload";
  case opcode::drain:
    return "drain";
  case opcode::clear:
    return "clear";
  case opcode::forget:
    return "forget";
  case opcode::history:
    return "history";
  case opcode::forecast:
    return "forecast";
  }
  return "unknown";
}

core::result<request_frame> split_request(bytes_view frame) {
  reader in{frame};
  request_frame parts;
  parts.header = in.read<request_header>();
  if (in.failed()) {
    return fail(errc::bad_frame, "a request has at least {} bytes, this one has {}",
                sizeof(request_header), frame.size());
  }
  parts.releases = in.take(parts.header.releases * sizeof(std::uint64_t));
  if (in.failed()) {
    return fail(errc::bad_frame, "the header announces {} leases, but only {} bytes follow",
                parts.header.releases, frame.size() - sizeof(request_header));
  }
  parts.body = in.take(in.left());
  return parts;
}

core::result<reply_frame> split_reply(bytes_view frame) {
  reader in{frame};
  reply_frame parts;
  parts.header = in.read<reply_header>();
  if (in.failed() || in.left() != parts.header.body_bytes) {
    return fail(errc::bad_frame, "a reply of {} bytes says that its body has {}", frame.size(),
                parts.header.body_bytes);
  }
  parts.body = in.take(in.left());
  return parts;
}

}  // namespace cellard::protocol
