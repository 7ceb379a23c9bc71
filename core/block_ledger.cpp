// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/block_ledger.hpp"

#include <algorithm>
#include <limits>

namespace cellard::core {

bool block_ledger::hang(node_id id) {
  ++size_;
  bytes_ += blocks_[id].bytes;
  const node_id parent = blocks_[id].parent;
  // A parent that is chosen may still be refused, and then has this child.
  return parent < blocks_.size() && blocks_[parent].where != standing::unknown
         && ++blocks_[parent].children == 1;
}

bool block_ledger::add(const inserted_block& fresh) {
  const node_id id = fresh.block.node;
  if (id >= blocks_.size()) {
    blocks_.resize(std::size_t{id} + 1);
  }
  blocks_[id] = {fresh.fingerprint,
                 fresh.parent,
                 0,
                 fresh.block.generation,
                 std::max<std::uint32_t>(fresh.bytes, 1),
                 now_,
                 1,
                 standing::arriving,
                 0};
  return hang(id);
}

bool block_ledger::restore(node_id id) {
  blocks_[id].last = now_;
  return raise(id);
}

bool block_ledger::raise(node_id id) {
  blocks_[id].where = standing::resident;
  return hang(id);
}

bool block_ledger::take(node_id id, standing where) {
  --size_;
  bytes_ -= blocks_[id].bytes;
  blocks_[id].where = where;
  const node_id parent = blocks_[id].parent;
  return parent < blocks_.size() && blocks_[parent].where != standing::unknown
         && --blocks_[parent].children == 0;
}

void block_ledger::note_use(node_id id) {
  blocks_[id].last = now_;
  if (blocks_[id].uses < std::numeric_limits<std::uint16_t>::max()) {
    ++blocks_[id].uses;
  }
}

}  // namespace cellard::core
