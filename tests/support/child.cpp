// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/support/child.hpp"

#include "tests/support/daemon_process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace cellard::tests {

child::child(const std::function<void(const std::function<void()>&)>& life) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    throw std::runtime_error("pipe");
  }
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    int status = 0;
    try {
      life([&] { static_cast<void>(::write(ends[1], "x", 1) == 1); });
    } catch (const std::exception& problem) {
      std::fprintf(stderr, "child: %s\n", problem.what());
      status = 1;
    }
    std::fflush(nullptr);
    ::_exit(status);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

child::~child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pipe_);
}

void child::wait_reported() const {
  pollfd entry{pipe_, POLLIN, 0};
  char byte = 0;
  const std::chrono::milliseconds deadline = patience;
  if (::poll(&entry, 1, static_cast<int>(deadline.count())) != 1 || ::read(pipe_, &byte, 1) != 1) {
    throw std::runtime_error("the child did not get to where it should");
  }
}

void child::wait_stopped() const {
  int status = 0;
  if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) {
    throw std::runtime_error("the child did not stop");
  }
}

void child::signal(int number) const {
  ::kill(pid_, number);
}

void child::kill() {
  signal(SIGKILL);
  wait();
}

int child::wait() {
  const int status = wait_for_child(pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void sleep_until_killed() {
  for (;;) {
    ::pause();
  }
}

}  // namespace cellard::tests
