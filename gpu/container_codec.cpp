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
  const auto done = writer_.encode(block::of(shape, tokens, first_token), raw, out, work_);
  CELLARD_TRY(done);
  report_ = *done;
  return report_.bytes;
}

result<std::size_t> container_codec::decode(const layout& shape, std::span<const std::byte> encoded,
                                            std::span<std::byte> out) {
  const auto head = container_reader::peek(encoded);
  CELLARD_TRY(head);
  if (head->tokens == 0 || head->tokens > shape.block_tokens) {
    return fail(errc::corrupt, "the encoded block has {} tokens, a block has {}", head->tokens,
                shape.block_tokens);
  }
  const block what = block::of(shape, head->tokens, head->first_position);
  if (what.raw_bytes() > out.size()) {
    return fail(errc::invalid_argument, "decoding needs {} bytes, not {}", what.raw_bytes(),
                out.size());
  }
  const auto reader = container_reader::open(*codecs_, what, encoded);
  CELLARD_TRY(reader);
  CELLARD_TRY(reader->decode_all(out.first(what.raw_bytes()), work_));
  return what.raw_bytes();
}

}  // namespace cellard::gpu
