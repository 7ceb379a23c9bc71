// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The client's direction of replies.hpp. A client trusts the daemon with its data, yet a decoder
// here checks every length: the peer at the socket may be another program.
#include "protocol/bodies.hpp"
#include "protocol/fields.hpp"
#include "protocol/layouts.hpp"
#include "protocol/replies.hpp"
#include "protocol/tlv.hpp"

namespace cellard::protocol {
namespace {

using core::errc;
using core::fail;

void read_into(reader& in, hello_reply& body) {
  const auto fixed = in.read<hello_reply_body>();
  body.version = fixed.version;
  body.shared_memory = (fixed.flags & hello_shared_memory) != 0;
  body.privileged = (fixed.flags & hello_privileged) != 0;
  body.features = fixed.features;
  body.instance = fixed.instance;
  body.pid = fixed.pid;
  body.frame_bytes = fixed.frame_bytes;
  body.keys = fixed.keys;
  body.requests = fixed.requests;
  body.staging_bytes = fixed.staging_bytes;
  body.block_bytes = fixed.block_bytes;
  body.leases = fixed.leases;
  body.lease_ms = fixed.lease_ms;
  body.server = std::string{in.read_text(in.left())};
}

void read_into(reader& in, open_reply& body) {
  const auto fixed = in.read<open_reply_body>();
  body = {fixed.space, fixed.created != 0, fixed.verify, fixed.block_bytes};
  if (in.left() == 0) {
    return;
  }
  body.layout = layout_of(in.read<open_body>());
  const auto taken = for_each_field(in, [&](std::uint16_t type, bytes_view value) {
    if (type == open_max_age && value.size() == sizeof body.max_age_ms) {
      body.max_age_ms = reader{value}.read<std::uint64_t>();
      return core::result<bool>{true};
    }
    return take_layout_field(*body.layout, type, value);
  });
  if (!taken || !check_layout_names(*body.layout)) {
    in.refuse();
  }
}

void read_into(reader& in, salt_reply& body) {
  body.salt = static_cast<std::uint16_t>(in.read<std::uint32_t>());
}

void read_into(reader& in, match_reply& body) {
  const auto fixed = in.read<match_reply_body>();
  body = {fixed.matched, fixed.ready, fixed.loading};
}

void read_into(reader& in, get_reply& body) {
  const auto fixed = in.read<get_reply_body>();
  body.matched = fixed.matched;
  body.ready = fixed.ready;
  body.loading = fixed.loading;
  body.lease = fixed.lease;
  body.new_segments = in.read_vector<segment_info>(fixed.new_segments);
  body.places = in.read_vector<place>(fixed.ready);
  if (in.left() > 0) {
    body.errors = in.read_vector<std::uint32_t>(fixed.ready);
  }
}

void read_into(reader& in, reserve_reply& body) {
  const auto fixed = in.read<reserve_reply_body>();
  for (const auto& entry : in.read_vector<reserve_entry_body>(fixed.count)) {
    body.entries.push_back({static_cast<errc>(entry.status), entry.ticket});
  }
}

void read_into(reader& in, stage_reply& body) {
  body.bytes = in.read<std::uint64_t>();
}

void read_into(reader& in, status_list_reply& body) {
  body.statuses = in.read_vector<errc>(in.read<std::uint32_t>());
}

void read_into(reader& in, count_reply& body) {
  body.count = in.read<std::uint32_t>();
  if (in.left() > 0) {
    body.later = in.read<std::uint32_t>();
  }
}

void read_into(reader& in, read_reply& body) {
  const auto fixed = in.read<read_reply_body>();
  body = {fixed.generation, fixed.codec, fixed.total, fixed.checksum, in.take(in.left())};
}

void read_into(reader& in, list_reply& body) {
  const auto fixed = in.read<list_reply_body>();
  body.next = fixed.next;
  body.entries = in.read_vector<list_entry>(fixed.count);
}

void read_into(reader& in, text_reply& body) {
  body.text = std::string{in.read_text(in.left())};
}

}  // namespace

template <class T>
core::result<T> decode_reply(const reply_frame& frame) {
  reader in{frame.body};
  if (frame.header.status != 0) {
    const auto known = frame.header.status < core::errc_count;
    return tl::unexpected<core::error>(
      core::error(known ? static_cast<errc>(frame.header.status) : errc::internal,
                  std::string{in.read_text(in.left())}));
  }
  T body{};
  read_into(in, body);
  if (in.failed() || in.left() != 0) {
    return fail(errc::bad_frame, "the reply to opcode {} has a body of {} bytes, which is wrong",
                frame.header.op & ~reply_bit, frame.body.size());
  }
  return body;
}

template core::result<hello_reply> decode_reply(const reply_frame&);
template core::result<open_reply> decode_reply(const reply_frame&);
template core::result<salt_reply> decode_reply(const reply_frame&);
template core::result<match_reply> decode_reply(const reply_frame&);
template core::result<get_reply> decode_reply(const reply_frame&);
template core::result<reserve_reply> decode_reply(const reply_frame&);
template core::result<stage_reply> decode_reply(const reply_frame&);
template core::result<status_list_reply> decode_reply(const reply_frame&);
template core::result<count_reply> decode_reply(const reply_frame&);
template core::result<read_reply> decode_reply(const reply_frame&);
template core::result<list_reply> decode_reply(const reply_frame&);
template core::result<text_reply> decode_reply(const reply_frame&);

}  // namespace cellard::protocol
