// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One sealed memfd and this process's mapping of it (decisions.md E1, E2, operations.md 3). Two
// kinds: a segment of an arena, which clients map read-only (mode 0400, a descriptor opened
// O_RDONLY); and staging, which its session writes (mode 0600, the descriptor is sent as it is).
// Both are sealed against shrinking and growing, so nobody can give the daemon a SIGBUS. Neither is
// in core dumps.
//
// Owned through shared_ptr: the arena, workers that copy into it and sessions that send
// descriptors; the last one unmaps and closes. Everything is const after creation, so any thread
// may call anything; who may write which bytes is the owner's business. Offsets and sizes are
// bytes. Errors: out_of_memory, out_of_descriptors, invalid_argument, io_error, each with the size
// and a remedy.
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cellard::core {

/// The pages behind a segment; `thp` is a wish (see shmem_enabled), `hugetlb` needs reserved pages
/// and a size that they divide.
enum class huge_pages : std::uint8_t { never, thp, hugetlb };

/// The system calls that a segment makes, as their manual pages say (-1 and errno). An object, so
/// that tests can make the Nth one fail; it has to outlive the segments that were made with it.
/// Thread-safe.
class segment_calls {
public:
  segment_calls() = default;
  segment_calls(const segment_calls&) = delete;
  segment_calls& operator=(const segment_calls&) = delete;
  virtual ~segment_calls() = default;

  virtual int memfd_create(const char* name, unsigned flags);
  virtual int ftruncate(int descriptor, std::int64_t bytes);
  virtual int add_seals(int descriptor, int seals);
  virtual int fchmod(int descriptor, unsigned mode);
  virtual int open(const char* path, int flags);
  virtual int close(int descriptor);
  /// Shared, readable and writable, the whole file. MAP_FAILED on error.
  virtual void* map(int descriptor, std::size_t bytes);
  virtual int unmap(void* address, std::size_t bytes);
  virtual int advise(void* address, std::size_t bytes, int advice);

  /// The kernel's.
  static segment_calls& kernel() noexcept;
};

class segment {
public:
  /// Page size of the mapping unit; sizes are multiples of it.
  static constexpr std::uint64_t page_bytes = 4096;
  static constexpr std::uint64_t huge_page_bytes = std::uint64_t{2} << 20;

  /// A segment of an arena: zero bytes, nothing populated. `name` is for /proc (at most 200 bytes
  /// are used).
  static result<std::shared_ptr<segment>> create(std::string_view name, std::uint64_t bytes,
                                                 huge_pages pages = huge_pages::never,
                                                 segment_calls& calls = segment_calls::kernel());

  /// Memory that a session writes and the daemon reads. It has no read-only descriptor.
  static result<std::shared_ptr<segment>>
  create_staging(std::uint64_t bytes, segment_calls& calls = segment_calls::kernel());

  /// A segment from before a restart. Takes the descriptor over and closes it also on failure.
  /// Refused (invalid_argument) unless it is a memfd of ours: all three seals, mode 0400, this
  /// user's, opened for reading and writing, whole pages.
  static result<std::shared_ptr<segment>> adopt(int descriptor,
                                                segment_calls& calls = segment_calls::kernel());

  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;
  ~segment();

  /// Gives [from, to) its pages, so that no later write waits for the kernel to clear one. Runs at
  /// about 2 GB/s: for a worker, never for an I/O thread. Contents stay as they are.
  /// @pre nobody writes to the range meanwhile; from <= to <= bytes()
  result<ok_t> populate(std::uint64_t from, std::uint64_t to);

  /// All of it; outlives no segment. Nothing in it may be trusted if it is staging: the client
  /// writes at any time.
  [[nodiscard]] std::span<std::byte> data() const noexcept { return {data_, bytes_}; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// Readable and writable: for the service manager's store, or for the client if this is staging.
  /// The segment keeps it.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// For clients; it cannot be mapped writable. -1 for staging. The segment keeps it.
  [[nodiscard]] int read_only_descriptor() const noexcept { return read_only_descriptor_; }

private:
  explicit segment(segment_calls& calls) noexcept : calls_(calls) {}

  static result<std::shared_ptr<segment>> make(const std::string& name, std::uint64_t bytes,
                                               huge_pages pages, unsigned mode,
                                               segment_calls& calls);
  result<ok_t> make_file(const std::string& name, std::uint64_t bytes, bool huge, unsigned mode);
  result<ok_t> check_adopted();
  result<ok_t> open_read_only();
  result<ok_t> map(std::uint64_t bytes);

  segment_calls& calls_;
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
  int descriptor_ = -1;
  int read_only_descriptor_ = -1;
};

}  // namespace cellard::core
