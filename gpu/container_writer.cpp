// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/container_writer.hpp"

#include "gpu/profile.hpp"
#include "gpu/rope_table.hpp"
#include "gpu/segment_writer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using core::result;

raw_ends ends_of(const block& what, const encode_options& options) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
  const std::uint64_t before =
    options.first_raw > what.first_position ? options.first_raw - what.first_position : 0;
  raw_ends ends;
  ends.first = static_cast<std::uint32_t>(std::min<std::uint64_t>({before, what.tokens, most}));
  ends.last = static_cast<std::uint32_t>(
    std::min<std::uint64_t>({options.last_raw, what.tokens - ends.first, most}));
  return ends;
}

result<ok_t> check(const block& what, std::size_t raw_bytes) {
  if (what.layers == 0 || what.tokens == 0 || what.heads == 0 || what.key_dim == 0
      || core::element_bytes(what.type) == 0 || raw_bytes != what.raw_bytes()) {
    return fail(
      errc::invalid_argument,
      "a block of {} layers, {} tokens, {} heads of {} and {} values has {} bytes, not {}",
      what.layers, what.tokens, what.heads, what.key_dim, what.value_dim, what.raw_bytes(),
      raw_bytes);
  }
  if (what.at(0, side::keys).raw_bytes() > max_segment_bytes
      || what.at(0, side::values).raw_bytes() > max_segment_bytes) {
    return fail(errc::invalid_argument, "a segment of {} tokens has more than {} bytes: cut it",
                what.tokens, max_segment_bytes);
  }
  return ok_t{};
}

container_header header_of(const block& what, raw_ends ends, bool verify) {
  container_header head{};
  head.magic = container_magic;
  head.version = container_version;
  head.type = static_cast<std::uint8_t>(what.type);
  head.flags = static_cast<std::uint8_t>((what.rope != nullptr ? container_rotated : 0)
                                         | (verify ? container_checked : 0));
  head.layers = what.layers;
  head.tokens = what.tokens;
  head.heads = what.heads;
  head.key_dim = what.key_dim;
  head.value_dim = what.value_dim;
  head.first_raw = static_cast<std::uint16_t>(ends.first);
  head.last_raw = static_cast<std::uint16_t>(ends.last);
  head.first_position = what.first_position;
  return head;
}

}  // namespace

std::size_t container_writer::bound(const block& what) const {
  std::size_t segments = segment_bound(*codecs_, what.at(0, side::keys), by_.keys);
  if (what.sides() == 2) {
    segments += segment_bound(*codecs_, what.at(0, side::values), by_.values);
  }
  return sizeof(container_header)
         + what.layers * (what.sides() * sizeof(container_entry) + segments);
}

result<encode_report> container_writer::encode(const block& what, std::span<const std::byte> raw,
                                               std::span<std::byte> out, scratch& work,
                                               std::span<const fidelity> before) const {
  CELLARD_TRY(check(what, raw.size()));
  const raw_ends ends = ends_of(what, options_);
  const bool verify = options_.verify || options_.key_error > 0 || options_.value_error > 0;
  std::optional<rope_table> rope;
  if (what.rope != nullptr) {
    rope.emplace(*what.rope, what.rope->first_position + what.first_position + ends.first,
                 what.tokens - ends.first);
  }
  container_header head = header_of(what, ends, verify);

  encode_report report;
  std::size_t table = sizeof head;
  std::size_t at = table + std::size_t{what.layers} * what.sides() * sizeof(container_entry);
  for (std::uint32_t number = 0; number < what.layers * what.sides(); ++number) {
    const std::uint32_t layer = number / what.sides();
    const bool keys = number % what.sides() == 0;
    segment_job on;
    on.whole = what.at(layer, keys ? side::keys : side::values);
    on.rope = keys && rope ? &*rope : nullptr;
    on.ends = ends;
    on.codec = keys ? by_.keys : by_.values;
    on.bound = keys ? options_.key_error : options_.value_error;
    on.verify = verify;
    on.before = before.empty() ? fidelity{} : before[number];
    const auto from = raw.subspan(what.raw_offset(layer, on.whole.what), on.whole.raw_bytes());
    const auto done = write_segment(*codecs_, on, from, out.subspan(at), work);
    CELLARD_TRY(done);

    std::memcpy(out.data() + table, &done->entry, sizeof(container_entry));
    table += sizeof(container_entry);
    const std::size_t end = at + done->entry.bytes;
    at += aligned(done->entry.bytes);
    std::memset(out.data() + end, 0, at - end);
    auto& worst = keys ? report.key_error : report.value_error;
    worst = std::max(worst, done->relative_error);
    report.gentler += done->gentler ? 1U : 0U;
    if (static_cast<format>(done->entry.format) == format::xtc) {
      head.profile = what.learned->id();
    }
  }
  std::memcpy(out.data(), &head, sizeof head);
  report.bytes = at;
  return report;
}

}  // namespace cellard::gpu
