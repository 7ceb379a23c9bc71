// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/container_codec.hpp"

#include "gpu/container_reader.hpp"

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::layout;
using core::result;

/// How many tokens `raw_bytes` are; 0 when they are no whole number, or too many.
std::uint32_t tokens_of(const layout& shape, std::size_t raw_bytes) {
  if (shape.type == core::dtype::opaque || shape.block_bytes() == 0) {
    return 0;
  }
  const std::size_t token = shape.block_bytes() / shape.block_tokens;
  return raw_bytes % token == 0 && raw_bytes <= shape.block_bytes()
           ? static_cast<std::uint32_t>(raw_bytes / token)
           : 0;
}

/// A reader of an encoded block of this layout, whose shape is checked.
result<container_reader> opened(const codec_set& codecs, const layout& shape,
                                const profile* learned, std::span<const std::byte> encoded,
                                block& what) {
  const auto head = container_reader::peek(encoded);
  CELLARD_TRY(head);
  if (head->tokens == 0 || head->tokens > shape.block_tokens) {
    return fail(errc::corrupt, "the encoded block has {} tokens, a block has {}", head->tokens,
                shape.block_tokens);
  }
  what = block::of(shape, head->tokens, head->first_position);
  what.learned = learned;
  return container_reader::open(codecs, what, encoded);
}

}  // namespace

std::size_t container_codec::most_encoded_bytes(const layout& shape, std::size_t raw_bytes) const {
  const std::uint32_t tokens = tokens_of(shape, raw_bytes);
  return tokens == 0 ? 0 : writer_.bound(block::of(shape, tokens, 0));
}

result<std::size_t> container_codec::encode(const layout& shape, std::uint64_t first_token,
                                            std::span<const std::byte> raw,
                                            std::span<std::byte> out) {
  const std::uint32_t tokens = tokens_of(shape, raw.size());
  if (tokens == 0) {
    return fail(errc::invalid_argument, "{} bytes are no tokens of this layout", raw.size());
  }
  auto what = block::of(shape, tokens, first_token);
  what.learned = learned_;
  const auto done = writer_.encode(what, raw, out, work_);
  CELLARD_TRY(done);
  report_ = *done;
  return report_.bytes;
}

result<std::size_t> container_codec::decode(const layout& shape, std::span<const std::byte> encoded,
                                            std::span<std::byte> out) {
  block what;
  const auto reader = opened(*codecs_, shape, learned_, encoded, what);
  CELLARD_TRY(reader);
  if (what.raw_bytes() > out.size()) {
    return fail(errc::invalid_argument, "decoding needs {} bytes, not {}", what.raw_bytes(),
                out.size());
  }
  CELLARD_TRY(reader->decode_all(out.first(what.raw_bytes()), work_));
  return what.raw_bytes();
}

result<std::size_t> container_codec::encode_again(const layout& shape,
                                                  std::span<const std::byte> encoded,
                                                  std::span<std::byte> out) {
  block what;
  const auto reader = opened(*codecs_, shape, learned_, encoded, what);
  CELLARD_TRY(reader);
  if ((reader->header().flags & container_checked) == 0) {
    return fail(errc::invalid_argument,
                "the block was encoded without being compared: how far it is off is not known, and "
                "encoding it again would add to that");
  }
  decoded_.resize(what.raw_bytes());
  CELLARD_TRY(reader->decode_all(decoded_, work_));
  std::vector<fidelity> before;
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (std::uint32_t i = 0; i < what.sides(); ++i) {
      const auto which = static_cast<side>(i);
      const auto raw = std::span(decoded_).subspan(what.raw_offset(layer, which),
                                                   what.at(layer, which).raw_bytes());
      CELLARD_TRY(reader->verify(layer, which, raw));
      const auto info = reader->info(layer, which);
      before.push_back({info.relative_error, info.largest_error});
    }
  }
  const auto done = writer_.encode(what, decoded_, out, work_, before);
  CELLARD_TRY(done);
  const auto head = container_reader::peek(out);
  CELLARD_TRY(head);
  if (head->first_raw > reader->header().first_raw || head->last_raw > reader->header().last_raw) {
    return fail(errc::invalid_argument,
                "the block was encoded with fewer raw tokens at its ends: its errors are over more "
                "values than they would be now");
  }
  report_ = *done;
  return report_.bytes;
}

}  // namespace cellard::gpu
