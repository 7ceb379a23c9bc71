// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/emulated/block.hpp"

#include "gpu/emulated/fiber.hpp"
#include "gpu/emulated/race.hpp"
#include "gpu/emulated/ready_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <random>
#include <utility>

namespace cellard::gpu::emulated {
namespace {

constexpr std::size_t most_shared_bytes = 227 * 1024;  // of sm_90; sm_80 has 163
constexpr unsigned most_grid_y_or_z = 65535;

std::string text_of(index3 at) {
  return "(" + std::to_string(at.x) + "," + std::to_string(at.y) + "," + std::to_string(at.z) + ")";
}

index3 index_in(std::uint64_t n, index3 extent) {
  return {static_cast<unsigned>(n % extent.x), static_cast<unsigned>(n / extent.x % extent.y),
          static_cast<unsigned>(n / (std::uint64_t{extent.x} * extent.y))};
}

/// Thrown through a kernel that is not to go on.
struct cancelled {};

/// Shared memory of one block: exact in size, so that a sanitizer sees the first byte beyond.
class shared_block {
public:
  shared_block(std::size_t bytes, std::byte poison) {
    if (bytes == 0) {
      return;
    }
    void* memory = nullptr;
    if (posix_memalign(&memory, 128, bytes) != 0) {
      throw std::bad_alloc();
    }
    data_.reset(static_cast<std::byte*>(memory));
    std::fill_n(data_.get(), bytes, poison);
  }
  [[nodiscard]] std::byte* data() const noexcept { return data_.get(); }

private:
  struct release_memory {
    void operator()(std::byte* data) const noexcept { std::free(data); }
  };
  std::unique_ptr<std::byte, release_memory> data_;
};

class executor {
public:
  void run(const grid_launch& what, const policy& how);

  void barrier(site where);
  std::uint64_t meet(const lane_call& call);
  void other_may_run();

  [[nodiscard]] const index3& thread_at() const noexcept { return current_->at; }
  [[nodiscard]] const index3& block_at() const noexcept { return block_at_; }
  [[nodiscard]] const grid_launch& launched() const noexcept { return *what_; }
  [[nodiscard]] std::byte* shared() const noexcept { return shared_; }

private:
  enum class wait { none, barrier, collective, done };

  struct thread {
    unsigned number = 0;
    index3 at;
    wait in = wait::none;
    site where;
    std::unique_ptr<fiber> runs;
  };

  void check() const;
  void run_block(std::uint64_t number);
  void body_of(thread& one);
  std::optional<unsigned> next();
  void resume(thread& one);
  void wait_in(wait what, site where);
  void go_on(unsigned number);
  void open_barrier();
  void cancel();
  [[noreturn]] void fail(const std::string& what);
  [[nodiscard]] std::string where_is(const thread& one) const;
  /// Two for barriers that follow each other: a thread may reach the next one while others have yet
  /// to leave the last.
  [[nodiscard]] const void* barrier_tag() const noexcept {
    return &(*barrier_tags_)[barriers_ % 2];
  }

  const grid_launch* what_ = nullptr;
  policy how_;
  std::mt19937_64 random_;
  std::vector<thread> threads_;  // as many as the largest block had; never moved while one runs
  unsigned count_ = 0;           // of this block
  unsigned done_ = 0;
  ready_set ready_;
  std::array<warp, ready_set::size / warp_lanes> warps_;
  thread* current_ = nullptr;
  index3 block_at_;
  std::byte* shared_ = nullptr;
  std::uint64_t barriers_ = 0;
  bool cancelling_ = false;
  std::exception_ptr thrown_;
  char start_tag_ = 0;
  char end_tag_ = 0;
  std::unique_ptr<std::array<std::uint64_t, 2>> barrier_tags_;  // new ones for each block
};

void executor::check() const {
  const auto refuse = [&](const std::string& why) {
    throw fault(what_->kernel + ": " + why);
  };
  if (what_->block.count() == 0 || what_->block.count() > ready_set::size) {
    refuse("a block of " + std::to_string(what_->block.count()) + " threads; 1 to 1024 can be");
  }
  if (what_->grid.count() == 0) {
    refuse("an empty grid");
  }
  if (what_->grid.y > most_grid_y_or_z || what_->grid.z > most_grid_y_or_z) {
    refuse("a grid of " + text_of(what_->grid) + "; y and z end at 65535");
  }
  if (what_->shared_bytes > most_shared_bytes) {
    refuse(std::to_string(what_->shared_bytes) + " bytes of shared memory; 232448 can be");
  }
}

void executor::run(const grid_launch& what, const policy& how) {
  what_ = &what;
  how_ = how;
  random_.seed(how.seed);
  check();
  count_ = static_cast<unsigned>(what.block.count());
  while (threads_.size() < count_) {
    threads_.emplace_back();
    threads_.back().number = static_cast<unsigned>(threads_.size()) - 1;
  }
  for (auto& each : threads_) {
    if (!each.runs) {
      each.runs =
        std::make_unique<fiber>([this, number = each.number] { body_of(threads_[number]); });
    }
  }
  // Kept to the end of the launch: a block that is allocated where another one was would otherwise
  // look like a race between them.
  std::vector<shared_block> kept;
  const bool backwards = how.order == schedule::descending;
  release(&start_tag_);
  for (std::uint64_t i = 0; i < what.grid.count(); ++i) {
#ifndef CELLARD_EMULATED_TSAN
    kept.clear();
#endif
    kept.emplace_back(what.shared_bytes, how.poison);
    shared_ = kept.back().data();
    release(&start_tag_);  // the poison, too, was there before
    run_block(backwards ? what.grid.count() - 1 - i : i);
  }
  acquire(&end_tag_);
}

void executor::run_block(std::uint64_t number) {
  block_at_ = index_in(number, what_->grid);
  done_ = 0;
  barrier_tags_ = std::make_unique<std::array<std::uint64_t, 2>>();
  ready_.clear();
  for (unsigned i = 0; i < count_; ++i) {
    threads_[i].at = index_in(i, what_->block);
    go_on(i);
    if (i % warp_lanes == 0) {
      warps_[i / warp_lanes].begin(count_ - i);
    }
  }
  while (done_ < count_) {
    if (const auto number_of_next = next()) {
      resume(threads_[*number_of_next]);
    } else {
      open_barrier();
    }
    if (thrown_) {
      cancel();
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
  }
}

void executor::body_of(thread& one) {
  acquire(&start_tag_);
  try {
    if (!cancelling_) {
      what_->body(what_->parameters);
    }
  } catch (const cancelled&) {
    // thrown_ says why
  } catch (const fault& broken) {
    thrown_ = std::make_exception_ptr(fault(what_->kernel + " block " + text_of(block_at_)
                                            + " thread " + text_of(one.at) + ": " + broken.what()));
  } catch (...) {
    thrown_ = std::current_exception();
  }
  release(&end_tag_);
  one.in = wait::done;
  warps_[one.number / warp_lanes].leave(one.number % warp_lanes);
  ++done_;
}

std::optional<unsigned> executor::next() {
  switch (how_.order) {
  case schedule::descending:
    return ready_.take_last();
  case schedule::random:
    return ready_.take_from(static_cast<unsigned>(random_() % ready_set::size));
  default:
    return ready_.take_from(0);
  }
}

void executor::resume(thread& one) {
  current_ = &one;
  one.runs->resume();
  current_ = nullptr;
}

void executor::go_on(unsigned number) {
  threads_[number].in = wait::none;
  ready_.insert(number);
}

void executor::wait_in(wait what, site where) {
  thread& own = *current_;
  own.in = what;
  own.where = where;
  own.runs->pause();
  if (cancelling_) {
    throw cancelled();
  }
}

void executor::barrier(site where) {
  const void* tag = barrier_tag();
  release(tag);
  wait_in(wait::barrier, where);
  acquire(tag);
}

/// All that have not returned wait. When it is at one barrier, they go on.
void executor::open_barrier() {
  for (unsigned i = 0; i < count_; ++i) {
    if (threads_[i].in == wait::collective) {
      fail(where_is(threads_[i]) + ", for lanes that are elsewhere: it never completes");
    }
  }
  const auto waits = [](const thread& one) {
    return one.in == wait::barrier;
  };
  const thread& first = *std::find_if(threads_.begin(), threads_.begin() + count_, waits);
  for (unsigned i = 0; i < count_; ++i) {
    const thread& one = threads_[i];
    if (!waits(one)) {
      fail("a barrier is not reached by all: " + where_is(one) + ", but " + where_is(first));
    }
    if (one.where.line != first.where.line || std::strcmp(one.where.file, first.where.file) != 0) {
      fail("two barriers at once: " + where_is(first) + ", but " + where_is(one));
    }
  }
  ++barriers_;
  for (unsigned i = 0; i < count_; ++i) {
    go_on(i);
  }
}

std::uint64_t executor::meet(const lane_call& call) {
  thread& own = *current_;
  const unsigned lane = own.number % warp_lanes;
  warp& of = warps_[own.number / warp_lanes];
  const auto at = of.arrive(lane, call);
  // Shuffles and ballots order no memory (CUDA promises none): only __syncwarp has edges.
  if (at.order) {
    release(at.order.get());
  }
  if (!at.complete()) {
    wait_in(wait::collective, call.where);
  } else {
    for (unsigned other = at.mask & ~(1U << lane); other != 0; other &= other - 1) {
      go_on(own.number - lane + static_cast<unsigned>(std::countr_zero(other)));
    }
    other_may_run();
  }
  if (at.order) {
    acquire(at.order.get());
  }
  return of.result(lane);
}

void executor::other_may_run() {
  if (how_.order == schedule::random) {
    ready_.insert(current_->number);
    wait_in(wait::none, {});
  }
}

std::string executor::where_is(const thread& one) const {
  const std::string name = "thread " + text_of(one.at);
  switch (one.in) {
  case wait::done:
    return name + " has returned";
  case wait::barrier:
    return name + " waits at " + one.where.text();
  default:
    return name + " waits in a warp collective at " + one.where.text();
  }
}

void executor::fail(const std::string& what) {
  cancel();
  throw fault(what_->kernel + " block " + text_of(block_at_) + ": " + what);
}

/// Ends all threads by an exception of their own: destroying a fiber would switch stacks behind the
/// sanitizers' backs.
void executor::cancel() {
  cancelling_ = true;
  for (unsigned i = 0; i < count_; ++i) {
    if (threads_[i].in != wait::done) {
      resume(threads_[i]);
    }
  }
  cancelling_ = false;
  acquire(&end_tag_);
}

executor& own_executor() {
  thread_local executor own;
  return own;
}

}  // namespace

void run_grid(const grid_launch& what, const policy& how) {
  own_executor().run(what, how);
}

const index3& thread_index() noexcept {
  return own_executor().thread_at();
}
const index3& block_index() noexcept {
  return own_executor().block_at();
}
const index3& block_extent() noexcept {
  return own_executor().launched().block;
}
const index3& grid_extent() noexcept {
  return own_executor().launched().grid;
}
std::byte* shared_memory() noexcept {
  return own_executor().shared();
}
void barrier(site where) {
  own_executor().barrier(where);
}
std::uint64_t meet(const lane_call& call) {
  return own_executor().meet(call);
}
void atomic_done() {
  own_executor().other_may_run();
}

}  // namespace cellard::gpu::emulated
