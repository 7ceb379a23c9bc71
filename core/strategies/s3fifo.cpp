// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/s3fifo.hpp"

namespace cellard::core {
namespace {

constexpr std::size_t share_of_small = 10;

}  // namespace

void s3fifo::erase(node_id id) {
  --queue_of(id).blocks;
  if (blocks_.is_leaf(id)) {
    links_.remove(queue_of(id).leaves, id);
  }
  if (!is_main(id)) {
    ghosts_.grow_to(blocks_.size());
    ghosts_.put({blocks_[id].fingerprint, 0, 0, 0});
  }
}

node_id s3fifo::victim() {
  for (;;) {
    const bool from_small =
      !small_.leaves.empty()
      && (main_.leaves.empty() || small_.blocks * share_of_small >= small_.blocks + main_.blocks);
    const node_id oldest = (from_small ? small_ : main_).leaves.oldest;
    if (oldest == no_node || uses_of(oldest) == 0) {
      return oldest;
    }
    // Used since: to the main queue, or once more round it with a use less.
    const int left = from_small ? 0 : uses_of(oldest) - 1;
    queue& old = queue_of(oldest);
    links_.remove(old.leaves, oldest);
    --old.blocks;
    blocks_.set_mark(oldest, static_cast<std::uint8_t>(in_main | left));
    links_.append(main_.leaves, oldest);
    ++main_.blocks;
  }
}

}  // namespace cellard::core
