// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/block_file.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ctl/globals.hpp"

namespace cellard::ctl {
namespace {

struct close_file {
  void operator()(std::FILE* file) const noexcept {
    if (file != stdin && file != stdout) {
      std::fclose(file);
    }
  }
};
using open_file = std::unique_ptr<std::FILE, close_file>;

[[noreturn]] void fail_on(const std::string& what, const std::string& file) {
  throw refused("io_error", fmt::format("cannot {} {}: {}", what, file, std::strerror(errno)));
}

bool write_all(std::FILE* to, const void* bytes, std::size_t size) {
  return std::fwrite(bytes, 1, size, to) == size && std::fflush(to) == 0;
}

}  // namespace

std::vector<std::byte> read_block_file(const std::string& file) {
  const open_file in(file == "-" ? stdin : std::fopen(file.c_str(), "rbe"));
  if (in == nullptr) {
    fail_on("open", file);
  }
  std::vector<std::byte> bytes;
  std::size_t got = 0;
  do {
    constexpr std::size_t step = 1U << 20U;
    bytes.resize(bytes.size() + step);
    got = std::fread(bytes.data() + bytes.size() - step, 1, step, in.get());
    bytes.resize(bytes.size() - step + got);
  } while (got > 0);
  if (std::ferror(in.get()) != 0) {
    fail_on("read", file);
  }
  return bytes;
}

void write_block_file(const std::string& file, std::span<const std::byte> bytes) {
  const open_file out(file == "-" ? stdout : std::fopen(file.c_str(), "wbe"));
  if (out == nullptr) {
    fail_on("open", file);
  }
  if (!write_all(out.get(), bytes.data(), bytes.size())) {
    fail_on("write", file);
  }
}

void replace_file(const std::string& file, std::string_view text) {
  std::string name = file + ".XXXXXX";
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) {
    fail_on("make a file beside", file);
  }
  const open_file out(fdopen(descriptor, "wb"));
  if (out == nullptr || !write_all(out.get(), text.data(), text.size())
      || fchmod(descriptor, 0644) != 0 || std::rename(name.c_str(), file.c_str()) != 0) {
    const int why = errno;
    unlink(name.c_str());
    errno = why;
    fail_on("replace", file);
  }
}

}  // namespace cellard::ctl
