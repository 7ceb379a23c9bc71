// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/mapping.hpp"

#include "client/src/errno_text.hpp"
#include "client/src/fork_count.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace cellard::library {

using core::errc;
using core::fail;

core::result<std::shared_ptr<const mapping>> mapping::make(const descriptor& memfd,
                                                           std::uint64_t bytes, access mode) {
  struct stat facts {};
  if (::fstat(memfd.get(), &facts) != 0) {
    return fail(errc::io_error, "fstat of a memfd from the daemon: {}", errno_text());
  }
  if (bytes == 0 || static_cast<std::uint64_t>(facts.st_size) < bytes) {
    return fail(errc::bad_frame, "a memfd of the daemon has {} bytes, it announced {}",
                facts.st_size, bytes);
  }
  const int seals = ::fcntl(memfd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
    return fail(errc::bad_frame, "a descriptor of the daemon is no memfd sealed against shrinking");
  }
  const int protection = mode == access::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = ::mmap(nullptr, bytes, protection, MAP_SHARED, memfd.get(), 0);
  if (data == MAP_FAILED) {
    return fail(errc::out_of_memory, "mmap of {} bytes from the daemon: {}", bytes, errno_text());
  }
  // Neither call can fail in a way that matters more than the mapping does.
  ::madvise(data, bytes, MADV_DONTFORK);
  ::madvise(data, bytes, MADV_DONTDUMP);
  return std::make_shared<const mapping>(static_cast<std::byte*>(data), bytes);
}

mapping::mapping(std::byte* data, std::size_t size) noexcept
  : data_(data),
    size_(size),
    forks_(fork_count()) {
}

mapping::~mapping() {
  if (forks_ == fork_count()) {  // in a child something else may lie at this address
    ::munmap(data_, size_);
  }
}

}  // namespace cellard::library
