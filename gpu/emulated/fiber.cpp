// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/emulated/fiber.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>

#include <sys/mman.h>

#include <cstddef>
#include <new>

#ifdef CELLARD_EMULATED_ASAN
#  include <sanitizer/common_interface_defs.h>
#endif
#ifdef CELLARD_EMULATED_TSAN
#  include <sanitizer/tsan_interface.h>
#endif

namespace cellard::gpu::emulated {
namespace {

namespace context = boost::context;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t stack_bytes = 256 * 1024;  // sanitizers make frames several times as large

class stack {
public:
  stack()
    : base_(mmap(nullptr, page_bytes + stack_bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (base_ == MAP_FAILED || mprotect(base_, page_bytes, PROT_NONE) != 0) {
      throw std::bad_alloc();
    }
  }
  stack(const stack&) = delete;
  stack& operator=(const stack&) = delete;
  ~stack() { munmap(base_, page_bytes + stack_bytes); }

  [[nodiscard]] void* bottom() const noexcept {
    return static_cast<std::byte*>(base_) + page_bytes;
  }
  [[nodiscard]] context::stack_context whole() const noexcept {
    context::stack_context out;
    out.size = stack_bytes;
    out.sp = static_cast<std::byte*>(bottom()) + stack_bytes;
    return out;
  }

private:
  void* base_;
};

/// Stacks are ours; the library frees nothing.
struct keep_stack {
  context::stack_context allocate() { return {}; }
  void deallocate(context::stack_context&) noexcept {}
};

}  // namespace

struct fiber::state {
  std::function<void()> body;
  stack memory;
  context::fiber inside;
  context::fiber outside;
  bool ending = false;
  // What sanitizers keep of either side.
  const void* outside_bottom = nullptr;
  std::size_t outside_bytes = 0;
  void* outside_frames = nullptr;
  void* inside_frames = nullptr;
  void* outside_races = nullptr;
  void* inside_races = nullptr;

  void announce_inside() {
#ifdef CELLARD_EMULATED_ASAN
    __sanitizer_start_switch_fiber(&outside_frames, memory.bottom(), stack_bytes);
#endif
#ifdef CELLARD_EMULATED_TSAN
    outside_races = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(inside_races, __tsan_switch_to_fiber_no_sync);
#endif
  }
  void arrived_inside() {
#ifdef CELLARD_EMULATED_ASAN
    __sanitizer_finish_switch_fiber(inside_frames, &outside_bottom, &outside_bytes);
#endif
  }
  /// `last`: this stack will not be used again.
  void announce_outside([[maybe_unused]] bool last) {
#ifdef CELLARD_EMULATED_ASAN
    __sanitizer_start_switch_fiber(last ? nullptr : &inside_frames, outside_bottom, outside_bytes);
#endif
#ifdef CELLARD_EMULATED_TSAN
    __tsan_switch_to_fiber(outside_races, __tsan_switch_to_fiber_no_sync);
#endif
  }
  void arrived_outside() {
#ifdef CELLARD_EMULATED_ASAN
    __sanitizer_finish_switch_fiber(outside_frames, nullptr, nullptr);
#endif
  }

  void pause() {
    announce_outside(false);
    outside = std::move(outside).resume();
    arrived_inside();
  }

  context::fiber run(context::fiber&& from) {
    outside = std::move(from);
    arrived_inside();
    while (!ending) {
      body();
      pause();
    }
    announce_outside(true);
    return std::move(outside);
  }
};

fiber::fiber(std::function<void()> body) : state_(std::make_unique<state>()) {
  state_->body = std::move(body);
#ifdef CELLARD_EMULATED_TSAN
  state_->inside_races = __tsan_create_fiber(0);
#endif
  const auto whole = state_->memory.whole();
  state_->inside = context::fiber(
    std::allocator_arg, context::preallocated(whole.sp, whole.size, whole), keep_stack(),
    [of = state_.get()](context::fiber&& from) { return of->run(std::move(from)); });
}

fiber::~fiber() {
  state_->ending = true;
  resume();
#ifdef CELLARD_EMULATED_TSAN
  __tsan_destroy_fiber(state_->inside_races);
#endif
}

void fiber::resume() {
  state_->announce_inside();
  state_->inside = std::move(state_->inside).resume();
  state_->arrived_outside();
}

void fiber::pause() {
  state_->pause();
}

}  // namespace cellard::gpu::emulated
