// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace cellard::bench {
namespace {

void pin(int core) {
  if (core == any_core) {
    return;
  }
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<std::size_t>(core), &only);
  sched_setaffinity(0, sizeof only, &only);
}

bool ended_within(pid_t pid, int milliseconds) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) {
    return true;
  }
  pollfd entry{handle, POLLIN, 0};
  const int ready = ::poll(&entry, 1, milliseconds);
  ::close(handle);
  return ready == 1;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) {
    all.push_back(word.data());
  }
  all.push_back(nullptr);
  return all;
}

}  // namespace

int chosen_core() {
  if (const char* wanted = std::getenv("CELLARD_BENCH_CPU"); wanted != nullptr) {
    return std::atoi(wanted);
  }
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  int last = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<std::size_t>(core), &allowed)) {
      last = core;
    }
  }
  return last;
}

pinned::pinned(int core) {
  sched_getaffinity(0, sizeof before_, &before_);
  pin(core);
}

pinned::~pinned() {
  sched_setaffinity(0, sizeof before_, &before_);
}

child& child::operator=(child&& other) noexcept {
  end();
  pid_ = std::exchange(other.pid_, -1);
  return *this;
}

child child::execute(const std::vector<std::string>& words, int core, const std::string& log,
                     const std::vector<std::string>& environment) {
  auto arguments = words;
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    variables.emplace_back(*each);
  }
  variables.insert(variables.end(), environment.begin(), environment.end());
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    pin(core);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(output);
  if (pid < 0) {
    throw std::runtime_error("fork failed");
  }
  return child(pid);
}

child child::run(const std::function<void()>& what, int core) {
  std::cout.flush();
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw std::runtime_error("fork failed");
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(core);
    int status = 0;
    try {
      what();
    } catch (const std::exception& problem) {
      std::cerr << "bench: child: " << problem.what() << '\n';
      status = 1;
    }
    ::_exit(status);
  }
  return child(pid);
}

bool child::running() const {
  return pid_ > 0 && !ended_within(pid_, 0);
}

void child::wait(std::chrono::seconds at_most) {
  const auto milliseconds =
    static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(at_most).count());
  if (!ended_within(pid_, milliseconds)) {
    throw std::runtime_error("a child did not end in time");
  }
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (status != 0) {
    throw std::runtime_error("a child failed");
  }
}

void child::end() noexcept {
  if (pid_ <= 0) {
    return;
  }
  ::kill(pid_, SIGTERM);
  if (!ended_within(pid_, 1000)) {
    ::kill(pid_, SIGKILL);
  }
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

temporary_folder::temporary_folder() {
  std::string name = "/tmp/cellard-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a directory in /tmp");
  }
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cellard::bench
