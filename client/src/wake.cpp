// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/wake.hpp"

#include "client/src/errno_text.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <cerrno>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

namespace {

tl::unexpected<core::error> failure(const char* what) {
  const bool full = errno == EMFILE || errno == ENFILE;
  return fail(full ? errc::out_of_descriptors : errc::io_error, "{}: {}{}", what, errno_text(),
              full ? "; raise the limit of open files (ulimit -n)" : "");
}

}  // namespace

core::result<wake> wake::make() {
  wake made;
  made.epoll_ = descriptor{::epoll_create1(EPOLL_CLOEXEC)};
  made.timer_ = descriptor{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  made.event_ = descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!made.epoll_ || !made.timer_ || !made.event_) {
    return failure("epoll_create1, timerfd_create or eventfd");
  }
  CELLARD_TRY(made.add(made.timer_));
  CELLARD_TRY(made.add(made.event_));
  return made;
}

core::result<ok_t> wake::add(const descriptor& source) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source.get(), &event) != 0) {
    return failure("epoll_ctl");
  }
  return ok_t{};
}

core::result<ok_t> wake::watch(int socket, bool full) {
  if (watched_ == socket && watching_full_ == full) {
    return ok_t{};
  }
  epoll_event event{};
  event.events = EPOLLIN | (full ? +EPOLLOUT : 0U);
  const int what = watched_ == socket ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), what, socket, &event) != 0) {
    return failure("epoll_ctl");
  }
  watched_ = socket;
  watching_full_ = full;
  return ok_t{};
}

void wake::forget(int socket) noexcept {
  if (watched_ == socket) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    watched_ = -1;
  }
}

void wake::set_ready(bool ready) noexcept {
  if (ready == ready_) {
    return;
  }
  // Neither can fail: the counter is 0 before the write and 1 before the read.
  if (eventfd_t count = 0; ready) {
    ::eventfd_write(event_.get(), 1);
  } else {
    ::eventfd_read(event_.get(), &count);
  }
  ready_ = ready;
}

void wake::wake_at(std::optional<deadline::clock::time_point> moment) noexcept {
  const bool gone_off = set_for_ && *set_for_ <= deadline::clock::now();
  const bool late = moment && (!set_for_ || *moment < *set_for_);
  if (!gone_off && !late) {
    return;
  }
  itimerspec when{};
  if (moment) {
    const auto since = std::chrono::nanoseconds{moment->time_since_epoch()}.count();
    when.it_value = {static_cast<time_t>(since / 1'000'000'000),
                     static_cast<long>(since % 1'000'000'000)};
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  set_for_ = moment;
}

void wake::close() noexcept {
  epoll_.reset();
  timer_.reset();
  event_.reset();
}

}  // namespace cellard::library
