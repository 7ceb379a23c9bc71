// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The allocator beside a bitmap that is too simple to be wrong: after every step both have to
// agree.
#include "core/granule_allocator.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

using cellard::core::granule_allocator;

namespace {

struct free_run {
  std::uint32_t first;
  std::uint32_t count;
};

class model {
public:
  explicit model(std::uint32_t granules) : allocator(granules), granules_(granules) {}

  void extend(std::uint32_t upto) {
    BOOST_TEST_REQUIRE(allocator.extend(upto) == (upto <= granules_));
    if (upto <= granules_ && upto > taken_.size()) {
      taken_.resize(upto, false);
    }
  }

  void allocate(std::uint32_t count) {
    const auto runs = free_runs();
    const auto first = allocator.allocate(count);
    if (!first) {
      BOOST_TEST_REQUIRE(longest(runs) < granule_allocator::certain_run(count));
      return;
    }
    const auto at = std::find_if(runs.begin(), runs.end(),
                                 [&](const free_run& run) { return run.first == *first; });
    BOOST_TEST_REQUIRE((at != runs.end() && at->count >= count));
    if (count < granule_allocator::exact_counts) {
      const bool shorter_one = std::any_of(runs.begin(), runs.end(), [&](const free_run& run) {
        return run.count >= count && granule_allocator::certain_run(run.count + 1) <= at->count;
      });
      BOOST_TEST_REQUIRE(!shorter_one);  // best fit: no run of a smaller class would have done
    }
    take(*first, count);
  }

  void occupy(std::uint32_t first, std::uint32_t count) {
    bool vacant = count > 0 && std::uint64_t{first} + count <= taken_.size();
    for (std::uint32_t i = 0; vacant && i < count; ++i) {
      vacant = !taken_[first + i];
    }
    BOOST_TEST_REQUIRE(allocator.occupy(first, count) == vacant);
    if (vacant) {
      take(first, count);
    }
  }

  void release(std::uint32_t first) {
    const auto at = used_.find(first);
    const std::uint32_t count = at == used_.end() ? 0 : at->second;
    BOOST_TEST_REQUIRE(allocator.release(first) == count);
    if (count > 0) {
      std::fill_n(taken_.begin() + first, count, false);
      used_.erase(at);
      taken_count_ -= count;
    }
  }

  void check() const {
    const auto total = static_cast<std::uint32_t>(taken_.size());
    BOOST_TEST_REQUIRE(allocator.populated() == total);
    BOOST_TEST_REQUIRE(allocator.used() == taken_count_);
    BOOST_TEST_REQUIRE(allocator.free_granules() == total - taken_count_);
    const std::uint32_t most = longest(free_runs());
    const std::uint32_t bound = allocator.largest_free_bound();
    BOOST_TEST_REQUIRE(bound <= most);
    BOOST_TEST_REQUIRE(bound >= (most < granule_allocator::exact_counts ? most : most - most / 64));
  }

  [[nodiscard]] std::uint32_t populated() const {
    return static_cast<std::uint32_t>(taken_.size());
  }
  [[nodiscard]] const std::map<std::uint32_t, std::uint32_t>& used() const { return used_; }

  granule_allocator allocator;

private:
  void take(std::uint32_t first, std::uint32_t count) {
    BOOST_TEST_REQUIRE(std::uint64_t{first} + count <= taken_.size());
    const auto begin = taken_.begin() + first;
    BOOST_TEST_REQUIRE((std::find(begin, begin + count, true) == begin + count));
    std::fill_n(begin, count, true);
    used_[first] = count;
    taken_count_ += count;
  }

  [[nodiscard]] std::vector<free_run> free_runs() const {
    std::vector<free_run> runs;
    std::uint32_t end = 0;
    const auto gap = [&](std::uint32_t upto) {
      if (upto > end) {
        runs.push_back({end, upto - end});
      }
    };
    for (const auto& [first, count] : used_) {
      gap(first);
      end = first + count;
    }
    gap(populated());
    return runs;
  }

  static std::uint32_t longest(const std::vector<free_run>& runs) {
    std::uint32_t most = 0;
    for (const free_run& run : runs) {
      most = std::max(most, run.count);
    }
    return most;
  }

  std::uint32_t granules_;
  std::vector<bool> taken_;
  std::uint32_t taken_count_ = 0;
  std::map<std::uint32_t, std::uint32_t> used_;
};

class random_numbers {
public:
  explicit random_numbers(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(engine_);
  }

private:
  std::mt19937 engine_;
};

/// One step of any kind; counts up to `largest`, mostly alike, as raw blocks and their encodings
/// are.
void random_step(model& both, random_numbers& random, std::uint32_t largest,
                 std::uint32_t granules) {
  const std::uint32_t kind = random.below(100);
  const std::uint32_t count = random.below(3) == 0 ? largest : 1 + random.below(largest);
  if (kind < 48) {
    both.allocate(count);
  } else if (kind < 90 && !both.used().empty()) {
    const auto at =
      std::next(both.used().begin(), random.below(static_cast<std::uint32_t>(both.used().size())));
    both.release(at->first);
  } else if (kind < 93) {
    both.extend(both.populated() + random.below(granules / 8 + 1));
  } else if (both.populated() > 0) {
    const std::uint32_t first = random.below(both.populated());
    both.occupy(first, 1 + random.below(std::max(largest / 4, 1U)));
    both.release(random.below(both.populated()));  // mostly no run begins there
  }
}

struct mixture {
  std::uint32_t granules;
  std::uint32_t largest;
  std::uint32_t steps;
  std::uint32_t seed;
};

constexpr std::array mixtures{mixture{1, 1, 200, 1},         mixture{64, 4, 5000, 2},
                              mixture{512, 16, 5000, 3},     mixture{1000, 1, 3000, 4},
                              mixture{4096, 1000, 3000, 5},  mixture{5000, 100, 3000, 6},
                              mixture{20000, 7000, 1000, 7}, mixture{70000, 5000, 500, 8},
                              mixture{3333, 333, 3000, 9},   mixture{3333, 32, 3000, 10}};

}  // namespace

BOOST_AUTO_TEST_SUITE(granule_allocator_test)

BOOST_AUTO_TEST_CASE(it_agrees_with_a_bitmap) {
  for (const mixture& mix : mixtures) {
    BOOST_TEST_CONTEXT(mix.granules << " granules, runs up to " << mix.largest << ", seed "
                                    << mix.seed) {
      model both(mix.granules);
      random_numbers random(mix.seed);
      for (std::uint32_t step = 0; step < mix.steps; ++step) {
        random_step(both, random, mix.largest, mix.granules);
        both.check();
      }
      both.extend(mix.granules);
      while (!both.used().empty()) {
        both.release(both.used().begin()->first);
      }
      both.check();
      BOOST_TEST(both.allocator.largest_free_bound() == mix.granules);  // joined to one run
      BOOST_TEST(both.allocator.allocate(mix.granules).value() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_usable_before_it_is_extended) {
  granule_allocator granules(100);
  BOOST_TEST(!granules.allocate(1).has_value());
  BOOST_TEST(!granules.occupy(0, 1));
  BOOST_TEST(granules.release(0) == 0U);
  BOOST_TEST(granules.largest_free_bound() == 0U);
  BOOST_TEST(granules.extend(10));
  BOOST_TEST(granules.allocate(10).value() == 0U);
  BOOST_TEST(!granules.extend(101));
  BOOST_TEST(granules.extend(5));  // nothing to do
  BOOST_TEST(granules.populated() == 10U);
}

BOOST_AUTO_TEST_CASE(what_is_added_joins_the_free_run_before_it) {
  granule_allocator granules(100);
  for (std::uint32_t upto = 10; upto <= 100; upto += 10) {
    BOOST_TEST(granules.extend(upto));
  }
  BOOST_TEST(granules.allocate(100).value() == 0U);
}

BOOST_AUTO_TEST_CASE(equal_runs_are_found_again_at_any_size) {
  for (const std::uint32_t count : {1U, 33U, 1000U, 2047U, 2049U, 3001U, 100'003U}) {
    granule_allocator granules(count * 5);
    BOOST_TEST(granules.extend(count * 5));
    for (std::uint32_t i = 0; i < 5; ++i) {
      BOOST_TEST(granules.allocate(count).value() == i * count);
    }
    BOOST_TEST(granules.release(count) == count);
    BOOST_TEST(granules.release(3 * count) == count);
    BOOST_TEST(granules.allocate(count).has_value());
    BOOST_TEST(granules.allocate(count).has_value());
    BOOST_TEST(granules.free_granules() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(runs_of_the_same_class_that_are_too_short_are_passed_over) {
  constexpr std::uint32_t count = 2070;  // of the class 2048 to 2079
  granule_allocator granules(30'000);
  BOOST_TEST(granules.extend(8 * 2051));
  for (std::uint32_t i = 0; i < 8; ++i) {
    BOOST_TEST(granules.allocate(2050).value() == i * 2051);
    BOOST_TEST(granules.occupy(i * 2051 + 2050, 1));
  }
  for (std::uint32_t i = 0; i < 8; ++i) {
    BOOST_TEST(granules.release(i * 2051) == 2050U);
    BOOST_TEST(!granules.allocate(count).has_value());
  }
  BOOST_TEST(granules.extend(8 * 2051 + granule_allocator::certain_run(count)));
  BOOST_TEST(granules.allocate(count).value() == 8U * 2051);
}

BOOST_AUTO_TEST_CASE(zero_and_more_than_the_segment_has_are_refused) {
  granule_allocator granules(10);
  BOOST_TEST(granules.extend(10));
  BOOST_TEST(!granules.allocate(0).has_value());
  BOOST_TEST(!granules.allocate(11).has_value());
  BOOST_TEST(!granules.allocate(0xFFFFFFFFU).has_value());
  BOOST_TEST(!granules.occupy(9, 0xFFFFFFFFU));
  BOOST_TEST(!granules.occupy(0, 0));
  BOOST_TEST(granules.free_granules() == 10U);
}

BOOST_AUTO_TEST_CASE(releasing_twice_or_inside_a_run_changes_nothing) {
  granule_allocator granules(10);
  BOOST_TEST(granules.extend(10));
  BOOST_TEST(granules.allocate(4).value() == 0U);
  BOOST_TEST(granules.release(1) == 0U);
  BOOST_TEST(granules.release(3) == 0U);
  BOOST_TEST(granules.release(0) == 4U);
  BOOST_TEST(granules.release(0) == 0U);
  BOOST_TEST(granules.release(4'000'000'000U) == 0U);
  BOOST_TEST(granules.free_granules() == 10U);
}

BOOST_AUTO_TEST_CASE(a_whole_segment_can_be_adopted_in_any_order) {
  constexpr std::uint32_t runs = 20'000;
  for (const int order : {0, 1, 2}) {
    granule_allocator granules(runs * 3);
    BOOST_TEST(granules.extend(runs * 3));
    std::vector<std::uint32_t> firsts(runs);
    for (std::uint32_t i = 0; i < runs; ++i) {
      firsts[i] = (order == 1 ? runs - 1 - i : i) * 3;
    }
    if (order == 2) {
      std::shuffle(firsts.begin(), firsts.end(), std::mt19937(1));
    }
    for (const std::uint32_t first : firsts) {
      BOOST_TEST_REQUIRE(granules.occupy(first, 2));
    }
    BOOST_TEST(granules.free_granules() == runs);
    BOOST_TEST(granules.largest_free_bound() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(the_largest_segment_needs_memory_only_where_runs_are) {
  granule_allocator granules(granule_allocator::max_granules);  // 12 GiB of address space
  BOOST_TEST(granules.extend(granule_allocator::max_granules));
  BOOST_TEST(granules.allocate(granule_allocator::max_granules / 2).value() == 0U);
  BOOST_TEST(granules.largest_free_bound() == granule_allocator::max_granules / 2 + 1);
  BOOST_CHECK_THROW(granule_allocator(granule_allocator::max_granules + 1), std::length_error);
}

BOOST_AUTO_TEST_CASE(certain_run_is_exact_for_small_counts_and_close_for_large) {
  BOOST_TEST(granule_allocator::certain_run(1) == 1U);
  BOOST_TEST(granule_allocator::certain_run(2047) == 2047U);
  BOOST_TEST(granule_allocator::certain_run(2048) == 2048U);
  BOOST_TEST(granule_allocator::certain_run(2049) == 2080U);
  for (std::uint32_t count = 2048; count < 1U << 29; count += count / 7) {
    BOOST_TEST(granule_allocator::certain_run(count) - count <= count / 64);
  }
}

BOOST_AUTO_TEST_SUITE_END()
