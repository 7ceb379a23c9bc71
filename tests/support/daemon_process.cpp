// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/support/daemon_process.hpp"

#include <boost/test/framework.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace cellard::tests {
namespace {

std::string binary() {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  if (suite.argc < 2) {
    throw std::runtime_error("the path of the daemon is the test's first argument");
  }
  return suite.argv[1];
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

int pidfd_of(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

int milliseconds(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

}  // namespace

temp_folder::temp_folder() {
  std::string name = "/tmp/cellard-it-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr || ::chmod(name.c_str(), 0755) != 0) {
    throw std::runtime_error("cannot make a directory in /tmp");
  }
  path_ = name;
}

temp_folder::~temp_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int wait_for_child(pid_t pid, std::chrono::milliseconds deadline) {
  const int handle = pidfd_of(pid);
  pollfd entry{handle, POLLIN, 0};
  const int ready = ::poll(&entry, 1, milliseconds(deadline));
  ::close(handle);
  int status = 0;
  if (ready != 1 || ::waitpid(pid, &status, 0) != pid) {
    throw std::runtime_error("process " + std::to_string(pid) + " did not end in time");
  }
  return status;
}

daemon_process::daemon_process(const daemon_options& options) : options_(options) {
  notify_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_.file("notify");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::bind(notify_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind " + path);
  }
  write_config(options_.config);
  start();
}

daemon_process::~daemon_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(notify_);
}

pid_t daemon_process::spawn(const std::string& log_file) const {
  const std::string program = binary();
  const std::string notify = "NOTIFY_SOCKET=" + folder_.file("notify");
  std::vector<std::string> words{program, "--socket", socket(), "--config", config_file()};
  std::vector<char*> arguments;
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    environment.push_back(*each);
  }
  environment.push_back(const_cast<char*>(notify.c_str()));
  environment.push_back(nullptr);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (options_.descriptors != 0) {
      const rlimit limit{options_.descriptors, options_.descriptors};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    // Boost.Test catches signals; the daemon begins as from a shell.
    ::signal(SIGPIPE, SIG_DFL);
    ::execve(program.c_str(), arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(log);
  return child;
}

void daemon_process::start() {
  pid_ = spawn(folder_.file("log"));
  wait_notified("READY=1");
}

std::pair<int, std::string> daemon_process::start_rival() const {
  const std::string log_file = folder_.file("rival");
  const pid_t rival = spawn(log_file);
  const int status = wait_for_child(rival);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(log_file)};
}

void daemon_process::signal(int number) const {
  ::kill(pid_, number);
}

int daemon_process::wait() {
  int status = 0;
  try {
    status = wait_for_child(pid_);
  } catch (const std::exception& late) {
    throw std::runtime_error(late.what() + ("\n" + log()));
  }
  pid_ = -1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code != 0 && code != 128 + SIGKILL) {
    BOOST_TEST_MESSAGE(log());
  }
  return code;
}

int daemon_process::stop() {
  signal(SIGTERM);
  return wait();
}

void daemon_process::kill() {
  signal(SIGKILL);
  wait();
}

void daemon_process::write_config(const std::string& text) const {
  const std::string fresh = folder_.file("fresh.toml");
  std::ofstream(fresh) << text;
  std::filesystem::rename(fresh, config_file());
}

void daemon_process::wait_notified(const std::string& beginning) {
  const int handle = pidfd_of(pid_);
  std::array<pollfd, 2> entries{{{notify_, POLLIN, 0}, {handle, POLLIN, 0}}};
  std::array<char, 256> text{};
  bool found = false;
  while (!found && ::poll(entries.data(), entries.size(), milliseconds(patience)) > 0
         && entries[0].revents != 0) {
    const auto got = ::recv(notify_, text.data(), text.size(), 0);
    found =
      got > 0 && std::string(text.data(), static_cast<std::size_t>(got)).starts_with(beginning);
  }
  ::close(handle);
  if (!found) {
    throw std::runtime_error("the daemon did not say " + beginning + "\n" + log());
  }
}

std::size_t daemon_process::descriptors() const {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::string daemon_process::log() const {
  return text_of(folder_.file("log"));
}

}  // namespace cellard::tests
