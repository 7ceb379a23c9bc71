// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Raw blocks of a namespace, by ordinary gets: whoever tries a codec on a running daemon is one of
// its readers, leases what it reads, and marks it as used.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "ctl/globals.hpp"
#include "ctl/output.hpp"
#include "ctl/trial_data.hpp"

namespace cellard::ctl {
namespace {

constexpr std::size_t page_items = 1024;
constexpr std::size_t most_pages = 64;  // of a listing; a larger namespace is sampled from these

core::layout shape_of(const cellard_layout& from) {
  core::layout shape;
  shape.type = static_cast<core::dtype>(from.dtype);
  shape.layers = from.layers;
  shape.kv_heads = from.kv_heads;
  shape.head_dim = from.head_dim;
  shape.v_head_dim = from.v_head_dim;
  shape.block_tokens = from.block_tokens;
  if (from.rope != nullptr) {
    auto& rope = shape.rope;
    rope.rotary_dim = from.rope->rotary_dim;
    rope.pairing = from.rope->interleaved != 0 ? core::rope_descriptor::pairing_kind::interleaved
                                               : core::rope_descriptor::pairing_kind::half;
    rope.first_position = from.rope->first_position;
    rope.theta = from.rope->theta;
    rope.scaling = from.rope->scaling;
    rope.inverse_frequencies.assign(from.rope->inverse_frequencies,
                                    from.rope->inverse_frequencies + from.rope->frequencies);
  }
  return shape;
}

std::vector<cellard_list_item> raw_blocks(const space& from) {
  std::vector<cellard_list_item> found;
  std::vector<cellard_list_item> page(page_items);
  std::uint64_t cursor = 0;
  for (std::size_t pages = 0; pages < most_pages; ++pages) {
    std::size_t count = 0;
    check(cellard_list(from.handle(), &cursor, page.data(), page.size(), &count));
    std::copy_if(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(count),
                 std::back_inserter(found),
                 [](const auto& item) { return item.codec == 0 && item.state == 0; });
    if (cursor == 0) {
      break;
    }
  }
  return found;
}

class space_blocks {
public:
  space_blocks(space from, std::uint64_t most)
    : from_(std::move(from)),
      shape_(shape_of(from_.layout())),
      items_(raw_blocks(from_)),
      chosen_(std::min<std::uint64_t>(most, items_.size())) {}

  [[nodiscard]] const core::layout& shape() const noexcept { return shape_; }
  [[nodiscard]] std::uint64_t blocks() const noexcept { return items_.size(); }

  /// Skips what went, was encoded, or has another salt.
  bool next(trial_block& into) {
    while (at_ < chosen_) {
      const auto& item = items_[at_++ * items_.size() / chosen_];
      const auto found = from_.get({&item.key, 1});
      if (found.size() == 0 || found.encoded(0)) {
        continue;
      }
      into.raw.assign(found[0].begin(), found[0].end());
      into.tokens = shape_.block_tokens;
      into.first_token = std::uint64_t{item.depth} * shape_.block_tokens;
      if (found.intact()) {
        return true;
      }
    }
    return false;
  }

private:
  space from_;
  core::layout shape_;
  std::vector<cellard_list_item> items_;
  std::uint64_t chosen_;
  std::uint64_t at_ = 0;
};

}  // namespace

trial_data space_data(const client& from, const space_name& which, std::uint64_t most) {
  auto opened = open_existing(from, which);
  if (opened.layout().dtype == CELLARD_OPAQUE) {
    throw refused("invalid_argument",
                  fmt::format("the blocks of namespace '{}' have no shape (dtype opaque), and "
                              "codecs need one",
                              printable(which.name)));
  }
  auto blocks = std::make_shared<space_blocks>(std::move(opened), most);
  return {blocks->shape(), nullptr, blocks->blocks(), [blocks](trial_block& into) {
            return blocks->next(into);
          }};
}

}  // namespace cellard::ctl
