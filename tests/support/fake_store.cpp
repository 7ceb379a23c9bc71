// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/support/fake_store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cellard::testing {
namespace {

constexpr std::uint64_t data_offset = protocol::segment_table_offset + 128 * fake_store::slots;

}  // namespace

sealed_memory::sealed_memory(std::size_t size, bool sealed)
  : descriptor_(::memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
    data_(nullptr),
    size_(size) {
  if (descriptor_ < 0 || ::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    throw std::runtime_error("memfd_create");
  }
  if (sealed) {
    ::fcntl(descriptor_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  }
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (data == MAP_FAILED) {
    throw std::bad_alloc{};
  }
  data_ = static_cast<std::byte*>(data);
}

sealed_memory::~sealed_memory() {
  ::munmap(data_, size_);
  ::close(descriptor_);
}

fake_store::fake_store(std::uint64_t block_bytes)
  : block_bytes_(block_bytes),
    memory_(data_offset + slots * block_bytes) {
}

protocol::slot_header& fake_store::header(std::uint32_t slot) const {
  auto* at = memory_.bytes().data() + protocol::segment_table_offset + 128 * slot;
  return *reinterpret_cast<protocol::slot_header*>(at);
}

void fake_store::put(const core::block_key& key, std::span<const std::byte> bytes) {
  const auto slot = next_++ % slots;
  std::erase_if(slot_of_, [&](const auto& entry) { return entry.second == slot; });
  auto& front = header(slot);
  front.state.store(protocol::slot_state::writing);
  front.generation.fetch_add(1);
  const auto offset = data_offset + slot * block_bytes_;
  std::memcpy(memory_.bytes().data() + offset, bytes.data(), bytes.size());
  front.state.store(protocol::slot_state::committed);
  slot_of_[key] = slot;
  places_[key] = {segment,
                  0,
                  static_cast<std::uint32_t>(bytes.size()),
                  offset,
                  front.generation.load(),
                  slot,
                  XXH3_64bits(bytes.data(), bytes.size())};
}

protocol::place fake_store::place(const core::block_key& key) const {
  return places_.at(key);
}

std::span<std::byte> fake_store::bytes(const core::block_key& key) const {
  const auto where = places_.at(key);
  return memory_.bytes().subspan(where.offset, where.length);
}

protocol::segment_info fake_store::info() const noexcept {
  return {segment, slots, memory_.bytes().size(), protocol::segment_table_offset};
}

void fake_store::recycle(const core::block_key& key) const {
  auto& front = header(slot_of_.at(key));
  front.state.store(protocol::slot_state::writing);
  front.generation.fetch_add(1);
}

}  // namespace cellard::testing
