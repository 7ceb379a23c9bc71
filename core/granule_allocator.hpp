// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Who has which granules of one segment (decisions.md E4): runs of granules by two-level segregated
// fit, neighbours that are free joined at once. Counts below 2048 have a class each, so there the
// answer is exact best fit; above, each octave has 64 classes. Two levels of bitmap find the
// smallest class that is not empty; a free run is on its class's list; a run's length stands at
// both its ends.
//
// Granules become usable from the front, as the segment is populated (`extend`). State is in this
// process's heap, 12 bytes a granule, touched only where runs begin and end. Owned by one catalog
// and used in its turns only: not synchronised. Numbers are granules, never bytes; granule 0 is the
// first of the segment's data area.
//
// Worst case. A request for c granules fails although f are free only when no free run has c; each
// gap of at most c - 1 is then followed by a run in use. If no slot in use is shorter than m
// granules, at most (c - 1) / (c - 1 + m) of the segment is free and unusable for c: nothing when
// all are alike (c = m and gaps can only be multiples of m), up to 8/9 when the ladder's smallest
// slot is 1/8 of a raw block. From 2048 granules on, up to 1/64 of c is added to c, because a run
// at the low end of its class may be passed over. Only compaction (E5) helps then; in the
// simulation behind E4 the loss was under half a point of the 95 % watermark.
#pragma once

#include "core/growing_array.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cellard::core {

class granule_allocator {
public:
  static constexpr std::uint32_t max_granules = (std::uint32_t{1} << 30) - 1;
  /// Below this count a request is granted whenever any free run is long enough, and gets the
  /// shortest such run.
  static constexpr std::uint32_t exact_counts = 2048;

  /// For a segment of `granules`, none of them usable yet.
  /// @throws std::bad_alloc, std::length_error above max_granules
  explicit granule_allocator(std::uint32_t granules);

  /// Granules [populated(), upto) become free; nothing when upto is not above populated(). False,
  /// and nothing changed, when upto is beyond the segment or the kernel gives no memory for the
  /// state: to ignore that is safe, the granules just stay unusable.
  bool extend(std::uint32_t upto) noexcept;

  /// The first granule of a run of `count`; nothing when none is free or count is 0. Constant time.
  /// Granted whenever a free run of `certain_run(count)` exists.
  [[nodiscard]] std::optional<std::uint32_t> allocate(std::uint32_t count) noexcept;

  /// Takes exactly [first, first + count), for adoption; false, and nothing changed, unless all of
  /// it is free. Costs a walk to the nearer end of the run that `first` is in: n log n steps for
  /// any order of adopting a whole segment, 2 n for slots in order.
  [[nodiscard]] bool occupy(std::uint32_t first, std::uint32_t count) noexcept;

  /// Frees the run that begins at `first`. Its length; 0, and nothing changed, if none in use
  /// begins there (a bug of the caller's).
  std::uint32_t release(std::uint32_t first) noexcept;

  /// The free run length with which allocate(count) cannot fail: count itself below exact_counts,
  /// else up to 1/64 more.
  [[nodiscard]] static std::uint32_t certain_run(std::uint32_t count) noexcept;

  /// A count that allocate would grant now, 0 when nothing is free. The longest free run is this
  /// one below exact_counts, and at most 1/64 longer above.
  [[nodiscard]] std::uint32_t largest_free_bound() const noexcept;

  [[nodiscard]] std::uint32_t free_granules() const noexcept { return free_; }
  [[nodiscard]] std::uint32_t used() const noexcept { return populated() - free_; }
  [[nodiscard]] std::uint32_t populated() const noexcept {
    return static_cast<std::uint32_t>(granules_.size());
  }
  /// Heap that the state takes at most, for the part that is populated.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  // `run` counts at a run's first and last granule; `starts` only at the first; links only at the
  // first of a free run. Other entries are stale, except that `starts` is never set inside a run.
  struct granule {
    std::uint32_t run : 30;
    std::uint32_t starts : 1;
    std::uint32_t free : 1;
    std::uint32_t next;
    std::uint32_t previous;
  };
  static_assert(sizeof(granule) == 12);

  [[nodiscard]] std::optional<std::uint32_t> fitting_run(std::uint32_t count) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> first_class(std::uint32_t from) const noexcept;
  [[nodiscard]] std::uint32_t start_of_run(std::uint32_t at) const noexcept;
  void carve(std::uint32_t run, std::uint32_t first, std::uint32_t count) noexcept;
  void add_free(std::uint32_t first, std::uint32_t count) noexcept;
  void mark(std::uint32_t first, std::uint32_t count, bool is_free) noexcept;
  void link(std::uint32_t first, std::uint32_t count) noexcept;
  void unlink(std::uint32_t first) noexcept;

  growing_array<granule> granules_;
  std::vector<std::uint32_t> heads_;    // first free run of each class
  std::vector<std::uint64_t> classes_;  // a bit a class: its list is not empty
  std::uint64_t words_ = 0;             // a bit a word of classes_: it is not zero
  std::uint32_t free_ = 0;
};

}  // namespace cellard::core
