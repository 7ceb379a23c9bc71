// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The client's direction of requests.hpp.
#include "protocol/bodies.hpp"
#include "protocol/fields.hpp"
#include "protocol/layouts.hpp"
#include "protocol/requests.hpp"
#include "protocol/text.hpp"
#include "protocol/tlv.hpp"

#include <cstring>

namespace cellard::protocol {
namespace {

opcode write_body_of(writer& out, const hello_request& body) {
  hello_body fixed{{}, body.version_min, body.version_max, 0, body.features};
  std::memcpy(fixed.magic, magic.data(), sizeof fixed.magic);
  out.write(fixed);
  if (!body.client_name.empty()) {
    write_field(out, hello_client_name, cut(body.client_name, max_client_name));
  }
  return opcode::hello;
}

opcode write_body_of(writer& out, const open_request& body) {
  auto fixed = fixed_of(body.layout);
  fixed.kv_group = body.kv_group;
  fixed.part = body.part;
  out.write(fixed);
  write_field(out, open_name, body.name);
  write_layout_names(out, body.layout);
  if (!body.salt.empty()) {
    write_field(out, open_salt, body.salt);
  }
  write_layout_rope(out, body.layout);
  if (body.max_age_ms != 0) {
    write_field(out, open_max_age, std::as_bytes(std::span{&body.max_age_ms, 1}));
  }
  if (body.existing) {
    write_field(out, open_existing, bytes_view{});
  }
  return opcode::open;
}

opcode write_body_of(writer& out, const close_request& body) {
  out.write(body.space);
  return opcode::close;
}

opcode write_body_of(writer& out, const salt_request& body) {
  out.write(body.space);
  out.write_text(body.salt);
  return opcode::salt;
}

opcode write_body_of(writer& out, const chain_request& body) {
  out.write(chain_body{body.space, body.salt, static_cast<std::uint16_t>(body.keys.size()),
                       body.flags, body.argument});
  out.write_span(body.keys);
  return body.op;
}

opcode write_body_of(writer&, const release_request&) {
  return opcode::release;
}

opcode write_body_of(writer& out, const reserve_request& body) {
  out.write(reserve_body{body.space, body.salt, static_cast<std::uint16_t>(body.keys.size()),
                         body.parent ? 0U : reserve_is_root, 0,
                         body.parent.value_or(core::block_key{})});
  out.write_span(body.keys);
  return opcode::reserve;
}

opcode write_body_of(writer& out, const put_request& body) {
  out.write(reserve_body{body.space, body.salt, static_cast<std::uint16_t>(body.entries.size()),
                         body.parent ? 0U : reserve_is_root, 0,
                         body.parent.value_or(core::block_key{})});
  out.write_span<put_entry>(body.entries);
  return opcode::put;
}

opcode write_body_of(writer& out, const stage_request& body) {
  out.write(body.bytes);
  if (body.least != 0) {
    out.write(body.least);
  }
  return opcode::stage;
}

opcode write_body_of(writer& out, const commit_request& body) {
  out.write(count_body{body.space, static_cast<std::uint32_t>(body.entries.size())});
  out.write_span<commit_entry>(body.entries);
  return opcode::commit;
}

opcode write_body_of(writer& out, const abort_request& body) {
  out.write(count_body{body.space, static_cast<std::uint32_t>(body.tickets.size())});
  out.write_span<std::uint32_t>(body.tickets);
  return opcode::abort;
}

opcode write_body_of(writer& out, const write_request& body) {
  out.write(write_body{body.offset});
  out.write_span<std::byte>(body.bytes);
  return opcode::write;
}

opcode write_body_of(writer& out, const read_request& body) {
  out.write(
    read_body{body.space, body.salt, 0, body.generation, body.length, body.offset, body.key});
  return opcode::read;
}

opcode write_body_of(writer& out, const list_request& body) {
  out.write(list_body{body.space, body.limit, body.cursor});
  return opcode::list;
}

opcode write_body_of(writer& out, const corrupt_request& body) {
  out.write(corrupt_body{body.space, body.salt, 0, body.key});
  return opcode::corrupt;
}

opcode write_body_of(writer& out, const admin_request& body) {
  out.write(static_cast<std::uint32_t>(body.all));
  return body.op;
}

opcode write_body_of(writer& out, const forget_request& body) {
  out.write(body.kv_group);
  out.write_text(body.name);
  return opcode::forget;
}

template <class Request>
void write_subject(writer& out, const Request& body) {
  if (!body.space.empty()) {
    write_field(out, subject_space, body.space);
  }
  if (!body.tenant.empty()) {
    write_field(out, subject_tenant, body.tenant);
  }
}

opcode write_body_of(writer& out, const forecast_request& body) {
  out.write(forecast_body{static_cast<std::uint32_t>(body.all), body.kv_group,
                          static_cast<std::uint32_t>(body.sizes.size()), 0});
  out.write_span<std::uint64_t>(body.sizes);
  write_subject(out, body);
  return opcode::forecast;
}

opcode write_body_of(writer& out, const history_request& body) {
  out.write(history_body{static_cast<std::uint32_t>(body.all), body.window_seconds, body.points,
                         body.kv_group});
  write_subject(out, body);
  return opcode::history;
}

}  // namespace

void encode(writer& out, request_header header, std::span<const std::uint64_t> releases,
            const request& body) {
  const auto start = out.size();
  header.releases = static_cast<std::uint16_t>(releases.size());
  out.write(header);
  out.write_span(releases);
  const auto op = std::visit([&](const auto& kind) { return write_body_of(out, kind); }, body);
  header.op = static_cast<std::uint16_t>(op);
  out.patch(start, header);
}

}  // namespace cellard::protocol
