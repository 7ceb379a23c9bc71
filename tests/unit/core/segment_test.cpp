// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/segment.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

using cellard::core::errc;
using cellard::core::huge_pages;
using cellard::core::segment;
using cellard::core::segment_calls;

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

std::ptrdiff_t mappings_of_cellard() {
  std::ifstream maps("/proc/self/maps");
  std::ptrdiff_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    found += line.find("memfd:cellard:") == std::string::npos ? 0 : 1;
  }
  return found;
}

mode_t mode_of(int descriptor) {
  struct stat facts {};
  BOOST_TEST_REQUIRE(fstat(descriptor, &facts) == 0);
  return facts.st_mode & 07777U;
}

std::uint64_t allocated_bytes(const segment& memory) {
  struct stat facts {};
  BOOST_TEST_REQUIRE(fstat(memory.descriptor(), &facts) == 0);
  return static_cast<std::uint64_t>(facts.st_blocks) * 512;
}

/// The kernel's calls, of which the one with number `failing` sets `number` instead.
class faulty_calls : public segment_calls {
public:
  faulty_calls(int failing, int number) : left_(failing), number_(number) {}

  int memfd_create(const char* name, unsigned flags) override {
    return fails() ? -1 : segment_calls::memfd_create(name, flags);
  }
  int ftruncate(int descriptor, std::int64_t bytes) override {
    return fails() ? -1 : segment_calls::ftruncate(descriptor, bytes);
  }
  int add_seals(int descriptor, int seals) override {
    return fails() ? -1 : segment_calls::add_seals(descriptor, seals);
  }
  int fchmod(int descriptor, unsigned mode) override {
    return fails() ? -1 : segment_calls::fchmod(descriptor, mode);
  }
  int open(const char* path, int flags) override {
    return fails() ? -1 : segment_calls::open(path, flags);
  }
  void* map(int descriptor, std::size_t bytes) override {
    return fails() ? MAP_FAILED : segment_calls::map(descriptor, bytes);
  }
  int advise(void* address, std::size_t bytes, int advice) override {
    return fails() ? -1 : segment_calls::advise(address, bytes, advice);
  }

  [[nodiscard]] bool has_failed() const { return left_ < 0; }

private:
  bool fails() {
    if (left_-- == 0) {
      errno = number_;
      return true;
    }
    return false;
  }

  int left_;
  int number_;
};

/// A kernel without MADV_POPULATE_WRITE, or one that is interrupted first.
class moody_calls : public segment_calls {
public:
  moody_calls(int number, int times) : number_(number), times_(times) {}
  int advise(void* address, std::size_t bytes, int advice) override {
    if (advice == MADV_POPULATE_WRITE && times_-- > 0) {
      errno = number_;
      return -1;
    }
    return segment_calls::advise(address, bytes, advice);
  }

private:
  int number_;
  int times_;
};

std::shared_ptr<segment> made(std::uint64_t bytes = mebibyte) {
  auto memory = segment::create("test", bytes);
  BOOST_TEST_REQUIRE(memory.has_value());
  return *memory;
}

/// What opening /proc/self/fd/N for writing says in another user's process: 0, or an errno; -1 if
/// this process may not change its user.
int error_of_writer_with_uid(int descriptor, uid_t uid) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(uid) != 0) {
      _exit(255);
    }
    _exit(open(path.c_str(), O_RDWR | O_CLOEXEC) >= 0 ? 0 : errno);
  }
  int status = 0;
  BOOST_TEST_REQUIRE(waitpid(child, &status, 0) == child);
  BOOST_TEST_REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(segment_test)

BOOST_AUTO_TEST_CASE(a_new_segment_is_zero_and_nothing_is_populated) {
  const auto memory = made();
  BOOST_TEST(memory->bytes() == mebibyte);
  BOOST_TEST(memory->data().size() == mebibyte);
  BOOST_TEST(allocated_bytes(*memory) == 0U);
  const auto data = memory->data();
  BOOST_TEST(std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; }));
}

BOOST_AUTO_TEST_CASE(populate_allocates_that_range_only_and_keeps_its_bytes) {
  const auto memory = made();
  memory->data()[70'000] = std::byte{5};
  BOOST_TEST(memory->populate(65'536, 262'144).has_value());
  BOOST_TEST(allocated_bytes(*memory) == 262'144U - 65'536U);
  BOOST_TEST((memory->data()[70'000] == std::byte{5}));
  BOOST_TEST(memory->populate(300'000, 300'001).has_value());  // whole pages around it
  BOOST_TEST(allocated_bytes(*memory) == 262'144U - 65'536U + 4096U);
  BOOST_TEST(memory->populate(0, 0).has_value());
  BOOST_TEST((memory->populate(0, mebibyte + 1).error().code() == errc::invalid_argument));
  BOOST_TEST((memory->populate(2, 1).error().code() == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(populate_touches_pages_where_the_kernel_cannot) {
  moody_calls calls(EINVAL, 1);
  const auto memory = segment::create("test", mebibyte, huge_pages::never, calls);
  BOOST_TEST_REQUIRE(memory.has_value());
  (*memory)->data()[9000] = std::byte{5};
  BOOST_TEST((*memory)->populate(0, 65'536).has_value());
  BOOST_TEST(allocated_bytes(**memory) == 65'536U);
  BOOST_TEST(((*memory)->data()[9000] == std::byte{5}));
}

BOOST_AUTO_TEST_CASE(populate_goes_on_after_a_signal_and_reports_no_memory) {
  moody_calls interrupted(EINTR, 3);
  const auto memory = segment::create("test", mebibyte, huge_pages::never, interrupted);
  BOOST_TEST_REQUIRE(memory.has_value());
  BOOST_TEST((*memory)->populate(0, 65'536).has_value());
  BOOST_TEST(allocated_bytes(**memory) == 65'536U);
  moody_calls full(ENOMEM, 1);
  const auto other = segment::create("test", mebibyte, huge_pages::never, full);
  BOOST_TEST_REQUIRE(other.has_value());
  BOOST_TEST(((*other)->populate(0, 65'536).error().code() == errc::out_of_memory));
}

BOOST_AUTO_TEST_CASE(seals_and_mode_hold) {
  const auto memory = made();
  BOOST_TEST(fcntl(memory->descriptor(), F_GET_SEALS) == size_seals);
  BOOST_TEST(ftruncate(memory->descriptor(), 4096) == -1);
  BOOST_TEST(errno == EPERM);
  BOOST_TEST(ftruncate(memory->descriptor(), 2 * mebibyte) == -1);
  BOOST_TEST(errno == EPERM);
  BOOST_TEST(fcntl(memory->descriptor(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
  BOOST_TEST(mode_of(memory->descriptor()) == 0400U);
  BOOST_TEST(mode_of(memory->read_only_descriptor()) == 0400U);
  for (const int descriptor : {memory->descriptor(), memory->read_only_descriptor()}) {
    BOOST_TEST((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
}

BOOST_AUTO_TEST_CASE(the_read_only_descriptor_cannot_be_mapped_writable) {
  const auto memory = made();
  memory->data()[3] = std::byte{7};
  void* writable =
    mmap(nullptr, mebibyte, PROT_READ | PROT_WRITE, MAP_SHARED, memory->read_only_descriptor(), 0);
  BOOST_TEST((writable == MAP_FAILED));
  BOOST_TEST(errno == EACCES);
  void* readable =
    mmap(nullptr, mebibyte, PROT_READ, MAP_SHARED, memory->read_only_descriptor(), 0);
  BOOST_TEST_REQUIRE((readable != MAP_FAILED));
  BOOST_TEST((static_cast<const std::byte*>(readable)[3] == std::byte{7}));
  BOOST_TEST(mprotect(readable, mebibyte, PROT_READ | PROT_WRITE) == -1);
  BOOST_TEST(write(memory->read_only_descriptor(), "x", 1) == -1);
  munmap(readable, mebibyte);
}

BOOST_AUTO_TEST_CASE(nobody_but_root_can_open_it_again_for_writing) {
  const auto memory = made();
  const auto staging = segment::create_staging(mebibyte);
  BOOST_TEST_REQUIRE(staging.has_value());
  constexpr uid_t nobody = 65534;
  const uid_t other = geteuid() == 0 ? nobody : geteuid();
  for (const int descriptor : {memory->descriptor(), memory->read_only_descriptor()}) {
    const int said = error_of_writer_with_uid(descriptor, other);
    BOOST_WARN_MESSAGE(said >= 0, "NOT TESTED: this process is root and may not become nobody");
    BOOST_TEST((said == EACCES || said == -1));
  }
  if (geteuid() == 0) {
    BOOST_TEST_MESSAGE("root itself can open a 0400 memfd for writing (decisions.md I2)");
    BOOST_TEST(error_of_writer_with_uid((*staging)->descriptor(), nobody) != 0);
  }
}

BOOST_AUTO_TEST_CASE(it_is_left_out_of_core_dumps) {
  const auto memory = made(3 * mebibyte);
  std::ostringstream begin;
  begin << std::hex << reinterpret_cast<std::uintptr_t>(memory->data().data()) << '-';
  std::ifstream maps("/proc/self/smaps");
  bool found = false;
  std::string flags;
  for (std::string line; std::getline(maps, line);) {
    found = found || line.rfind(begin.str(), 0) == 0;
    if (found && line.rfind("VmFlags:", 0) == 0) {
      flags = line + ' ';
      break;
    }
  }
  BOOST_TEST(flags.find(" dd ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(staging_is_writable_through_its_descriptor_and_keeps_its_size) {
  const auto made_staging = segment::create_staging(mebibyte);
  BOOST_TEST_REQUIRE(made_staging.has_value());
  const segment& staging = **made_staging;
  BOOST_TEST(mode_of(staging.descriptor()) == 0600U);
  BOOST_TEST(staging.read_only_descriptor() == -1);
  BOOST_TEST(fcntl(staging.descriptor(), F_GET_SEALS) == size_seals);
  BOOST_TEST(ftruncate(staging.descriptor(), 0) == -1);
  void* client =
    mmap(nullptr, mebibyte, PROT_READ | PROT_WRITE, MAP_SHARED, staging.descriptor(), 0);
  BOOST_TEST_REQUIRE((client != MAP_FAILED));
  static_cast<std::byte*>(client)[9] = std::byte{4};
  BOOST_TEST((staging.data()[9] == std::byte{4}));
  munmap(client, mebibyte);
}

BOOST_AUTO_TEST_CASE(sizes_that_no_mapping_can_have_are_refused) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{4095}, std::uint64_t{1} << 62}) {
    const auto memory = segment::create("test", bytes);
    BOOST_TEST_REQUIRE(!memory.has_value());
    BOOST_TEST((memory.error().code() == errc::invalid_argument));
    BOOST_TEST(memory.error().context().find(std::to_string(bytes)) != std::string::npos);
  }
  const auto odd = segment::create("test", mebibyte, huge_pages::hugetlb);
  BOOST_TEST((odd.error().code() == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_and_a_wish_for_huge_pages_is_only_a_wish) {
  BOOST_TEST(segment::create(std::string(1000, 'n'), mebibyte).has_value());
  BOOST_TEST(segment::create("test", 4 * mebibyte, huge_pages::thp).has_value());
}

BOOST_AUTO_TEST_CASE(hugetlb_works_or_says_what_is_missing) {
  const auto memory = segment::create("test", 2 * mebibyte, huge_pages::hugetlb);
  if (memory) {
    BOOST_TEST((*memory)->populate(0, 2 * mebibyte).has_value());
    return;
  }
  BOOST_WARN_MESSAGE(false, "NOT TESTED: no huge pages are reserved here");
  BOOST_TEST((memory.error().code() == errc::out_of_memory));
  BOOST_TEST(memory.error().context().find("nr_hugepages") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failure_of_any_call_leaks_nothing_and_says_what_to_do) {
  struct fault {
    int number;
    errc code;
    const char* remedy;
  };
  constexpr std::array faults{fault{ENOMEM, errc::out_of_memory, "capacity"},
                              fault{ENOSPC, errc::out_of_memory, "capacity"},
                              fault{EMFILE, errc::out_of_descriptors, "LimitNOFILE"},
                              fault{ENFILE, errc::out_of_descriptors, "fs.file-max"},
                              fault{EIO, errc::io_error, "Input/output error"}};
  const auto descriptors = open_descriptors();
  for (const fault& each : faults) {
    int nth = 0;
    for (bool done = false; !done; ++nth) {
      faulty_calls calls(nth, each.number);
      auto memory = segment::create("test", mebibyte, huge_pages::never, calls);
      done = memory.has_value();
      BOOST_TEST_REQUIRE(done != calls.has_failed());
      if (!done) {
        BOOST_TEST((memory.error().code() == each.code));
        BOOST_TEST(memory.error().context().find("1048576 bytes") != std::string::npos);
        BOOST_TEST(memory.error().context().find(each.remedy) != std::string::npos);
      }
      memory = segment::create_staging(mebibyte, calls);
      memory = cellard::core::fail(errc::busy, "closed");
      BOOST_TEST(open_descriptors() == descriptors);
      BOOST_TEST(mappings_of_cellard() == 0);
    }
    BOOST_TEST(nth == 8);  // create, truncate, seal, chmod, map, dontdump, open; and none
  }
}

BOOST_AUTO_TEST_CASE(a_segment_is_adopted_with_its_bytes) {
  auto memory = made();
  memory->data()[500'000] = std::byte{9};
  const int stored = fcntl(memory->descriptor(), F_DUPFD_CLOEXEC, 0);
  memory.reset();
  BOOST_TEST(mappings_of_cellard() == 0);
  const auto adopted = segment::adopt(stored);
  BOOST_TEST_REQUIRE(adopted.has_value());
  BOOST_TEST((*adopted)->bytes() == mebibyte);
  BOOST_TEST(((*adopted)->data()[500'000] == std::byte{9}));
  BOOST_TEST((*adopted)->descriptor() == stored);
  BOOST_TEST((*adopted)->read_only_descriptor() >= 0);
}

BOOST_AUTO_TEST_CASE(foreign_descriptors_are_not_adopted_and_are_closed) {
  const auto memory = made();
  const auto staging = segment::create_staging(mebibyte);
  BOOST_TEST_REQUIRE(staging.has_value());
  const int unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  BOOST_TEST_REQUIRE(ftruncate(unsealed, 8192) == 0);
  const int odd = memfd_create("odd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  BOOST_TEST_REQUIRE(ftruncate(odd, 5000) == 0);
  BOOST_TEST_REQUIRE(fchmod(odd, 0400) == 0);
  BOOST_TEST_REQUIRE(fcntl(odd, F_ADD_SEALS, size_seals) == 0);
  for (const int descriptor : {unsealed, odd, open("/dev/null", O_RDWR | O_CLOEXEC),
                               fcntl((*staging)->descriptor(), F_DUPFD_CLOEXEC, 0),
                               fcntl(memory->read_only_descriptor(), F_DUPFD_CLOEXEC, 0)}) {
    BOOST_TEST_REQUIRE(descriptor >= 0);
    const auto adopted = segment::adopt(descriptor);
    BOOST_TEST_REQUIRE(!adopted.has_value());
    BOOST_TEST((adopted.error().code() == errc::invalid_argument));
    BOOST_TEST(fcntl(descriptor, F_GETFD) == -1);
  }
  BOOST_TEST((segment::adopt(-1).error().code() == errc::io_error));
}

BOOST_AUTO_TEST_CASE(a_failed_adoption_closes_the_descriptor) {
  const auto memory = made();
  const auto descriptors = open_descriptors();
  for (int nth = 0; nth < 3; ++nth) {
    faulty_calls calls(nth, nth == 0 ? ENOMEM : EMFILE);
    const auto adopted = segment::adopt(fcntl(memory->descriptor(), F_DUPFD_CLOEXEC, 0), calls);
    BOOST_TEST(!adopted.has_value());
    BOOST_TEST(open_descriptors() == descriptors);
  }
}

BOOST_AUTO_TEST_SUITE_END()
