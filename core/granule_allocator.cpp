// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/granule_allocator.hpp"

#include <bit>
#include <stdexcept>

namespace cellard::core {
namespace {

constexpr std::uint32_t none = 0xFFFFFFFFU;
constexpr std::uint32_t exact_bits = 11;    // exact_counts = 2^11
constexpr std::uint32_t division_bits = 6;  // 64 classes an octave above
constexpr std::uint32_t word_bits = 64;
// Runs of the request's own class that are tried before the next class: raw blocks of a namespace
// are all alike, so the first one fits.
constexpr int own_class_tries = 4;

static_assert(granule_allocator::exact_counts == 1U << exact_bits);

constexpr std::uint32_t class_of(std::uint32_t count) noexcept {
  if (count < granule_allocator::exact_counts) {
    return count;
  }
  const auto octave = static_cast<std::uint32_t>(std::bit_width(count)) - 1;
  const std::uint32_t division = (count >> (octave - division_bits)) - (1U << division_bits);
  return granule_allocator::exact_counts + ((octave - exact_bits) << division_bits) + division;
}

static_assert(class_of(2047) == 2047 && class_of(2048) == 2048 && class_of(2048 + 32) == 2049);
static_assert(class_of(granule_allocator::max_granules) < word_bits * word_bits,
              "one word of summary has to be enough");

std::uint32_t checked(std::uint32_t granules) {
  if (granules > granule_allocator::max_granules) {
    throw std::length_error("a segment has at most 2^30 - 1 granules");
  }
  return granules;
}

}  // namespace

granule_allocator::granule_allocator(std::uint32_t granules)
  : granules_(checked(granules)),
    heads_(class_of(granules) + 1, none),
    classes_(class_of(granules) / word_bits + 1, 0) {
}

bool granule_allocator::extend(std::uint32_t upto) noexcept {
  const std::uint32_t old = populated();
  if (upto <= old) {
    return true;
  }
  if (!granules_.try_resize(upto)) {
    return false;
  }
  free_ += upto - old;
  add_free(old, upto - old);
  return true;
}

std::optional<std::uint32_t> granule_allocator::allocate(std::uint32_t count) noexcept {
  const auto run = fitting_run(count);
  if (run) {
    carve(*run, *run, count);
  }
  return run;
}

bool granule_allocator::occupy(std::uint32_t first, std::uint32_t count) noexcept {
  if (count == 0 || first >= populated() || count > populated() - first) {
    return false;
  }
  const std::uint32_t run = start_of_run(first);
  const granule& found = granules_[run];
  if (found.free == 0 || first + count > run + found.run) {
    return false;
  }
  carve(run, first, count);
  return true;
}

std::uint32_t granule_allocator::release(std::uint32_t first) noexcept {
  if (first >= populated() || granules_[first].starts == 0 || granules_[first].free != 0) {
    return 0;
  }
  const std::uint32_t count = granules_[first].run;
  free_ += count;
  add_free(first, count);
  return count;
}

std::uint32_t granule_allocator::certain_run(std::uint32_t count) noexcept {
  if (count < exact_counts) {
    return count;
  }
  const std::uint32_t width = 1U << (std::bit_width(count) - 1 - static_cast<int>(division_bits));
  return (count + width - 1) / width * width;
}

std::uint32_t granule_allocator::largest_free_bound() const noexcept {
  if (words_ == 0) {
    return 0;
  }
  const auto word = static_cast<std::uint32_t>(std::bit_width(words_)) - 1;
  const auto bit = static_cast<std::uint32_t>(std::bit_width(classes_[word])) - 1;
  return granules_[heads_[word * word_bits + bit]].run;
}

std::size_t granule_allocator::memory_bytes() const noexcept {
  return granules_.size() * sizeof(granule) + heads_.size() * sizeof(heads_[0])
         + classes_.size() * sizeof(classes_[0]);
}

std::optional<std::uint32_t> granule_allocator::fitting_run(std::uint32_t count) const noexcept {
  std::uint32_t kind = class_of(count);
  if (count == 0 || kind >= heads_.size()) {
    return std::nullopt;
  }
  if (count >= exact_counts) {
    std::uint32_t run = heads_[kind];
    for (int tries = 0; run != none && tries < own_class_tries; ++tries) {
      if (granules_[run].run >= count) {
        return run;
      }
      run = granules_[run].next;
    }
    ++kind;
  }
  const auto found = first_class(kind);
  return found ? std::optional(heads_[*found]) : std::nullopt;
}

// The first class from `from` on whose list is not empty.
std::optional<std::uint32_t> granule_allocator::first_class(std::uint32_t from) const noexcept {
  const std::uint32_t word = from / word_bits;
  if (word >= classes_.size()) {
    return std::nullopt;
  }
  const std::uint64_t here = classes_[word] & (~std::uint64_t{0} << (from % word_bits));
  if (here != 0) {
    return word * word_bits + static_cast<std::uint32_t>(std::countr_zero(here));
  }
  const std::uint64_t later = words_ & (~std::uint64_t{1} << word);
  if (later == 0) {
    return std::nullopt;
  }
  const auto next = static_cast<std::uint32_t>(std::countr_zero(later));
  return next * word_bits + static_cast<std::uint32_t>(std::countr_zero(classes_[next]));
}

// Looks both ways at once, so that it costs the distance to the nearer end.
std::uint32_t granule_allocator::start_of_run(std::uint32_t at) const noexcept {
  for (std::uint32_t distance = 0;; ++distance) {
    if (granules_[at - distance].starts != 0) {
      return at - distance;
    }
    const std::uint32_t behind = at + distance + 1;
    if (behind == populated() || granules_[behind].starts != 0) {
      return behind - granules_[behind - 1].run;
    }
  }
}

// Takes [first, first + count) out of the free run that begins at `run`; what is left of it on
// either side stays free.
void granule_allocator::carve(std::uint32_t run, std::uint32_t first,
                              std::uint32_t count) noexcept {
  const std::uint32_t end = run + granules_[run].run;
  unlink(run);
  free_ -= count;
  mark(first, count, false);
  if (first > run) {
    mark(run, first - run, true);
    link(run, first - run);
  }
  if (end > first + count) {
    mark(first + count, end - first - count, true);
    link(first + count, end - first - count);
  }
}

void granule_allocator::add_free(std::uint32_t first, std::uint32_t count) noexcept {
  if (first > 0 && granules_[first - 1].free != 0) {
    granules_[first].starts = 0;
    const std::uint32_t before = granules_[first - 1].run;
    first -= before;
    count += before;
    unlink(first);
  }
  const std::uint32_t behind = first + count;
  if (behind < populated() && granules_[behind].free != 0) {
    count += granules_[behind].run;
    unlink(behind);
    granules_[behind].starts = 0;
  }
  mark(first, count, true);
  link(first, count);
}

void granule_allocator::mark(std::uint32_t first, std::uint32_t count, bool is_free) noexcept {
  const auto write = [&](granule& end, bool starts) {
    end.run = count & max_granules;
    end.starts = starts ? 1 : 0;
    end.free = is_free ? 1 : 0;
  };
  write(granules_[first + count - 1], false);
  write(granules_[first], true);  // second, because a run of one granule has one entry
}

void granule_allocator::link(std::uint32_t first, std::uint32_t count) noexcept {
  const std::uint32_t kind = class_of(count);
  granules_[first].previous = none;
  granules_[first].next = heads_[kind];
  if (heads_[kind] != none) {
    granules_[heads_[kind]].previous = first;
  }
  heads_[kind] = first;
  classes_[kind / word_bits] |= std::uint64_t{1} << (kind % word_bits);
  words_ |= std::uint64_t{1} << (kind / word_bits);
}

void granule_allocator::unlink(std::uint32_t first) noexcept {
  const granule run = granules_[first];
  if (run.next != none) {
    granules_[run.next].previous = run.previous;
  }
  if (run.previous != none) {
    granules_[run.previous].next = run.next;
    return;
  }
  const std::uint32_t kind = class_of(run.run);
  heads_[kind] = run.next;
  if (run.next == none) {
    classes_[kind / word_bits] &= ~(std::uint64_t{1} << (kind % word_bits));
    if (classes_[kind / word_bits] == 0) {
      words_ &= ~(std::uint64_t{1} << (kind / word_bits));
    }
  }
}

}  // namespace cellard::core
