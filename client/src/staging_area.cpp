// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/staging_area.hpp"

namespace cellard::library {
namespace {

std::size_t granules_of(std::uint64_t length) noexcept {
  return static_cast<std::size_t>((length + staging_area::granule - 1) / staging_area::granule);
}

}  // namespace

staging_area::staging_area(std::uint64_t size, std::shared_ptr<const mapping> bytes)
  : size_(size),
    bytes_(std::move(bytes)),
    taken_(granules_of(size)) {
}

/// How many of `count` granules from `from` on are free, up to the first that is not.
std::size_t staging_area::free_run(std::size_t from, std::size_t count) const noexcept {
  std::size_t run = 0;
  while (run < count && !taken_[from + run].load(std::memory_order_acquire)) {
    ++run;
  }
  return run;
}

/// The first place from `from` to `last` with so many free granules; `none` without one.
std::uint64_t staging_area::find(std::size_t from, std::size_t last,
                                 std::size_t count) const noexcept {
  while (from <= last) {
    const auto run = free_run(from, count);
    if (run == count) {
      return from;
    }
    from += run + 1;
  }
  return none;
}

std::uint64_t staging_area::take(std::uint64_t length) noexcept {
  if (length == 0 || length > size_) {
    return none;
  }
  const auto count = granules_of(length);
  // The last granule may be cut short by the end of the area.
  const auto last = static_cast<std::size_t>((size_ - length) / granule);
  auto found = find(cursor_, last, count);
  if (found == none) {
    found = find(0, last, count);
  }
  if (found == none) {
    return none;
  }
  for (std::size_t i = 0; i < count; ++i) {
    taken_[found + i].store(true, std::memory_order_relaxed);
  }
  ranges_.fetch_add(1, std::memory_order_relaxed);
  cursor_ = found + count;
  return found * granule;
}

void staging_area::give(std::uint64_t offset, std::uint64_t length) noexcept {
  const auto from = static_cast<std::size_t>(offset / granule);
  for (std::size_t i = 0; i < granules_of(length); ++i) {
    taken_[from + i].store(false, std::memory_order_release);
  }
  ranges_.fetch_sub(1, std::memory_order_release);
}

bool staging_range::take(const std::shared_ptr<staging_area>& area, std::uint64_t length,
                         std::vector<staging_range>& into) {
  const auto offset = area->take(length);
  if (offset == staging_area::none) {
    return false;
  }
  into.push_back(staging_range{area, offset, length});
  return true;
}

}  // namespace cellard::library
