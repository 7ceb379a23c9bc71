// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/listener.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include <grp.h>

namespace cellard::daemon {
namespace {

using core::errc;
using core::fail;

constexpr int first_passed_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr int backlog = 1024;

std::string reason() {
  return std::strerror(errno);
}

/// Makes a directory for our socket, or checks that the one that is there is ours alone.
core::result<core::ok_t> make_directory(const std::filesystem::path& directory,
                                        bool must_be_private) {
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail(errc::io_error, "cannot make {}: {}", directory.string(), reason());
  }
  struct stat info {};
  if (lstat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(errc::io_error, "{} is not a directory", directory.string());
  }
  if (must_be_private) {
    if (info.st_uid != geteuid()) {
      return fail(errc::permission_denied, "{} belongs to uid {}; remove it or set XDG_RUNTIME_DIR",
                  directory.string(), info.st_uid);
    }
    if (chmod(directory.c_str(), 0700) != 0) {
      return fail(errc::io_error, "cannot make {} private: {}", directory.string(), reason());
    }
  }
  return core::ok_t{};
}

core::result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(errc::invalid_argument, "listener.path \"{}\" has {} bytes, allowed are 1 to {}",
                path, path.size(), sizeof address.sun_path - 1);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// The pid that listens on a live socket; 0 when the file is stale.
core::result<pid_t> owner_of(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) {
    return fail(errc::out_of_descriptors, "cannot make a socket: {}", reason());
  }
  pid_t owner = 0;
  if (connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
      || errno == EAGAIN) {
    ucred peer{};
    socklen_t size = sizeof peer;
    owner =
      getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 ? peer.pid : 1;
  }
  close(probe);
  return owner;
}

core::result<core::ok_t> set_access(const config::listener_settings& settings) {
  if (!settings.group.empty()) {
    const group* found = getgrnam(settings.group.c_str());
    if (found == nullptr) {
      return fail(errc::config_invalid, "listener.group \"{}\" does not exist", settings.group);
    }
    if (chown(settings.path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
      return fail(errc::io_error, "cannot give {} to group {}: {}", settings.path, settings.group,
                  reason());
    }
  }
  if (chmod(settings.path.c_str(), settings.mode.bits) != 0) {
    return fail(errc::io_error, "cannot set the mode of {}: {}", settings.path, reason());
  }
  return core::ok_t{};
}

/// Held for life, so that two daemons that start at once cannot both think the socket stale.
core::result<int> lock_path(const std::string& path) {
  const std::string file = path + ".lock";
  const int lock = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    return fail(errc::io_error, "cannot open {}: {}", file, reason());
  }
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(lock, 0) == 0 && pwrite(lock, pid.data(), pid.size(), 0) > 0) {
      return lock;
    }
  }
  std::array<char, 16> text{};
  const ssize_t got = pread(lock, text.data(), text.size() - 1, 0);
  close(lock);
  return fail(errc::exists, "{} belongs to a daemon that runs (pid {}); stop it or use --socket",
              path, got > 0 ? std::atoi(text.data()) : 0);
}

}  // namespace

listener::listener(int descriptor, config::listener_settings settings, int lock)
  : descriptor_(descriptor),
    lock_(lock),
    settings_(std::move(settings)) {
}

listener::listener(listener&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)),
    lock_(std::exchange(other.lock_, -1)),
    settings_(std::move(other.settings_)),
    owns_file_(std::exchange(other.owns_file_, false)) {
}

listener::~listener() {
  if (owns_file_) {
    unlink(settings_.path.c_str());
  }
  for (const int each : {descriptor_, lock_}) {
    if (each >= 0) {
      close(each);
    }
  }
}

core::result<std::string> default_socket_path() {
  if (const char* path = std::getenv("CELLARD_SOCKET"); path != nullptr && *path != '\0') {
    return std::string{path};
  }
  std::filesystem::path directory;
  bool must_be_private = false;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime != '\0') {
    directory = std::filesystem::path(runtime) / "cellard";
  } else if (geteuid() == 0) {
    directory = "/run/cellard";
  } else {
    directory = "/tmp/cellard-" + std::to_string(geteuid());
    must_be_private = true;
  }
  CELLARD_TRY(make_directory(directory, must_be_private));
  return (directory / "cellard.sock").string();
}

core::result<listener> listen_on(const config::listener_settings& settings) {
  auto address = address_of(settings.path);
  CELLARD_TRY(address);
  auto lock = lock_path(settings.path);
  CELLARD_TRY(lock);
  const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  listener made(descriptor, settings, *lock);
  if (descriptor < 0) {
    return fail(errc::out_of_descriptors, "cannot make a socket: {}", reason());
  }
  auto owner = owner_of(*address);
  CELLARD_TRY(owner);
  if (*owner != 0) {
    return fail(errc::exists, "{} belongs to a daemon that runs (pid {}); stop it or use --socket",
                settings.path, *owner);
  }
  unlink(settings.path.c_str());  // stale, or not there
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return fail(errc::io_error, "cannot bind {}: {}", settings.path, reason());
  }
  made.own_file();
  CELLARD_TRY(set_access(settings));
  if (listen(descriptor, backlog) != 0) {
    return fail(errc::io_error, "cannot listen on {}: {}", settings.path, reason());
  }
  return made;
}

core::result<std::vector<listener>>
passed_listeners(const std::vector<config::listener_settings>& known) {
  std::vector<listener> passed;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || std::atol(pid) != getpid()) {
    return passed;
  }
  const char* names = std::getenv("LISTEN_FDNAMES");
  std::istringstream each_name(names == nullptr ? "" : names);
  for (int i = 0; i < std::atoi(count); ++i) {
    std::string name;
    std::getline(each_name, name, ':');
    const int descriptor = first_passed_descriptor + i;
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
      return fail(errc::config_invalid,
                  "descriptor {} ({}) from the service manager is no SOCK_SEQPACKET socket; use "
                  "ListenSequentialPacket= in the socket unit",
                  descriptor, name);
    }
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    config::listener_settings settings;
    settings.path = "(passed)";
    settings.tenant = name;
    for (const auto& entry : known) {
      if (entry.tenant == name) {
        settings = entry;
      }
    }
    passed.emplace_back(descriptor, settings, -1);
  }
  return passed;
}

}  // namespace cellard::daemon
