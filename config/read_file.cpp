// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cellard::config {
namespace {

using core::errc;
using core::fail;
using core::result;

/// Closes on the way out.
class descriptor {
public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }

  [[nodiscard]] int get() const noexcept { return number_; }

private:
  int number_;
};

tl::unexpected<core::error> failed_call(const std::filesystem::path& path, std::string_view call) {
  return fail(errc::io_error, "{}: {}: {}", path.string(), call,
              std::generic_category().message(errno));
}

}  // namespace

result<std::string> read_file(const std::filesystem::path& path, std::size_t most_bytes) {
  // O_NONBLOCK: opening a FIFO without a writer must not hang.
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (file.get() < 0) {
    return failed_call(path, "open");
  }
  if (::fstat(file.get(), &about) != 0) {
    return failed_call(path, "fstat");
  }
  if (!S_ISREG(about.st_mode)) {
    return fail(errc::config_invalid, "{}: not a regular file", path.string());
  }
  // The size that fstat tells may be out of date by now: one byte more than allowed shows it.
  std::string text(most_bytes + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return failed_call(path, "read");
    }
    if (got == 0) {
      break;
    }
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

}  // namespace cellard::config
