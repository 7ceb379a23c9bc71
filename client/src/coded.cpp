// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/coded.hpp"

#include "gpu/host/codecs.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using gpu::side;

/// Working memory of the calling thread; some megabytes at most, kept until the thread ends.
gpu::scratch& working_memory() {
  thread_local gpu::scratch work;
  return work;
}

/// Bytes [begin, end) of one segment, which need not begin or end with a token.
core::result<ok_t> read_segment(const gpu::container_reader& from, const gpu::segment& shape,
                                std::size_t begin, std::size_t end, std::byte* out) {
  const std::size_t token = shape.raw_bytes() / shape.tokens;
  const auto first = static_cast<std::uint32_t>(begin / token);
  const auto last = static_cast<std::uint32_t>((end + token - 1) / token);
  if (begin == first * token && end == last * token) {
    return from.decode(shape.layer, shape.what, {first, last - first}, {out, end - begin},
                       working_memory());
  }
  std::vector<std::byte> whole((last - first) * token);
  CELLARD_TRY(from.decode(shape.layer, shape.what, {first, last - first}, whole, working_memory()));
  std::memcpy(out, whole.data() + (begin - first * token), end - begin);
  return ok_t{};
}

}  // namespace

core::result<const gpu::container_reader*> coded_block::reader() const {
  const std::lock_guard lock(opening_);
  if (!reader_) {
    const auto head = gpu::container_reader::peek(encoded_);
    CELLARD_TRY(head);
    if (head->tokens == 0 || head->tokens > shape_.block_tokens) {
      return fail(errc::corrupt, "the encoded block has {} tokens, the layout {}", head->tokens,
                  shape_.block_tokens);
    }
    what_ = gpu::block::of(shape_, head->tokens, head->first_position);
    auto opened = gpu::container_reader::open(gpu::host::best_codecs(), *what_, encoded_);
    CELLARD_TRY(opened);
    reader_.emplace(std::move(*opened));
  }
  return &*reader_;
}

core::result<measured_errors> coded_block::errors() const {
  const auto opened = reader();
  CELLARD_TRY(opened);
  measured_errors worst;
  for (std::uint32_t layer = 0; layer < what_->layers; ++layer) {
    worst.keys = std::max(worst.keys, (*opened)->info(layer, side::keys).relative_error);
    if (what_->sides() == 2) {
      worst.values = std::max(worst.values, (*opened)->info(layer, side::values).relative_error);
    }
  }
  return worst;
}

core::result<ok_t> coded_block::read(std::uint64_t offset, std::span<std::byte> out) const {
  const auto opened = reader();
  CELLARD_TRY(opened);
  const auto& what = *what_;
  if (offset > what.raw_bytes() || out.size() > what.raw_bytes() - offset) {
    return fail(errc::invalid_argument, "{} bytes at {} of a block of {}", out.size(), offset,
                what.raw_bytes());
  }
  const std::uint64_t end = offset + out.size();
  for (std::uint32_t i = 0; i < what.layers * what.sides(); ++i) {
    // In the order of the raw block: all keys, then all values.
    const auto shape = what.at(i % what.layers, i < what.layers ? side::keys : side::values);
    const std::uint64_t at = what.raw_offset(shape.layer, shape.what);
    const std::uint64_t from = std::max(offset, at);
    const std::uint64_t to = std::min<std::uint64_t>(end, at + shape.raw_bytes());
    if (from < to) {
      CELLARD_TRY(read_segment(**opened, shape, from - at, to - at, out.data() + (from - offset)));
    }
  }
  return ok_t{};
}

}  // namespace cellard::library
