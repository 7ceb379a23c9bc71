// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cellard::core {
namespace {

constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr unsigned segment_mode = 0400;
constexpr unsigned staging_mode = 0600;
constexpr std::size_t max_name_bytes = 200;  // memfd_create allows 249
constexpr std::uint64_t max_bytes = std::uint64_t{1} << 46;

/// The error of a call that has just set errno.
tl::unexpected<error> failed(std::string_view call, std::uint64_t bytes) {
  const int number = errno;
  switch (number) {
  case ENOMEM:
  case ENOSPC:
    return fail(
      errc::out_of_memory,
      "{} for a segment of {} bytes: the kernel gave no memory; lower `capacity`, or raise "
      "the memory limit of the service (for hugetlb: vm.nr_hugepages)",
      call, bytes);
  case EMFILE:
  case ENFILE:
    return fail(errc::out_of_descriptors,
                "{} for a segment of {} bytes: no descriptor is left; raise LimitNOFILE of the "
                "service{}",
                call, bytes, number == ENFILE ? " and fs.file-max" : "");
  default:
    return fail(errc::io_error, "{} for a segment of {} bytes: {}", call, bytes,
                std::generic_category().message(number));
  }
}

result<ok_t> check_size(std::uint64_t bytes, huge_pages pages) {
  const std::uint64_t unit =
    pages == huge_pages::hugetlb ? segment::huge_page_bytes : segment::page_bytes;
  if (bytes == 0 || bytes > max_bytes || bytes % unit != 0) {
    return fail(errc::invalid_argument,
                "a segment of {} bytes: the size has to be a multiple of {}, from {} to {}", bytes,
                unit, unit, max_bytes);
  }
  return ok_t{};
}

/// For kernels before 5.14: writes to a page what it holds.
void touch(std::byte* from, std::uint64_t bytes) noexcept {
  for (std::uint64_t at = 0; at < bytes; at += segment::page_bytes) {
    volatile std::byte* byte = from + at;
    *byte = *byte;
  }
}

}  // namespace

result<std::shared_ptr<segment>> segment::create(std::string_view name, std::uint64_t bytes,
                                                 huge_pages pages, segment_calls& calls) {
  auto made = make(fmt::format("cellard:{}", name.substr(0, max_name_bytes)), bytes, pages,
                   segment_mode, calls);
  if (made) {
    CELLARD_TRY((*made)->open_read_only());
  }
  return made;
}

result<std::shared_ptr<segment>> segment::create_staging(std::uint64_t bytes,
                                                         segment_calls& calls) {
  return make("cellard:staging", bytes, huge_pages::never, staging_mode, calls);
}

result<std::shared_ptr<segment>> segment::adopt(int descriptor, segment_calls& calls) {
  std::shared_ptr<segment> adopted(new segment(calls));
  adopted->descriptor_ = descriptor;
  CELLARD_TRY(adopted->check_adopted());
  CELLARD_TRY(adopted->open_read_only());
  return adopted;
}

segment::~segment() {
  if (data_ != nullptr) {
    calls_.unmap(data_, bytes_);
  }
  for (const int descriptor : {read_only_descriptor_, descriptor_}) {
    if (descriptor >= 0) {
      calls_.close(descriptor);
    }
  }
}

result<ok_t> segment::populate(std::uint64_t from, std::uint64_t to) {
  if (from > to || to > bytes_) {
    return fail(errc::invalid_argument, "populate {} to {} of a segment of {} bytes", from, to,
                bytes_);
  }
  const std::uint64_t begin = from / page_bytes * page_bytes;
  const std::uint64_t length = (to - begin + page_bytes - 1) / page_bytes * page_bytes;
  while (length > 0 && calls_.advise(data_ + begin, length, MADV_POPULATE_WRITE) != 0) {
    if (errno == EINVAL) {
      touch(data_ + begin, length);
      break;
    }
    if (errno != EINTR && errno != EAGAIN) {
      return failed("madvise(MADV_POPULATE_WRITE)", bytes_);
    }
  }
  return ok_t{};
}

// From here on an early return closes and unmaps what was made so far, by the destructor.
result<std::shared_ptr<segment>> segment::make(const std::string& name, std::uint64_t bytes,
                                               huge_pages pages, unsigned mode,
                                               segment_calls& calls) {
  CELLARD_TRY(check_size(bytes, pages));
  std::shared_ptr<segment> made(new segment(calls));
  CELLARD_TRY(made->make_file(name, bytes, pages == huge_pages::hugetlb, mode));
  CELLARD_TRY(made->map(bytes));
  if (pages == huge_pages::thp) {
    calls.advise(made->data_, bytes, MADV_HUGEPAGE);  // a wish: a kernel without it is no error
  }
  return made;
}

result<ok_t> segment::make_file(const std::string& name, std::uint64_t bytes, bool huge,
                                unsigned mode) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (huge ? MFD_HUGETLB : 0U);
  descriptor_ = calls_.memfd_create(name.c_str(), flags);
  if (descriptor_ < 0) {
    return failed("memfd_create", bytes);
  }
  if (calls_.ftruncate(descriptor_, static_cast<std::int64_t>(bytes)) != 0) {
    return failed("ftruncate", bytes);
  }
  if (calls_.add_seals(descriptor_, size_seals) != 0) {
    return failed("fcntl(F_ADD_SEALS)", bytes);
  }
  // A memfd's mode is 0777: without this any user who gets a read-only descriptor could open it
  // again for writing.
  if (calls_.fchmod(descriptor_, mode) != 0) {
    return failed("fchmod", bytes);
  }
  return ok_t{};
}

result<ok_t> segment::check_adopted() {
  struct stat facts {};
  if (fstat(descriptor_, &facts) != 0) {
    return failed("fstat", 0);
  }
  const auto bytes = static_cast<std::uint64_t>(facts.st_size);
  const int seals = fcntl(descriptor_, F_GET_SEALS);
  if (seals < 0 || (seals & size_seals) != size_seals) {
    return fail(errc::invalid_argument,
                "a stored descriptor of {} bytes is no memfd with all size seals; it is dropped",
                bytes);
  }
  if ((facts.st_mode & 07777U) != segment_mode || facts.st_uid != geteuid()) {
    return fail(errc::invalid_argument,
                "a stored segment of {} bytes has mode {:o} and owner {}, not {:o} and {}; it is "
                "dropped",
                bytes, facts.st_mode & 07777U, facts.st_uid, segment_mode, geteuid());
  }
  if ((fcntl(descriptor_, F_GETFL) & O_ACCMODE) != O_RDWR) {
    return fail(errc::invalid_argument,
                "a stored segment of {} bytes is open for reading only; it is dropped", bytes);
  }
  CELLARD_TRY(check_size(bytes, huge_pages::never));
  return map(bytes);
}

result<ok_t> segment::open_read_only() {
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor_);
  read_only_descriptor_ = calls_.open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (read_only_descriptor_ < 0) {
    return failed("opening it again for reading", bytes_);
  }
  return ok_t{};
}

result<ok_t> segment::map(std::uint64_t bytes) {
  void* address = calls_.map(descriptor_, bytes);
  if (address == MAP_FAILED) {
    return failed("mmap", bytes);
  }
  data_ = static_cast<std::byte*>(address);
  bytes_ = bytes;
  if (calls_.advise(data_, bytes, MADV_DONTDUMP) != 0) {
    return failed("madvise(MADV_DONTDUMP)", bytes);
  }
  return ok_t{};
}

int segment_calls::memfd_create(const char* name, unsigned flags) {
  return ::memfd_create(name, flags);
}
int segment_calls::ftruncate(int descriptor, std::int64_t bytes) {
  return ::ftruncate(descriptor, bytes);
}
int segment_calls::add_seals(int descriptor, int seals) {
  return ::fcntl(descriptor, F_ADD_SEALS, seals);
}
int segment_calls::fchmod(int descriptor, unsigned mode) {
  return ::fchmod(descriptor, mode);
}
int segment_calls::open(const char* path, int flags) {
  return ::open(path, flags);
}
int segment_calls::close(int descriptor) {
  return ::close(descriptor);
}
void* segment_calls::map(int descriptor, std::size_t bytes) {
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
}
int segment_calls::unmap(void* address, std::size_t bytes) {
  return ::munmap(address, bytes);
}
int segment_calls::advise(void* address, std::size_t bytes, int advice) {
  return ::madvise(address, bytes, advice);
}

segment_calls& segment_calls::kernel() noexcept {
  static segment_calls calls;
  return calls;
}

}  // namespace cellard::core
