// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/segment_writer.hpp"

#include "gpu/numbers.hpp"
#include "gpu/scheme.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace cellard::gpu {
namespace {

using core::result;

constexpr std::size_t decoded_slot = 8;

/// The tokens between the two ends.
struct middle {
  segment shape;
  std::size_t offset;  ///< in the raw segment
  std::size_t bytes;

  explicit middle(const segment_job& on) : shape(on.whole) {
    const std::size_t token_bytes = on.whole.raw_bytes() / on.whole.tokens;
    shape.tokens -= on.ends.first + on.ends.last;
    shape.rope = on.rope;
    offset = on.ends.first * token_bytes;
    bytes = shape.tokens * token_bytes;
  }
};

struct attempt {
  format number = format::raw;
  std::size_t bytes = 0;
  fidelity error;
  std::uint64_t check = 0;
};

std::uint64_t hash(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint16_t rounded_up(float error) {
  constexpr float largest_f16 = 65504;
  return error <= largest_f16 ? float_to_f16_up(error) : std::uint16_t{0x7c00};
}

void copy(std::span<const std::byte> from, std::span<std::byte> to) {
  if (!from.empty()) {
    std::memcpy(to.data(), from.data(), from.size());
  }
}

/// Decodes what was written and compares. False when it errs too much.
result<bool> verified(attempt& made, const segment_codec& codec, const segment_job& on,
                      std::span<const std::byte> raw, std::span<const std::byte> written,
                      scratch& work) {
  const middle inner(on);
  const auto decoded = work.take<std::byte>(decoded_slot, raw.size());
  copy(raw, decoded);
  const auto out = decoded.subspan(inner.offset, inner.bytes);
  CELLARD_TRY(codec.decode(inner.shape, written, {0, inner.shape.tokens}, out, work));
  made.error = both(on.before, measure(on.whole.type, raw.subspan(inner.offset, inner.bytes), out));
  made.check = hash(decoded);
  return on.bound <= 0 || made.error.relative <= on.bound;
}

/// Nothing when a gentler codec has to be asked.
result<std::optional<attempt>> try_codec(const segment_codec& codec, const segment_job& on,
                                         std::span<const std::byte> raw, std::span<std::byte> out,
                                         scratch& work) {
  const middle inner(on);
  auto written = codec.encode(inner.shape, raw.subspan(inner.offset, inner.bytes), out, work);
  if (!written && written.error().code() != core::errc::invalid_argument) {
    return tl::unexpected<core::error>(std::move(written).error());
  }
  if (!written || *written >= inner.bytes) {
    return std::optional<attempt>{};
  }
  attempt made{codec.number(), *written, on.before, 0};
  if (on.verify && codec.lossy()) {
    const auto good = verified(made, codec, on, raw, out.first(*written), work);
    CELLARD_TRY(good);
    return *good ? std::optional{made} : std::nullopt;
  }
  made.check = on.verify ? hash(raw) : 0;
  return std::optional{made};
}

}  // namespace

std::size_t segment_bound(const codec_set& codecs, const segment& whole, std::string_view codec) {
  std::size_t most = whole.raw_bytes();
  for (; codec != "raw"; codec = gentler(codec)) {
    if (const auto* const one = codecs.find(codec); one != nullptr) {
      most = std::max(most, one->bound(whole));
    }
  }
  return aligned(whole.raw_bytes()) + aligned(most);
}

result<written_segment> write_segment(const codec_set& codecs, const segment_job& on,
                                      std::span<const std::byte> raw, std::span<std::byte> out,
                                      scratch& work) {
  const middle inner(on);
  const auto front = raw.first(inner.offset);
  const auto back = raw.subspan(inner.offset + inner.bytes);
  copy(front, out);
  copy(back, out.subspan(front.size()));
  const std::size_t begin = aligned(front.size() + back.size());
  std::memset(out.data() + front.size() + back.size(), 0, begin - front.size() - back.size());

  std::optional<attempt> made;
  auto name = on.whole.tokens == on.ends.first + on.ends.last ? "raw" : on.codec;
  const auto wanted = name;
  while (name != "raw") {
    if (const auto* const codec = codecs.find(name); codec != nullptr) {
      auto tried = try_codec(*codec, on, raw, out.subspan(begin), work);
      CELLARD_TRY(tried);
      made = *tried;
    }
    if (made) {
      break;
    }
    name = gentler(name);
  }
  if (!made) {
    copy(raw.subspan(inner.offset, inner.bytes), out.subspan(begin));
    made = {format::raw, inner.bytes, on.before, on.verify ? hash(raw) : 0};
  }
  const container_entry entry{static_cast<std::uint32_t>(begin + made->bytes),
                              static_cast<std::uint16_t>(made->number),
                              rounded_up(made->error.relative),
                              rounded_up(made->error.largest),
                              0,
                              static_cast<std::uint32_t>(made->check)};
  return written_segment{entry, made->error.relative, name != wanted};
}

}  // namespace cellard::gpu
