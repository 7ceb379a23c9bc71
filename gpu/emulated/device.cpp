// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/emulated/device.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace cellard::gpu::emulated {
namespace {

constexpr std::align_val_t alignment{256};
constexpr std::byte poison{0xcb};

const char* name_of(schedule order) noexcept {
  switch (order) {
  case schedule::descending:
    return "emulated descending";
  case schedule::random:
    return "emulated random";
  default:
    return "emulated ascending";
  }
}

}  // namespace

device::device(const policy& how, std::uint64_t failing)
  : how_(how),
    name_(name_of(how.order)),
    failing_(failing) {
}

core::result<std::unique_ptr<gpu::stream>> device::open() {
  if (next_fails()) {
    return core::fail(core::errc::io_error, "{}: no stream", name_);
  }
  return std::unique_ptr<gpu::stream>(std::make_unique<stream>(*this));
}

void stream::release::operator()(std::byte* data) const noexcept {
  ::operator delete(data, alignment);
}

stream::~stream() {
  static_cast<void>(wait());
}

core::result<std::byte*> stream::take(std::size_t slot, std::size_t bytes) {
  auto& at = memory_.at(slot);
  at.reset();
  if (of_.next_fails()) {
    return core::fail(core::errc::out_of_memory, "{}: no memory for {} bytes", of_.name(), bytes);
  }
  at.reset(static_cast<std::byte*>(::operator new(bytes, alignment)));
  std::fill_n(at.get(), bytes, poison);
  return at.get();
}

void stream::copy(void* to, const void* from, std::size_t bytes) {
  queue([=] { std::memcpy(to, from, bytes); });
}

void stream::zero(void* to, std::size_t bytes) {
  queue([=] { std::memset(to, 0, bytes); });
}

void stream::queue(std::function<void()> work) {
  queued_.push_back(std::move(work));
}

core::result<core::ok_t> stream::wait() {
  for (const auto& work : std::exchange(queued_, {})) {
    broken_ = broken_ || of_.next_fails();
    if (!broken_) {
      work();
    }
  }
  if (broken_) {
    return core::fail(core::errc::io_error, "{}: the device has failed", of_.name());
  }
  return core::ok_t{};
}

}  // namespace cellard::gpu::emulated
