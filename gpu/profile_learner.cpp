// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile_learner.hpp"

#include "gpu/block.hpp"
#include "gpu/rope_table.hpp"

#include <algorithm>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::result;

// So few of each block that thousands of tokens come from many sequences; a run of them costs one
// table of rotations.
constexpr std::uint32_t tokens_a_block = 64;

/// Where the run begins: another place in each block, since tokens that are alike stand together.
std::uint32_t run_begin(std::uint64_t block, std::uint32_t places) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
  return static_cast<std::uint32_t>(((block * golden) >> 32) % places);
}

}  // namespace

result<profile_shape> profile_shape_of(const core::layout& shape) {
  const profile_shape out{shape.type,      profile_scope::head, shape.rope.rotary_dim > 0,
                          shape.layers,    shape.kv_heads,      shape.head_dim,
                          shape.v_head_dim};
  if (shape.type == core::dtype::opaque) {
    return fail(errc::invalid_argument, "opaque blocks have no channels that could be learned");
  }
  CELLARD_TRY(out.check());
  return out;
}

profile_learner::profile_learner(const core::layout& shape, std::uint64_t tokens)
  : shape_(shape),
    learned_(profile_shape_of(shape).value()),
    wanted_(std::max<std::uint64_t>(tokens, 2)),
    sums_(learned_) {
}

std::uint64_t profile_learner::memory_bytes(const profile_shape& shape) noexcept {
  std::uint64_t doubles = 0;
  for (std::uint32_t i = 0; i < shape.sides(); ++i) {
    const auto which = static_cast<side>(i);
    doubles += shape.layers * shape.channels(which) * (1 + shape.size(which));
  }
  return doubles * sizeof(double) + shape.bytes();
}

void profile_learner::look_at(std::uint64_t first_token, std::span<const std::byte> raw,
                              std::uint32_t skipped, scratch& work) {
  const std::size_t token_bytes = shape_.block_bytes() / shape_.block_tokens;
  const auto tokens = static_cast<std::uint32_t>(raw.size() / token_bytes);
  const auto skip = static_cast<std::uint32_t>(
    skipped - std::min<std::uint64_t>(first_token, skipped));  // of this block
  if (tokens <= skip || !looks()) {
    return;
  }
  const auto count = std::min(tokens_a_block, tokens - skip);
  const std::uint32_t begin = skip + run_begin(blocks_++, tokens - skip - count + 1);
  const auto what = block::of(shape_, tokens, first_token);
  std::optional<rope_table> rope;
  if (what.rope != nullptr) {
    rope.emplace(*what.rope, what.rope->first_position + first_token + begin, count);
  }
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (std::uint32_t i = 0; i < what.sides(); ++i) {
      const auto which = static_cast<side>(i);
      auto part = what.at(layer, which);
      const std::size_t token = part.raw_bytes() / part.tokens;
      part.tokens = count;
      part.rope = which == side::keys && rope ? &*rope : nullptr;
      const auto bytes = raw.subspan(what.raw_offset(layer, which) + begin * token, count * token);
      static_cast<void>(sums_.add(part, bytes, work));
    }
  }
  seen_ += count;
}

result<std::shared_ptr<const profile>> profile_learner::step(const eigen_solver& solve) {
  if (!draft_) {
    CELLARD_TRY(sums_.check());
    draft_.emplace(learned_, sums_.tokens());
  }
  const auto which = static_cast<side>(done_ % learned_.sides());
  sums_.fill(done_ / learned_.sides(), which, solve, *draft_);
  if (++done_ < learned_.layers * learned_.sides()) {
    return std::shared_ptr<const profile>();
  }
  return draft_->finish();
}

}  // namespace cellard::gpu
