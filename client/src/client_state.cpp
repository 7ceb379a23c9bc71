// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/client_state.hpp"

#include "client/src/space_state.hpp"

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

namespace {

bool lock_until(std::unique_lock<std::timed_mutex>& mutex, const deadline& until) {
  if (mutex.try_lock()) {
    return true;
  }
  until.waited();
#if defined(__SANITIZE_THREAD__)
  // g++ 12's thread sanitizer does not know pthread_mutex_clocklock, and would see no lock at all.
  return mutex.try_lock_until(std::chrono::system_clock::now() + until.left());
#else
  return mutex.try_lock_until(until.at());
#endif
}

}  // namespace

session::~session() {
  if (owner_ != nullptr) {
    owner_->settle();
  }
}

connection& session::operator*() const noexcept {
  return *owner_->connection_;
}

client_state::client_state(endpoint where, bool lazy)
  : where_(std::move(where)),
    lazy_(lazy),
    backoff_(backoff::seed_of(this)) {
}

core::result<ok_t> client_state::usable() const {
  CELLARD_TRY(owned());
  if (closed_.load(std::memory_order_acquire)) {
    return fail(errc::not_open, "the client of this handle was closed");
  }
  return ok_t{};
}

core::result<std::unique_lock<std::timed_mutex>> client_state::lock(const deadline& until) {
  CELLARD_TRY(usable());
  std::unique_lock held{mutex_, std::defer_lock};
  if (!lock_until(held, until)) {
    return fail(errc::timed_out, "another thread's call on this client did not end in time; give "
                                 "threads that must not wait a client of their own");
  }
  CELLARD_TRY(usable());
  if (connection_ != nullptr && connection_->hung_up(until.now())) {
    static_cast<void>(connection_->lose({errc::unavailable, "the daemon closed the connection"}));
    settle();
  }
  return held;
}

core::result<session> client_state::enter(const deadline& until) {
  auto held = lock(until);
  CELLARD_TRY(held);
  if (connection_ == nullptr) {
    CELLARD_TRY(connect(until));
  }
  connection_->collect(returned_);
  return session{*this, std::move(*held)};
}

core::result<session> client_state::enter_connected(const deadline& until) {
  auto held = lock(until);
  CELLARD_TRY(held);
  if (connection_ == nullptr) {
    return fail(errc::unavailable, "the connection is lost, and with it what was held there");
  }
  connection_->collect(returned_);
  return session{*this, std::move(*held)};
}

core::result<session> client_state::enter(const space_state& space, const deadline& until) {
  auto entered = enter(until);
  CELLARD_TRY(entered);
  CELLARD_TRY(space.open_on(**entered, until));
  return entered;
}

core::result<ok_t> client_state::connect(const deadline& until) {
  const auto now = deadline::clock::now();
  if (!backoff_.due(now)) {
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(backoff_.next() - now);
    return fail(errc::unavailable, "no daemon at {}; the next attempt is due in {} ms",
                where_.sockets.front(), pause.count());
  }
  auto made = connection::establish(where_.sockets, where_.client_name, epoch_ + 1, until);
  if (!made) {
    backoff_.failed(deadline::clock::now());
    return tl::unexpected<core::error>(std::move(made).error());
  }
  connection_ = std::move(*made);
  ++epoch_;
  return ok_t{};
}

/// At the end of each session: a lost connection goes, and how it went decides when the next
/// attempt is due.
void client_state::settle() noexcept {
  if (connection_ == nullptr) {
    return;
  }
  const bool healthy = connection_->answered() && !connection_->slow();
  if (healthy) {
    backoff_.succeeded();
  }
  if (connection_->lost()) {
    if (!healthy) {
      backoff_.failed(deadline::clock::now());
    }
    leases_lost_ += connection_->leases_lost();
    connection_ = nullptr;
  }
}

void client_state::close() {
  if (inherited()) {
    // The parent's threads may have been anywhere: nothing is touched but this process's copy of
    // the socket.
    if (auto* parents = connection_.release(); parents != nullptr) {
      parents->close_socket();
    }
    return;
  }
  closed_.store(true, std::memory_order_release);
  const std::unique_lock lock{mutex_};
  connection_ = nullptr;
}

void client_state::give_back(std::unique_ptr<lease_node> node) noexcept {
  if (inherited()) {
    return;
  }
  returned_.push(std::move(node));
  if (returned_.waiting() < many_leases || closed_.load(std::memory_order_acquire)) {
    return;
  }
  try {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (lock.owns_lock() && connection_ != nullptr) {
      connection_->send_releases(returned_);
    }
  } catch (const std::bad_alloc&) {
    // They stay on the list, or their time runs out.
  }
}

core::result<client_facts> client_state::facts(const deadline& until) {
  client_facts found;
  if (disabled()) {
    return found;
  }
  if (auto entered = enter(until); entered) {
    found.connected = true;
    found.server = (*entered)->server();
  } else if (entered.error().code() != errc::unavailable) {
    return tl::unexpected<core::error>(std::move(entered).error());
  }
  const auto held = lock(until);
  CELLARD_TRY(held);
  found.leases_lost = leases_lost_ + (connection_ == nullptr ? 0 : connection_->leases_lost());
  found.reconnects = epoch_ == 0 ? 0 : epoch_ - 1;
  return found;
}

}  // namespace cellard::library
