// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The memory of one namespace: segments (each one sealed memfd) and the slots in them. A slot is a
// run of granules with a 128-byte header in the segment's table, where readers find its generation
// (core/slot_header.hpp). Slots are cut only from the populated front of a segment, so that no put
// ever waits for the kernel to clear pages.
//
// The arena shares ownership of its segments with whoever copies into them or sends their
// descriptors; a retired segment dies with the last of these. One thread at a time, apart from the
// headers' atomics that readers in other processes load.
#pragma once

#include "core/granule_allocator.hpp"
#include "core/place.hpp"
#include "core/segment.hpp"
#include "core/slot_header.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cellard::core {

/// A slot in 32 bits: the index of its segment within the arena and its place in that segment's
/// table.
class slot_ref {
public:
  static constexpr std::uint32_t slot_bits = 22;
  static constexpr std::uint32_t max_slots = 1U << slot_bits;
  static constexpr std::uint32_t max_segments = 1U << (32 - slot_bits);

  explicit slot_ref(std::uint32_t packed) noexcept : packed_(packed) {}
  slot_ref(std::uint32_t segment, std::uint32_t slot) noexcept
    : packed_((segment << slot_bits) | slot) {}

  [[nodiscard]] std::uint32_t segment() const noexcept { return packed_ >> slot_bits; }
  [[nodiscard]] std::uint32_t slot() const noexcept { return packed_ & (max_slots - 1); }
  [[nodiscard]] std::uint32_t packed() const noexcept { return packed_; }

  friend bool operator==(slot_ref, slot_ref) = default;

private:
  std::uint32_t packed_;
};

class arena {
public:
  arena(std::uint32_t granule_bytes, std::uint64_t layout_hash);

  /// The size a segment has to have so that its data area holds at least `data_bytes`.
  [[nodiscard]] static std::uint64_t segment_bytes_for(std::uint64_t data_bytes,
                                                       std::uint32_t granule_bytes);

  /// And the other way round: what `segment_bytes_for` was asked for, in whole granules.
  [[nodiscard]] static std::uint64_t data_bytes_of(std::uint64_t segment_bytes,
                                                   std::uint32_t granule_bytes);

  /// Takes a fresh segment; nothing of it is usable before `extend`. False when the arena has as
  /// many as it can have.
  bool add(const std::shared_ptr<segment>& fresh);

  /// Where the data of that segment begins. The table before it is touched header by header: making
  /// it present at once would cost memory for slots that large blocks never use.
  [[nodiscard]] std::uint64_t data_offset(const segment& of) const noexcept;

  /// The first `bytes` of the segment are populated.
  void extend(const segment& grown, std::uint64_t bytes);

  /// A slot for `length` bytes in state `writing`, with its new generation; nothing when there is
  /// no room.
  std::optional<slot_ref> allocate(std::uint32_t length);
  void release(slot_ref slot);
  /// Readers see that the block has gone, and its header says nothing of it any more; the memory is
  /// nobody else's until `release`.
  void withdraw(slot_ref slot);

  [[nodiscard]] slot_header& header(slot_ref slot) const;
  [[nodiscard]] std::byte* bytes(slot_ref slot) const;
  /// What the slot takes of the data area: whole granules.
  [[nodiscard]] std::uint64_t taken_bytes(slot_ref slot) const;
  [[nodiscard]] place place_of(slot_ref slot) const {
    place found;
    locate(slot, found);
    return found;
  }
  /// The same, written where it is wanted: a place that is copied right after it was made costs
  /// more than all the rest of it.
  void locate(slot_ref slot, place& to) const;
  /// The slot's header will be read soon.
  void prefetch(slot_ref slot) const { __builtin_prefetch(&header(slot)); }
  [[nodiscard]] const std::shared_ptr<segment>& segment_of(slot_ref slot) const;

  /// By the number that `place::segment` has; nothing when it was retired.
  [[nodiscard]] std::shared_ptr<segment> find_segment(std::uint16_t number) const;
  [[nodiscard]] std::optional<segment_info> describe(std::uint16_t number) const;

  [[nodiscard]] std::vector<std::uint16_t> numbers() const;

  /// Memory that a block of `length` bytes takes: whole granules and its header.
  [[nodiscard]] std::uint64_t cost(std::uint32_t length) const noexcept;

  [[nodiscard]] std::uint32_t granule_bytes() const noexcept { return granule_bytes_; }
  [[nodiscard]] std::uint64_t granted_bytes() const noexcept { return granted_bytes_; }  // of data
  [[nodiscard]] std::uint64_t populated_bytes() const noexcept;  ///< of data
  [[nodiscard]] std::uint64_t used_bytes() const noexcept;       ///< of data, whole granules
  [[nodiscard]] std::uint64_t free_bytes() const noexcept;       ///< populated and not used
  [[nodiscard]] std::size_t segments() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;  ///< heap of the allocators

  /// Retirement: no new slots in this segment from now on. The one with the fewest bytes in use is
  /// chosen.
  std::optional<std::uint16_t> begin_retirement();
  /// Slots of that segment that are in use.
  [[nodiscard]] std::vector<slot_ref> slots_in(std::uint16_t number) const;

  struct retired {
    std::shared_ptr<segment> memory;
    std::uint64_t data_bytes = 0;
  };
  /// Forgets the segment when none of its slots is in use.
  std::optional<retired> finish_retirement(std::uint16_t number);

private:
  struct part {
    std::shared_ptr<segment> memory;
    granule_allocator granules;
    std::uint16_t number = 0;
    std::uint64_t data_offset = 0;
    std::uint32_t slots = 0;
    std::uint32_t next_slot = 0;
    std::vector<std::uint32_t> free_slots;
    bool retiring = false;
  };

  [[nodiscard]] const part* by_number(std::uint16_t number) const;
  std::optional<slot_ref> allocate_in(std::uint32_t index, std::uint32_t granules,
                                      std::uint32_t length);

  std::uint32_t granule_bytes_;
  std::uint64_t layout_hash_;
  std::vector<std::optional<part>> parts_;  ///< an index is used again after retirement
  std::uint64_t granted_bytes_ = 0;
  std::uint16_t next_number_ = 1;
  std::uint32_t last_used_ = 0;
};

}  // namespace cellard::core
