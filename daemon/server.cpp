// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/server.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <future>

namespace cellard::daemon {
namespace {

constexpr int accepts_per_turn = 64;

int open_spare() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/// A descriptor that becomes readable when the process ends; -1 where the kernel cannot.
int open_process(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

}  // namespace

server::server(caf::actor_system& system, io_pool& pool, std::vector<listener> listeners,
               actors::session_setup common)
  : system_(system),
    pool_(pool),
    common_(std::move(common)),
    spare_(open_spare()) {
  for (auto& each : listeners) {
    doors_.push_back(std::make_unique<door>(pool_.thread(0), std::move(each)));
  }
}

void server::start() {
  boost::asio::post(pool_.context(0), [self = shared_from_this()] {
    for (auto& each : self->doors_) {
      self->wait(*each);
    }
  });
}

void server::wait(door& at) {
  if (stopped_) {
    return;
  }
  at.waiter.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this(), &at](const boost::system::error_code& failed) {
                         if (!failed && !self->stopped_) {
                           self->accept_some(at);
                           self->wait(at);
                         }
                       });
}

void server::accept_some(door& at) {
  for (int i = 0; i < accepts_per_turn; ++i) {
    const int socket =
      accept4(at.what.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      admit(at, socket);
      continue;
    }
    if ((errno == EMFILE || errno == ENFILE) && spare_ >= 0) {
      // Turn one client away instead of finding it at the door for ever.
      close(spare_);
      const int refused = accept4(at.what.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (refused >= 0) {
        close(refused);
      }
      spare_ = open_spare();
      common_.counters->sessions_refused.fetch_add(1, std::memory_order_relaxed);
      spdlog::warn("a client was turned away: the process has no descriptor left; raise "
                   "LimitNOFILE= or close clients");
    }
    return;
  }
}

actors::session_description server::describe(const door& at, int socket) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  actors::session_description who;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
    who.uid = peer.uid;
    who.pid = static_cast<std::uint32_t>(peer.pid);
  } else {
    who.uid = ~std::uint32_t{0};  // nobody
  }
  const auto& settings = at.what.settings();
  who.tenant = settings.tenant + ":" + std::to_string(who.uid);
  who.privileged = who.uid == 0 || who.uid == geteuid();
  // Root could open the memory for writing, whatever its mode says (decisions I2).
  who.shared_memory = who.uid != 0 || geteuid() == 0 || settings.allow_root;
  return who;
}

bool server::has_room(std::uint32_t uid) {
  const auto& limits = common_.settings->limits;
  return clients_ < limits.sessions && per_user_[uid] < limits.sessions_per_user;
}

void server::admit(door& at, int socket) {
  auto who = describe(at, socket);
  if (!has_room(who.uid)) {
    common_.counters->sessions_refused.fetch_add(1, std::memory_order_relaxed);
    close(socket);
    return;
  }
  ++clients_;
  ++per_user_[who.uid];
  who.id = next_id_++;
  common_.counters->sessions.fetch_add(1, std::memory_order_relaxed);
  common_.counters->sessions_opened.fetch_add(1, std::memory_order_relaxed);
  const auto& limits = common_.settings->limits;
  io_thread& home = pool_.deal();
  auto made = std::make_shared<connection>(
    home, socket, open_process(static_cast<pid_t>(who.pid)),
    connection_limits{limits.frame_bytes, limits.requests_in_flight, limits.out_bytes},
    common_.counters);
  connections_[who.id] = made;
  auto setup = common_;
  setup.who = who;
  setup.sink = made;
  boost::asio::post(home.context(),
                    [self = shared_from_this(), made, setup = std::move(setup), who] {
                      auto ended = [self, who] {
                        boost::asio::post(self->pool_.context(0), [self, who] {
                          self->connections_.erase(who.id);
                          self->left(who.uid);
                        });
                      };
                      made->start(self->system_.spawn(actors::session, setup), std::move(ended));
                    });
}

void server::left(std::uint32_t uid) {
  --clients_;
  if (const auto user = per_user_.find(uid); user != per_user_.end() && --user->second == 0) {
    per_user_.erase(user);
  }
}

void server::apply(config::snapshot fresh) {
  boost::asio::post(pool_.context(0), [self = shared_from_this(), fresh = std::move(fresh)] {
    if (!self->stopped_) {
      self->common_.settings = fresh;
    }
  });
}

void server::stop() {
  std::promise<void> done;
  boost::asio::post(pool_.context(0), [this, &done] {
    stopped_ = true;
    for (auto& each : doors_) {
      each->waiter.cancel();
    }
    for (auto& [id, each] : connections_) {
      if (const auto alive = each.lock()) {
        alive->shut_down();
      }
    }
    common_ = {};  // its handles would keep the actors' threads
    done.set_value();
  });
  done.get_future().wait();
  if (spare_ >= 0) {
    close(std::exchange(spare_, -1));
  }
}

}  // namespace cellard::daemon
