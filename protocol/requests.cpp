// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/requests.hpp"

#include "protocol/bodies.hpp"
#include "protocol/fields.hpp"
#include "protocol/layouts.hpp"
#include "protocol/text.hpp"
#include "protocol/tlv.hpp"

#include <utility>

namespace cellard::protocol {
namespace {

using core::errc;
using core::fail;
using core::result;

/// Every decoder ends here: all bytes used, none missing.
template <class T>
result<request> finished(const reader& in, opcode op, T body) {
  if (in.failed() || in.left() != 0) {
    return fail(errc::bad_frame, "the body of {} is {}", to_string(op),
                in.failed() ? "too short" : "too long");
  }
  return request{std::move(body)};
}

result<core::ok_t> check_text(std::string_view what, std::string_view text) {
  if (!is_printable(text)) {
    return fail(errc::invalid_argument, "{} is not UTF-8 without control characters", what);
  }
  return core::ok_t{};
}

result<core::ok_t> check_name(opcode op, std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes) {
    return fail(errc::invalid_argument, "{}: a namespace's name has 1 to {} bytes, not {}",
                to_string(op), max_name_bytes, name.size());
  }
  return check_text("the namespace's name", name);
}

result<request> decode_hello(reader in) {
  const auto fixed = in.read<hello_body>();
  hello_request body{fixed.version_min, fixed.version_max, fixed.features, {}};
  if (in.failed() || std::string_view{fixed.magic, sizeof fixed.magic} != magic) {
    return fail(errc::bad_frame, "hello does not begin with the magic of this protocol");
  }
  CELLARD_TRY(for_each_field(in, [&](std::uint16_t type, bytes_view value) -> result<bool> {
    if (type != hello_client_name) {
      return false;
    }
    body.client_name = cut(as_text(value), max_client_name);
    return true;
  }));
  CELLARD_TRY(check_text("hello: the client's name", body.client_name));
  return finished(in, opcode::hello, body);
}

result<bool> decode_open_field(open_request& body, std::uint16_t type, bytes_view value) {
  switch (type) {
  case open_name:
    body.name = as_text(value);
    return true;
  case open_salt:
    body.salt = as_text(value);
    return true;
  case open_max_age:
    body.max_age_ms = reader{value}.read<std::uint64_t>();
    return value.size() == sizeof(std::uint64_t);
  case open_existing:
    body.existing = true;
    return value.empty();
  default:
    return take_layout_field(body.layout, type, value);
  }
}

result<request> decode_open(reader in) {
  const auto fixed = in.read<open_body>();
  open_request body;
  body.kv_group = fixed.kv_group;
  body.part = fixed.part;
  body.layout = layout_of(fixed);
  CELLARD_TRY(for_each_field(in, [&](std::uint16_t type, bytes_view value) {
    return decode_open_field(body, type, value);
  }));
  CELLARD_TRY(check_name(opcode::open, body.name));
  CELLARD_TRY(check_layout_names(body.layout));
  if (body.salt.size() > max_salt_bytes) {
    return fail(errc::invalid_argument, "open: a salt has at most {} bytes, not {}", max_salt_bytes,
                body.salt.size());
  }
  if (!body.existing && body.part >= body.layout.parts) {
    return fail(errc::invalid_argument, "open: part is {}, but the layout has {} parts", body.part,
                body.layout.parts);
  }
  return finished(in, opcode::open, std::move(body));
}

result<core::ok_t> check_count(opcode op, std::size_t count) {
  if (count < 1 || count > max_keys) {
    return fail(errc::invalid_argument, "{}: {} entries, allowed are 1 to {}", to_string(op), count,
                max_keys);
  }
  return core::ok_t{};
}

result<request> decode_chain(opcode op, reader in) {
  const auto fixed = in.read<chain_body>();
  chain_request body{op, fixed.space, fixed.salt, fixed.flags, fixed.argument, {}};
  CELLARD_TRY(check_count(op, fixed.keys));
  body.keys = in.read_span<core::block_key>(fixed.keys);
  return finished(in, op, body);
}

result<request> decode_reserve(reader in) {
  const auto fixed = in.read<reserve_body>();
  CELLARD_TRY(check_count(opcode::reserve, fixed.keys));
  reserve_request body;
  body.space = fixed.space;
  body.salt = fixed.salt;
  if ((fixed.flags & reserve_is_root) == 0) {
    body.parent = fixed.parent;
  }
  body.keys = in.read_span<core::block_key>(fixed.keys);
  return finished(in, opcode::reserve, body);
}

result<request> decode_put(reader in) {
  const auto fixed = in.read<reserve_body>();
  CELLARD_TRY(check_count(opcode::put, fixed.keys));
  put_request body;
  body.space = fixed.space;
  body.salt = fixed.salt;
  if ((fixed.flags & reserve_is_root) == 0) {
    body.parent = fixed.parent;
  }
  body.entries = in.read_vector<put_entry>(fixed.keys);
  return finished(in, opcode::put, std::move(body));
}

result<request> decode_commit(reader in) {
  const auto fixed = in.read<count_body>();
  CELLARD_TRY(check_count(opcode::commit, fixed.count));
  return finished(in, opcode::commit,
                  commit_request{fixed.space, in.read_vector<commit_entry>(fixed.count)});
}

result<request> decode_abort(reader in) {
  const auto fixed = in.read<count_body>();
  CELLARD_TRY(check_count(opcode::abort, fixed.count));
  return finished(in, opcode::abort,
                  abort_request{fixed.space, in.read_vector<std::uint32_t>(fixed.count)});
}

result<request> decode_write(reader in) {
  const auto fixed = in.read<write_body>();
  const auto bytes = in.take(in.left());
  if (bytes.size() > max_inline_bytes) {
    return fail(errc::invalid_argument, "write: {} bytes in one frame, allowed are {}",
                bytes.size(), max_inline_bytes);
  }
  return finished(in, opcode::write, write_request{fixed.offset, bytes});
}

result<request> decode_read(reader in) {
  const auto fixed = in.read<read_body>();
  if (fixed.length > max_inline_bytes) {
    return fail(errc::invalid_argument, "read: {} bytes in one frame, allowed are {}", fixed.length,
                max_inline_bytes);
  }
  return finished(
    in, opcode::read,
    read_request{fixed.space, fixed.salt, fixed.generation, fixed.length, fixed.offset, fixed.key});
}

result<request> decode_corrupt(reader in) {
  const auto fixed = in.read<corrupt_body>();
  return finished(in, opcode::corrupt, corrupt_request{fixed.space, fixed.salt, fixed.key});
}

result<request> decode_salt(reader in) {
  const auto space = in.read<std::uint32_t>();
  const auto salt = in.read_text(in.left());
  if (salt.size() > max_salt_bytes) {
    return fail(errc::invalid_argument, "salt: {} bytes, allowed are {}", salt.size(),
                max_salt_bytes);
  }
  return finished(in, opcode::salt, salt_request{space, salt});
}

result<request> decode_forget(reader in) {
  const auto group = in.read<std::uint32_t>();
  const auto name = in.read_text(in.left());
  CELLARD_TRY(check_name(opcode::forget, name));
  return finished(in, opcode::forget, forget_request{name, group});
}

/// The fields that say whose numbers are asked for.
template <class Request>
result<core::ok_t> read_subject(reader& in, Request& body) {
  CELLARD_TRY(for_each_field(in, [&](std::uint16_t type, bytes_view value) -> result<bool> {
    if (type != subject_space && type != subject_tenant) {
      return false;
    }
    (type == subject_space ? body.space : body.tenant) = as_text(value);
    return value.size() <= max_name_bytes;
  }));
  CELLARD_TRY(check_text("the namespace's name", body.space));
  return check_text("the tenant's name", body.tenant);
}

result<request> decode_forecast(reader in) {
  const auto fixed = in.read<forecast_body>();
  if (fixed.sizes > max_sizes) {
    return fail(errc::invalid_argument, "forecast: {} sizes, allowed are up to {}", fixed.sizes,
                max_sizes);
  }
  forecast_request body{fixed.all != 0, fixed.kv_group, {}, {}, {}};
  body.sizes = in.read_vector<std::uint64_t>(fixed.sizes);
  CELLARD_TRY(read_subject(in, body));
  return finished(in, opcode::forecast, std::move(body));
}

result<request> decode_history(reader in) {
  const auto fixed = in.read<history_body>();
  history_request body{fixed.all != 0, fixed.window_seconds, fixed.points, fixed.kv_group, {}, {}};
  CELLARD_TRY(read_subject(in, body));
  if (!in.failed() && (body.window_seconds < 1 || body.window_seconds > max_window_seconds)) {
    return fail(errc::invalid_argument, "history: a window of {} seconds, allowed are 1 to {}",
                body.window_seconds, max_window_seconds);
  }
  if (body.points > max_points) {
    return fail(errc::invalid_argument, "history: {} points, allowed are up to {}", body.points,
                max_points);
  }
  return finished(in, opcode::history, body);
}

result<request> decode_list(reader in) {
  const auto fixed = in.read<list_body>();
  return finished(in, opcode::list, list_request{fixed.space, fixed.limit, fixed.cursor});
}

}  // namespace

result<request> decode(const request_frame& frame) {
  reader in{frame.body};
  const auto op = static_cast<opcode>(frame.header.op);
  if ((frame.header.flags & no_reply) != 0 && op != opcode::release) {
    return fail(errc::invalid_argument, "{} with the flag no_reply: only release may have it",
                to_string(op));
  }
  switch (op) {
  case opcode::hello:
    return decode_hello(in);
  case opcode::open:
    return decode_open(in);
  case opcode::close: {
    const close_request body{in.read<std::uint32_t>()};
    return finished(in, op, body);
  }
  case opcode::salt:
    return decode_salt(in);
  case opcode::lookup:
  case opcode::get:
  case opcode::touch:
  case opcode::prefetch:
  case opcode::remove:
  case opcode::pin:
  case opcode::unpin:
    return decode_chain(op, in);
  case opcode::release:
    return finished(in, op, release_request{});
  case opcode::reserve:
    return decode_reserve(in);
  case opcode::commit:
    return decode_commit(in);
  case opcode::abort:
    return decode_abort(in);
  case opcode::put:
    return decode_put(in);
  case opcode::stage: {
    stage_request body{in.read<std::uint64_t>()};
    if (in.left() > 0) {
      body.least = in.read<std::uint64_t>();
      if (body.least == 0) {
        return fail(errc::invalid_argument, "stage: least is 1 or more, or is left out");
      }
    }
    return finished(in, op, body);
  }
  case opcode::write:
    return decode_write(in);
  case opcode::read:
    return decode_read(in);
  case opcode::list:
    return decode_list(in);
  case opcode::corrupt:
    return decode_corrupt(in);
  case opcode::stats:
  case opcode::health:
  case opcode::namespaces:
  case opcode::sessions:
  case opcode::config:
  case opcode::reload:
  case opcode::drain:
  case opcode::clear: {
    const auto scope = in.read<std::uint32_t>();
    return finished(in, op, admin_request{op, scope != 0});
  }
  case opcode::forget:
    return decode_forget(in);
  case opcode::history:
    return decode_history(in);
  case opcode::forecast:
    return decode_forecast(in);
  }
  return fail(errc::unknown_opcode, "opcode {} is not known to version {}", frame.header.op,
              version_max);
}

}  // namespace cellard::protocol
