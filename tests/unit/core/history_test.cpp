// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/history.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace {

using namespace cellard::core;
using std::chrono::duration;
using std::chrono::seconds;
using time_point = history::time_point;

constexpr space_id first = 1;
constexpr space_id second = 2;

time_point after(double time) {
  return time_point(std::chrono::duration_cast<time_point::duration>(duration<double>(time)));
}

double total(const history_subject& of, load_number which, double from, double to) {
  double sum = 0;
  for (const auto& slot : of.series.ring_for(1).between(from, to).slots) {
    sum += double{slot.sums[at(which)]};
  }
  return sum;
}

struct namespaces {
  explicit namespaces(std::size_t most = 8) : kept(after(0), most) {}

  std::shared_ptr<shard_counters> join(space_id id, const char* tenant, const char* name,
                                       double when = 0, std::uint32_t tokens = 16) {
    auto counters = std::make_shared<shard_counters>();
    kept.join(id, tenant, name, counters, tokens, after(when));
    return counters;
  }

  history kept;
};

BOOST_AUTO_TEST_SUITE(history_test)

BOOST_AUTO_TEST_CASE(what_a_namespace_does_counts_for_it_its_tenant_and_all) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  auto two = made.join(second, "u", "two");
  one->blocks_asked.add(10);
  one->blocks_hit.add(5);
  two->blocks_asked.add(2);
  made.kept.sample(after(1), 7);
  BOOST_TEST(total(*made.kept.of_space("t", "one"), load_number::blocks_asked, 0, 1) == 10);
  BOOST_TEST(total(*made.kept.of_tenant("t"), load_number::tokens_hit, 0, 1) == 80);
  BOOST_TEST(total(*made.kept.of_tenant("u"), load_number::blocks_asked, 0, 1) == 2);
  BOOST_TEST(total(made.kept.all(), load_number::blocks_asked, 0, 1) == 12);
  BOOST_TEST(total(made.kept.all(), load_number::requests, 0, 1) == 7);
  BOOST_TEST(made.kept.of_space("u", "one") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_gauge_is_averaged_by_time) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->used_bytes.set(100);
  made.kept.sample(after(3), 0);
  one->used_bytes.set(400);
  made.kept.sample(after(4), 0);
  load_sums sum;
  for (const auto& slot : made.kept.all().series.ring_for(7200).between(0, 10).slots) {
    sum.add(slot);
  }
  BOOST_TEST(sum.average(load_number::used_bytes) == 175, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_late_tick_is_spread_over_the_time_since_the_last) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->puts.add(80);
  made.kept.sample(after(8), 0);
  const auto slots = made.kept.all().series.ring_for(1).between(0, 7.5).slots;
  BOOST_TEST_REQUIRE(slots.size() == 8U);
  for (const auto& slot : slots) {
    BOOST_TEST(slot.average(load_number::puts) == 10, boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(a_tick_later_than_a_ring_is_long_is_no_work_without_end) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->puts.add(1000);
  made.kept.sample(after(1e9), 0);
  const auto slots = made.kept.all().series.ring_for(1).between(0, 1e9).slots;
  BOOST_TEST(slots.size() == 600U);
  BOOST_TEST(slots.back().average(load_number::puts) == 1e-6, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(time_that_goes_back_changes_nothing) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->puts.add(1);
  made.kept.sample(after(5), 0);
  one->puts.add(4);
  made.kept.sample(after(2), 0);
  made.kept.sample(after(5), 0);
  BOOST_TEST(total(made.kept.all(), load_number::puts, 0, 6) == 1,
             boost::test_tools::tolerance(1e-6));
  made.kept.sample(after(6), 0);
  BOOST_TEST(total(made.kept.all(), load_number::puts, 0, 6) == 5,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(rings_wrap_around_and_the_coarser_ones_remember) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  constexpr int hours = 3;
  for (int i = 1; i <= hours * 3600; ++i) {
    one->puts.add(static_cast<std::uint64_t>(i <= 3600 ? 2 : 4));
    made.kept.sample(after(i), 0);
  }
  const double now = hours * 3600.0;
  const auto sum_of = [&](double window) {
    load_sums sum;
    const auto& ring = made.kept.all().series.ring_for(window);
    for (const auto& slot : ring.between(now - window, now).slots) {
      sum.add(slot);
    }
    return sum;
  };
  BOOST_TEST(double{sum_of(599).seconds} == 599, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(sum_of(599).average(load_number::puts) == 4, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(double{sum_of(7190).seconds} == 7190, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(double{sum_of(7 * 24 * 3600).seconds} == now, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(sum_of(7 * 24 * 3600).average(load_number::puts) == 10.0 / 3,
             boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_comes_back_goes_on_with_its_history) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->puts.add(7);
  made.kept.sample(after(1), 0);
  one->puts.add(2);
  made.kept.leave(first, after(1.5));
  BOOST_TEST(total(made.kept.all(), load_number::puts, 0, 2) == 9,
             boost::test_tools::tolerance(1e-6));
  made.kept.sample(after(2), 0);
  auto again = made.join(second, "t", "one", 2);
  again->puts.add(3);
  made.kept.sample(after(3), 0);
  const auto* subject = made.kept.of_space("t", "one");
  BOOST_TEST(total(*subject, load_number::puts, 0, 3) == 12, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(subject->since == 2);
  BOOST_TEST(made.kept.of_tenant("t")->since == 2);
  BOOST_TEST(made.kept.all().since == 0);
}

BOOST_AUTO_TEST_CASE(a_counter_that_fell_began_anew) {
  namespaces made;
  auto one = made.join(first, "t", "one");
  one->puts.set(100);
  made.kept.sample(after(1), 50);
  one->puts.set(3);
  made.kept.sample(after(2), 5);
  BOOST_TEST(total(made.kept.all(), load_number::puts, 0, 2) == 103);
  BOOST_TEST(total(made.kept.all(), load_number::requests, 0, 2) == 55);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_by_the_number_of_subjects) {
  namespaces made(2);
  made.join(1, "t", "one");
  made.join(2, "t", "two");
  auto three = made.join(3, "t", "three");
  BOOST_TEST(made.kept.of_space("t", "three") == nullptr);
  BOOST_TEST(made.kept.of_tenant("t") != nullptr);
  three->puts.add(5);
  made.kept.sample(after(1), 0);
  BOOST_TEST(total(*made.kept.of_tenant("t"), load_number::puts, 0, 1) == 5);
  BOOST_TEST(made.kept.memory_bytes() == 6U * 226'848U);
  made.kept.leave(1, after(2));
  made.join(4, "u", "four", 3);  // in the place of one that has gone
  BOOST_TEST(made.kept.of_space("t", "one") == nullptr);
  BOOST_TEST(made.kept.of_space("u", "four") != nullptr);
  made.kept.sample(after(4), 0);
  BOOST_TEST(made.kept.memory_bytes() == 7U * 226'848U);
}

BOOST_AUTO_TEST_CASE(a_smaller_limit_takes_effect_as_subjects_go) {
  namespaces made(4);
  for (space_id id = 1; id <= 4; ++id) {
    made.join(id, "t", std::to_string(id).c_str());
  }
  made.kept.leave(1, after(1));
  made.kept.set_limit(2);
  BOOST_TEST(made.kept.of_space("t", "1") == nullptr);
  BOOST_TEST(made.kept.of_space("t", "2") != nullptr);
  made.kept.leave(2, after(2));
  BOOST_TEST(made.kept.of_space("t", "2") == nullptr);
  BOOST_TEST(made.kept.of_space("t", "3") != nullptr);
}

BOOST_AUTO_TEST_CASE(marks_are_bounded_and_begin_with_the_start) {
  namespaces made;
  BOOST_TEST(made.kept.marks().front().what == "start");
  for (int i = 1; i <= 300; ++i) {
    made.kept.mark(after(i), "reload");
  }
  BOOST_TEST(made.kept.marks().size() == history::most_marks);
  BOOST_TEST(made.kept.marks().back().when == 300);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
