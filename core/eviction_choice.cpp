// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which block is dropped or lowered next.
#include "core/eviction_order.hpp"

namespace cellard::core {
namespace {

// In one choice: where a ladder is new, most of a namespace has to fall.
constexpr std::size_t most_falls = 16384;

}  // namespace

/// The leaf that the strategy would lose first; no_node when there is none.
node_id eviction_order::space_order::victim() {
  node_id found = order->victim();
  while (found != no_node && !blocks.is_leaf(found)) {
    order->refresh(found);
    blocks.note_refresh(found);
    found = order->victim();
  }
  return found;
}

/// From the last step that has blocks, or else as the strategy says; false when there is none.
bool eviction_order::space_order::drop_next(std::vector<block_name>& victims, std::uint64_t& won) {
  const unsigned last = steps.last();
  const node_id id = last > 0 ? steps.oldest(last) : victim();
  if (id == no_node) {
    return false;
  }
  won += blocks[id].bytes;
  victims.push_back({id, blocks[id].generation});
  if (last > 0) {
    steps.remove(id, blocks[id].bytes);
    blocks.choose(id);
  } else {
    drop(id, standing::chosen);
  }
  return true;
}

/// The first list above its share, 0 being the strategy's; nothing when there is none.
std::optional<unsigned> eviction_order::space_order::overfull(const ladder& by) const {
  std::uint64_t all = blocks.bytes();
  for (unsigned step = 1; step <= ladder_steps::most; ++step) {
    all += steps.bytes(step);
  }
  const double most = by.share * static_cast<double>(all);
  for (unsigned list = 0; list < by.steps; ++list) {
    const std::uint64_t bytes = list == 0 ? blocks.bytes() : steps.bytes(list);
    if (static_cast<double>(bytes) > most) {
      return list;
    }
  }
  return std::nullopt;
}

/// False when the list has no block that could.
bool eviction_order::space_order::fall(unsigned from, const ladder& by, choice& made,
                                       std::uint64_t& won) {
  const node_id id = from == 0 ? victim() : steps.oldest(from);
  if (id == no_node) {
    return false;
  }
  const std::uint32_t bytes = blocks[id].bytes;
  if (from == 0) {
    drop(id, standing::lowered);
  } else {
    steps.remove(id, bytes);
  }
  const unsigned to = from + 1;
  steps.append(to, id, bytes);
  if (made.lowered.size() < by.codings && to > by.skipped && steps.give_codec(id, to)) {
    const std::uint32_t wins = bytes / 2;
    made.lowered.push_back({{id, blocks[id].generation}, to, wins});
    won += wins;
    steps.resize(id, bytes, bytes - wins);
    blocks.set_bytes(id, bytes - wins);
  }
  return true;
}

void eviction_order::choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims) {
  space_order* const mine = find(space);
  std::uint64_t won = 0;
  while (mine != nullptr && won < bytes && mine->drop_next(victims, won)) {}
}

choice eviction_order::choose(space_id space, std::uint64_t bytes, const ladder& by) {
  choice made;
  space_order* const mine = find(space);
  if (mine == nullptr) {
    return made;
  }
  if (mine->ladder_version != by.version) {
    mine->ladder_version = by.version;
    mine->steps.forget_codecs();
  }
  std::uint64_t won = 0;
  std::size_t falls = 0;
  while (won < bytes) {
    const auto list = falls < most_falls ? mine->overfull(by) : std::nullopt;
    if (!by.drops && (!list || made.lowered.size() >= by.codings)) {
      break;
    }
    ++falls;
    const bool fell = list && mine->fall(*list, by, made, won);
    if (!fell && (!by.drops || !mine->drop_next(made.victims, won))) {
      break;
    }
  }
  made.more = falls >= most_falls;
  return made;
}

}  // namespace cellard::core
