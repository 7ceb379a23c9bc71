// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's direction of replies.hpp.
#include "protocol/replies.hpp"

#include "protocol/bodies.hpp"
#include "protocol/fields.hpp"
#include "protocol/layouts.hpp"
#include "protocol/text.hpp"

namespace cellard::protocol {
namespace {

/// Writes the header, lets `write` append the body, and completes body_bytes.
template <class Write>
void frame(writer& out, const reply_context& context, core::errc status, Write write) {
  const auto start = out.size();
  reply_header header;
  header.op = static_cast<std::uint16_t>(static_cast<std::uint16_t>(context.op) | reply_bit);
  header.status = static_cast<std::uint8_t>(status);
  header.flags = context.flags;
  header.request_id = context.request_id;
  header.descriptors = context.descriptors;
  out.write(header);
  write();
  header.body_bytes = static_cast<std::uint32_t>(out.size() - start - sizeof header);
  out.patch(start, header);
}

}  // namespace

void encode(writer& out, const reply_context& context, const core::error& problem) {
  frame(out, context, problem.code(),
        [&] { out.write_text(cut(problem.context(), max_message_bytes)); });
}

void encode(writer& out, const reply_context& context, const hello_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    hello_reply_body fixed{};
    fixed.version = body.version;
    fixed.flags = static_cast<std::uint16_t>((body.shared_memory ? hello_shared_memory : 0)
                                             | (body.privileged ? hello_privileged : 0));
    fixed.pid = body.pid;
    fixed.features = body.features;
    fixed.instance = body.instance;
    fixed.frame_bytes = body.frame_bytes;
    fixed.keys = body.keys;
    fixed.requests = body.requests;
    fixed.leases = body.leases;
    fixed.staging_bytes = body.staging_bytes;
    fixed.block_bytes = body.block_bytes;
    fixed.lease_ms = body.lease_ms;
    out.write(fixed);
    out.write_text(body.server);
  });
}

void encode(writer& out, const reply_context& context, const open_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(open_reply_body{body.space, body.created, body.verify, 0, body.block_bytes, 0});
    if (body.layout) {
      out.write(fixed_of(*body.layout));
      write_layout_names(out, *body.layout);
      write_layout_rope(out, *body.layout);
      if (body.max_age_ms != 0) {
        write_field(out, open_max_age, std::as_bytes(std::span{&body.max_age_ms, 1}));
      }
    }
  });
}

void encode(writer& out, const reply_context& context, const salt_reply& body) {
  frame(out, context, core::errc::ok, [&] { out.write(std::uint32_t{body.salt}); });
}

void encode(writer& out, const reply_context& context, const match_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(match_reply_body{body.matched, body.ready, body.loading, 0});
  });
}

void encode(writer& out, const reply_context& context, const get_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(get_reply_body{body.matched, body.ready, body.loading,
                             static_cast<std::uint32_t>(body.new_segments.size()), body.lease});
    out.write_span<segment_info>(body.new_segments);
    out.write_span<place>(body.places);
    out.write_span<std::uint32_t>(body.errors);
  });
}

void encode(writer& out, const reply_context& context, const reserve_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(reserve_reply_body{static_cast<std::uint32_t>(body.entries.size()), 0});
    for (const auto& entry : body.entries) {
      out.write(reserve_entry_body{static_cast<std::uint8_t>(entry.status), {}, entry.ticket});
    }
  });
}

void encode(writer& out, const reply_context& context, const stage_reply& body) {
  frame(out, context, core::errc::ok, [&] { out.write(body.bytes); });
}

void encode(writer& out, const reply_context& context, const status_list_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(static_cast<std::uint32_t>(body.statuses.size()));
    out.write_span<core::errc>(body.statuses);
  });
}

void encode(writer& out, const reply_context& context, const count_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(body.count);
    if (body.later) {
      out.write(*body.later);
    }
  });
}

void encode(writer& out, const reply_context& context, const read_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(read_reply_body{body.generation, body.codec, body.total, body.checksum});
    out.write_span<std::byte>(body.bytes);
  });
}

void encode(writer& out, const reply_context& context, const list_reply& body) {
  frame(out, context, core::errc::ok, [&] {
    out.write(list_reply_body{body.next, static_cast<std::uint32_t>(body.entries.size()), 0});
    out.write_span<list_entry>(body.entries);
  });
}

void encode(writer& out, const reply_context& context, const text_reply& body) {
  frame(out, context, core::errc::ok, [&] { out.write_text(body.text); });
}

}  // namespace cellard::protocol
