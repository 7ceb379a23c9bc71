// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/growing_array.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace cellard::core {
namespace {

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

std::size_t rounded_up(std::size_t bytes, std::size_t unit) noexcept {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

growing_memory::growing_memory(std::size_t max_bytes) {
  if (max_bytes > std::numeric_limits<std::size_t>::max() - page_bytes()) {
    throw std::bad_alloc();
  }
  reserved_ = rounded_up(std::max(max_bytes, std::size_t{1}), page_bytes());
  void* address =
    mmap(nullptr, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw std::bad_alloc();
  }
  data_ = static_cast<std::byte*>(address);
}

growing_memory::growing_memory(growing_memory&& other) noexcept
  : data_(std::exchange(other.data_, nullptr)),
    reserved_(std::exchange(other.reserved_, 0)),
    accessible_(std::exchange(other.accessible_, 0)) {
}

growing_memory& growing_memory::operator=(growing_memory&& other) noexcept {
  if (this != &other) {
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    reserved_ = std::exchange(other.reserved_, 0);
    accessible_ = std::exchange(other.accessible_, 0);
  }
  return *this;
}

growing_memory::~growing_memory() {
  unmap();
}

bool growing_memory::make_accessible(std::size_t bytes) noexcept {
  if (bytes <= accessible_) {
    return true;
  }
  if (bytes > reserved_) {
    return false;
  }
  const std::size_t wanted = std::min(reserved_, rounded_up(bytes, step_bytes));
  if (mprotect(data_ + accessible_, wanted - accessible_, PROT_READ | PROT_WRITE) != 0) {
    return false;
  }
  accessible_ = wanted;
  return true;
}

void growing_memory::discard(std::size_t from, std::size_t to) noexcept {
  const std::size_t first_page = std::min(to, rounded_up(from, page_bytes()));
  std::memset(data_ + from, 0, first_page - from);
  if (first_page == to) {
    return;
  }
  // Up to the page's end: nothing behind `to` is in use. Should the kernel refuse, the bytes still
  // have to be zero.
  if (madvise(data_ + first_page, rounded_up(to, page_bytes()) - first_page, MADV_DONTNEED) != 0) {
    std::memset(data_ + first_page, 0, to - first_page);
  }
}

void growing_memory::unmap() noexcept {
  if (data_ != nullptr) {
    munmap(data_, reserved_);
  }
}

}  // namespace cellard::core
