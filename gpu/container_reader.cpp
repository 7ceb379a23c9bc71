// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/container_reader.hpp"

#include "gpu/numbers.hpp"
#include "gpu/profile.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using core::result;

void copy(std::span<const std::byte> from, std::span<std::byte> to) {
  if (!from.empty()) {
    std::memcpy(to.data(), from.data(), from.size());
  }
}

/// The part of `wanted` that lies in tokens [begin, end).
token_range clipped(token_range wanted, std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t from = std::max(wanted.first, begin);
  const std::uint32_t to = std::min(wanted.first + wanted.count, end);
  return {from, to > from ? to - from : 0};
}

result<ok_t> check(const container_header& head, const block& what) {
  const auto differs = [](const char* field, auto is, auto wanted) {
    return fail(errc::corrupt, "the encoded block has {} {}, not {}", field, is, wanted);
  };
  if (head.type != static_cast<std::uint8_t>(what.type)) {
    return differs("dtype", head.type, static_cast<unsigned>(what.type));
  }
  if (head.layers != what.layers) {
    return differs("layers", head.layers, what.layers);
  }
  if (head.tokens != what.tokens) {
    return differs("tokens", head.tokens, what.tokens);
  }
  if (head.heads != what.heads) {
    return differs("heads", head.heads, what.heads);
  }
  if (head.key_dim != what.key_dim) {
    return differs("key_dim", head.key_dim, what.key_dim);
  }
  if (head.value_dim != what.value_dim) {
    return differs("value_dim", head.value_dim, what.value_dim);
  }
  if (std::uint32_t{head.first_raw} + head.last_raw > head.tokens) {
    return fail(errc::corrupt, "the encoded block has {} and {} raw tokens of {}", head.first_raw,
                head.last_raw, head.tokens);
  }
  if ((head.flags & container_rotated) != 0 && what.rope == nullptr) {
    return fail(errc::corrupt, "the encoded block needs the rope that it was encoded with");
  }
  if (head.profile != decltype(head.profile){}
      && (what.learned == nullptr || head.profile != what.learned->id())) {
    return fail(errc::corrupt, "the encoded block needs {}",
                what.learned == nullptr ? "the profile that it was encoded with"
                                        : "another profile than was given");
  }
  return ok_t{};
}

}  // namespace

result<container_header> container_reader::peek(std::span<const std::byte> encoded) {
  container_header head;
  if (encoded.size() < sizeof head) {
    return fail(errc::corrupt, "an encoded block has at least {} bytes, not {}", sizeof head,
                encoded.size());
  }
  std::memcpy(&head, encoded.data(), sizeof head);
  if (head.magic != container_magic) {
    return fail(errc::corrupt, "the bytes do not begin like an encoded block");
  }
  if (head.version != container_version) {
    return fail(errc::unsupported_version, "the encoded block has version {}, this is {}",
                head.version, container_version);
  }
  return head;
}

result<container_reader> container_reader::open(const codec_set& codecs, const block& what,
                                                std::span<const std::byte> encoded) {
  const auto head = peek(encoded);
  CELLARD_TRY(head);
  CELLARD_TRY(check(*head, what));
  container_reader reader(codecs, what, encoded, *head);
  CELLARD_TRY(reader.read_table());
  if ((head->flags & container_rotated) != 0) {
    reader.rope_.emplace(*what.rope,
                         what.rope->first_position + head->first_position + head->first_raw,
                         what.tokens - head->first_raw);
  }
  return reader;
}

result<ok_t> container_reader::read_table() {
  const std::size_t count = std::size_t{what_.layers} * what_.sides();
  if (count > (encoded_.size() - sizeof(container_header)) / sizeof(container_entry)) {
    return fail(errc::corrupt, "the encoded block ends inside its table of {} segments", count);
  }
  places_.resize(count);
  std::size_t offset = sizeof(container_header) + count * sizeof(container_entry);
  for (std::size_t i = 0; i < count; ++i) {
    auto& here = places_[i];
    std::memcpy(&here.entry,
                encoded_.data() + sizeof(container_header) + i * sizeof(container_entry),
                sizeof(container_entry));
    const side which = i % what_.sides() == 0 ? side::keys : side::values;
    const segment whole = what_.at(0, which);
    const std::size_t ends = std::size_t{head_.first_raw} + head_.last_raw;
    const std::size_t raw = ends * (whole.raw_bytes() / whole.tokens);
    const auto number = static_cast<format>(here.entry.format);
    const std::size_t middle = whole.raw_bytes() - raw;
    here.offset = offset;
    if (offset + here.entry.bytes > encoded_.size() || here.entry.bytes < aligned(raw)
        || (number == format::raw && here.entry.bytes != aligned(raw) + middle)
        || (number != format::raw && codecs_->find(number) == nullptr)) {
      return fail(errc::corrupt, "segment {} of the encoded block has {} bytes in format {}", i,
                  here.entry.bytes, here.entry.format);
    }
    offset = std::min(offset + aligned(here.entry.bytes), encoded_.size());
  }
  return ok_t{};
}

result<ok_t> container_reader::decode(std::uint32_t layer, side which, token_range wanted,
                                      std::span<std::byte> out, scratch& work) const {
  const auto& here = at(layer, which);
  segment middle = what_.at(layer, which);
  if (head_.profile == decltype(head_.profile){}) {
    middle.learned = nullptr;
  }
  const std::size_t token_bytes = middle.raw_bytes() / middle.tokens;
  const std::uint32_t last = what_.tokens - head_.last_raw;
  const auto payload = encoded_.subspan(here.offset, here.entry.bytes);
  const auto to = [&](token_range part) {
    return out.subspan((part.first - wanted.first) * token_bytes, part.count * token_bytes);
  };
  const std::size_t front = head_.first_raw * token_bytes;
  const std::size_t back = head_.last_raw * token_bytes;

  if (const auto part = clipped(wanted, 0, head_.first_raw); part.count > 0) {
    copy(payload.subspan(part.first * token_bytes, part.count * token_bytes), to(part));
  }
  if (const auto part = clipped(wanted, last, what_.tokens); part.count > 0) {
    copy(payload.subspan(front + (part.first - last) * token_bytes, part.count * token_bytes),
         to(part));
  }
  const auto part = clipped(wanted, head_.first_raw, last);
  if (part.count == 0) {
    return ok_t{};
  }
  const auto bytes = payload.subspan(aligned(front + back));
  const token_range inner{part.first - head_.first_raw, part.count};
  const auto number = static_cast<format>(here.entry.format);
  if (number == format::raw) {
    copy(bytes.subspan(inner.first * token_bytes, inner.count * token_bytes), to(part));
    return ok_t{};
  }
  middle.tokens = last - head_.first_raw;
  middle.rope = which == side::keys && rope_ ? &*rope_ : nullptr;
  return codecs_->find(number)->decode(middle, bytes, inner, to(part), work);
}

result<ok_t> container_reader::decode_all(std::span<std::byte> out, scratch& work) const {
  for (std::uint32_t layer = 0; layer < what_.layers; ++layer) {
    for (std::uint32_t i = 0; i < what_.sides(); ++i) {
      const auto which = static_cast<side>(i);
      CELLARD_TRY(decode(
        layer, which, {0, what_.tokens},
        out.subspan(what_.raw_offset(layer, which), what_.at(layer, which).raw_bytes()), work));
    }
  }
  return ok_t{};
}

result<ok_t> container_reader::verify(std::uint32_t layer, side which,
                                      std::span<const std::byte> decoded) const {
  if ((head_.flags & container_checked) == 0) {
    return ok_t{};
  }
  const auto check = static_cast<std::uint32_t>(XXH3_64bits(decoded.data(), decoded.size()));
  if (check != at(layer, which).entry.check) {
    return fail(errc::corrupt, "{} of layer {} decode to other values than were stored",
                which == side::keys ? "keys" : "values", layer);
  }
  return ok_t{};
}

segment_info container_reader::info(std::uint32_t layer, side which) const {
  const auto& entry = at(layer, which).entry;
  return {static_cast<format>(entry.format), entry.bytes, f16_to_float(entry.error),
          f16_to_float(entry.largest)};
}

}  // namespace cellard::gpu
