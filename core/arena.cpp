// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/arena.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace cellard::core {
namespace {

constexpr std::uint64_t page = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

struct geometry {
  std::uint32_t slots;
  std::uint64_t data_offset;
};

/// A segment has a header for each granule that it can hold; pages of the table are touched only as
/// slots come into use.
geometry geometry_of(std::uint64_t bytes, std::uint32_t granule_bytes) {
  const std::uint64_t per_granule = granule_bytes + sizeof(slot_header);
  std::uint64_t slots = (bytes - segment_table_offset) / per_granule;
  const auto data_at = [&](std::uint64_t count) {
    return round_up(segment_table_offset + count * sizeof(slot_header), page);
  };
  while (slots > 0 && data_at(slots) + slots * granule_bytes > bytes) {
    --slots;
  }
  slots = std::min<std::uint64_t>(slots, slot_ref::max_slots);
  return {static_cast<std::uint32_t>(slots), data_at(slots)};
}

}  // namespace

arena::arena(std::uint32_t granule_bytes, std::uint64_t layout_hash)
  : granule_bytes_(granule_bytes),
    layout_hash_(layout_hash) {
}

std::uint64_t arena::segment_bytes_for(std::uint64_t data_bytes, std::uint32_t granule_bytes) {
  const std::uint64_t granules =
    std::min<std::uint64_t>((data_bytes + granule_bytes - 1) / granule_bytes, slot_ref::max_slots);
  return round_up(segment_table_offset + granules * sizeof(slot_header), page)
         + granules * granule_bytes;
}

std::uint64_t arena::data_bytes_of(std::uint64_t segment_bytes, std::uint32_t granule_bytes) {
  return std::uint64_t{geometry_of(segment_bytes, granule_bytes).slots} * granule_bytes;
}

bool arena::add(const std::shared_ptr<segment>& fresh) {
  auto at = std::find(parts_.begin(), parts_.end(), std::nullopt);
  if (at == parts_.end()) {
    if (parts_.size() == slot_ref::max_segments) {
      return false;
    }
    at = parts_.emplace(parts_.end());
  }
  const auto [slots, data_offset] = geometry_of(fresh->bytes(), granule_bytes_);
  at->emplace(
    part{fresh, granule_allocator(slots), next_number_, data_offset, slots, 0, {}, false});
  const segment_header header{
    segment_header::expected_magic, slot_format, next_number_,   granule_bytes_, slots,
    segment_table_offset,           data_offset, fresh->bytes(), layout_hash_};
  new (fresh->data().data()) segment_header(header);
  ++next_number_;
  granted_bytes_ += std::uint64_t{slots} * granule_bytes_;
  return true;
}

std::uint64_t arena::data_offset(const segment& of) const noexcept {
  for (const auto& each : parts_) {
    if (each && each->memory.get() == &of) {
      return each->data_offset;
    }
  }
  return 0;
}

void arena::extend(const segment& grown, std::uint64_t bytes) {
  for (auto& slot : parts_) {
    if (slot && slot->memory.get() == &grown && bytes > slot->data_offset) {
      // Refused only when the kernel has no memory for 12 bytes a granule: then the rest stays
      // unused until the next call.
      static_cast<void>(slot->granules.extend(static_cast<std::uint32_t>(
        std::min<std::uint64_t>((bytes - slot->data_offset) / granule_bytes_, slot->slots))));
    }
  }
}

std::optional<slot_ref> arena::allocate(std::uint32_t length) {
  const std::uint32_t granules =
    std::max<std::uint32_t>(1, (length + granule_bytes_ - 1) / granule_bytes_);
  const auto count = static_cast<std::uint32_t>(parts_.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    // The segment that had room last has it most likely again.
    const std::uint32_t index = (last_used_ + i) % count;
    if (parts_[index] && !parts_[index]->retiring) {
      if (const auto slot = allocate_in(index, granules, length)) {
        last_used_ = index;
        return slot;
      }
    }
  }
  return std::nullopt;
}

std::optional<slot_ref> arena::allocate_in(std::uint32_t index, std::uint32_t granules,
                                           std::uint32_t length) {
  part& where = *parts_[index];
  const auto first = where.granules.allocate(granules);
  if (!first) {
    return std::nullopt;
  }
  std::uint32_t slot = where.next_slot;
  if (where.free_slots.empty()) {
    ++where.next_slot;
  } else {
    slot = where.free_slots.back();
    where.free_slots.pop_back();
  }
  const slot_ref ref{index, slot};
  slot_header& head = header(ref);
  head.state.store(slot_state::writing, std::memory_order_relaxed);
  head.generation.store(head.generation.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);
  // Nothing of the new block may be seen before its generation: a reader compares that first and
  // last.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  head.format = slot_format;
  head.first_granule = *first;
  head.length = length;
  return ref;
}

void arena::release(slot_ref slot) {
  part& where = *parts_[slot.segment()];
  slot_header& head = header(slot);
  head.state.store(slot_state::free, std::memory_order_release);
  // The granules may be given to a block with another header, so this one has to say that they are
  // not its own any more.
  head.generation.store(head.generation.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);
  where.granules.release(head.first_granule);
  where.free_slots.push_back(slot.slot());
}

void arena::withdraw(slot_ref slot) {
  slot_header& head = header(slot);
  head.state.store(slot_state::writing, std::memory_order_release);
  head.generation.store(head.generation.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);
  // As in allocate: nobody may see what comes now under the old generation.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  head.checksum = 0;
  head.key = {};
  head.parent = {};
  std::memset(head.salt, 0, sizeof head.salt);
  head.header_check = 0;
}

slot_header& arena::header(slot_ref slot) const {
  const part& where = *parts_[slot.segment()];
  auto* table = where.memory->data().data() + segment_table_offset;
  return *reinterpret_cast<slot_header*>(table + std::size_t{slot.slot()} * sizeof(slot_header));
}

std::uint64_t arena::taken_bytes(slot_ref slot) const {
  return cost(header(slot).length) - sizeof(slot_header);
}

std::byte* arena::bytes(slot_ref slot) const {
  const part& where = *parts_[slot.segment()];
  return where.memory->data().data() + where.data_offset
         + std::uint64_t{header(slot).first_granule} * granule_bytes_;
}

void arena::locate(slot_ref slot, place& to) const {
  const part& where = *parts_[slot.segment()];
  const slot_header& head = header(slot);
  to.segment = where.number;
  to.codec = head.codec;
  to.length = head.length;
  to.offset = where.data_offset + std::uint64_t{head.first_granule} * granule_bytes_;
  to.generation = head.generation.load(std::memory_order_relaxed);
  to.slot = slot.slot();
  to.checksum = head.checksum;
}

const std::shared_ptr<segment>& arena::segment_of(slot_ref slot) const {
  return parts_[slot.segment()]->memory;
}

const arena::part* arena::by_number(std::uint16_t number) const {
  for (const auto& candidate : parts_) {
    if (candidate && candidate->number == number) {
      return &*candidate;
    }
  }
  return nullptr;
}

std::shared_ptr<segment> arena::find_segment(std::uint16_t number) const {
  const part* found = by_number(number);
  return found == nullptr ? nullptr : found->memory;
}

std::optional<segment_info> arena::describe(std::uint16_t number) const {
  const part* found = by_number(number);
  if (found == nullptr) {
    return std::nullopt;
  }
  return segment_info{number, found->slots, found->memory->bytes(), segment_table_offset};
}

std::vector<std::uint16_t> arena::numbers() const {
  std::vector<std::uint16_t> all;
  for (const auto& each : parts_) {
    if (each) {
      all.push_back(each->number);
    }
  }
  return all;
}

std::uint64_t arena::cost(std::uint32_t length) const noexcept {
  return round_up(std::max<std::uint32_t>(length, 1), granule_bytes_) + sizeof(slot_header);
}

std::uint64_t arena::populated_bytes() const noexcept {
  return used_bytes() + free_bytes();
}

std::uint64_t arena::used_bytes() const noexcept {
  std::uint64_t used = 0;
  for (const auto& each : parts_) {
    used += each ? std::uint64_t{each->granules.used()} * granule_bytes_ : 0;
  }
  return used;
}

std::uint64_t arena::free_bytes() const noexcept {
  std::uint64_t left = 0;
  for (const auto& each : parts_) {
    left +=
      each && !each->retiring ? std::uint64_t{each->granules.free_granules()} * granule_bytes_ : 0;
  }
  return left;
}

std::size_t arena::segments() const noexcept {
  return static_cast<std::size_t>(
    std::count_if(parts_.begin(), parts_.end(), [](const auto& each) { return each.has_value(); }));
}

std::size_t arena::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& each : parts_) {
    bytes += each ? std::size_t{each->granules.populated()} * 12
                      + each->free_slots.capacity() * sizeof(std::uint32_t)
                  : 0;
  }
  return bytes;
}

std::optional<std::uint16_t> arena::begin_retirement() {
  part* chosen = nullptr;
  for (auto& each : parts_) {
    if (each && !each->retiring
        && (chosen == nullptr || each->granules.used() < chosen->granules.used())) {
      chosen = &*each;
    }
  }
  if (chosen == nullptr) {
    return std::nullopt;
  }
  chosen->retiring = true;
  return chosen->number;
}

std::vector<slot_ref> arena::slots_in(std::uint16_t number) const {
  std::vector<slot_ref> all;
  for (std::uint32_t index = 0; index < parts_.size(); ++index) {
    if (parts_[index] && parts_[index]->number == number) {
      for (std::uint32_t slot = 0; slot < parts_[index]->next_slot; ++slot) {
        const slot_ref ref{index, slot};
        if (header(ref).state.load(std::memory_order_relaxed) != slot_state::free) {
          all.push_back(ref);
        }
      }
    }
  }
  return all;
}

std::optional<arena::retired> arena::finish_retirement(std::uint16_t number) {
  for (auto& each : parts_) {
    if (each && each->number == number && each->retiring && each->granules.used() == 0) {
      retired gone{each->memory, std::uint64_t{each->slots} * granule_bytes_};
      granted_bytes_ -= gone.data_bytes;
      each.reset();
      return gone;
    }
  }
  return std::nullopt;
}

}  // namespace cellard::core
