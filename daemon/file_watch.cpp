// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace cellard::daemon {
namespace {

// An editor's write, chmod and rename come within milliseconds.
constexpr std::chrono::milliseconds settle_time{100};

}  // namespace

file_watch::file_watch(boost::asio::io_context& context, int descriptor, std::string name,
                       std::function<void()> changed)
  : events_(context, descriptor),
    settle_(context),
    name_(std::move(name)),
    changed_(std::move(changed)) {
}

core::result<std::shared_ptr<file_watch>> file_watch::start(boost::asio::io_context& context,
                                                            const std::filesystem::path& file,
                                                            std::function<void()> changed) {
  const auto directory = std::filesystem::absolute(file).parent_path();
  const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0
      || inotify_add_watch(descriptor, directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR)
           < 0) {
    const std::string why = std::strerror(errno);
    if (descriptor >= 0) {
      close(descriptor);
    }
    return core::fail(core::errc::io_error, "cannot watch {} for changes: {}", directory.string(),
                      why);
  }
  std::shared_ptr<file_watch> made(
    new file_watch(context, descriptor, file.filename().string(), std::move(changed)));
  made->wait();
  return made;
}

void file_watch::stop() {
  events_.cancel();
  settle_.cancel();
}

void file_watch::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& failed) {
                       if (!failed) {
                         self->read_events();
                         self->wait();
                       }
                     });
}

void file_watch::read_events() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  bool ours = false;
  for (ssize_t got = 0; (got = read(events_.native_handle(), buffer.data(), buffer.size())) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      // An overflow says that something was lost: it may have been ours.
      ours = ours || (event->mask & IN_Q_OVERFLOW) != 0 || (event->len > 0 && name_ == event->name);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  if (ours) {
    settle_.expires_after(settle_time);
    settle_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
      if (!failed) {
        self->changed_();
      }
    });
  }
}

}  // namespace cellard::daemon
