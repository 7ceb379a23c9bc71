// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/block_set.hpp"

#include "client/src/copy_bytes.hpp"
#include "gpu/numbers.hpp"

#include <algorithm>
#include <atomic>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

block_set::~block_set() {
  for (auto& lease : leases_) {
    home_->give_back(std::move(lease));
  }
}

void block_set::add(const segment& where, const protocol::place& place) {
  if (std::find(pins_.rbegin(), pins_.rend(), where.bytes) == pins_.rend()) {
    pins_.push_back(where.bytes);
  }
  block_view& added = views_.emplace_back();
  added.data = where.data(place);
  added.length = place.length;
  added.codec = place.codec;
  added.generation = place.generation;
  added.header = where.header(place);
  added.checksum = place.checksum;
}

void block_set::add(std::vector<std::byte> bytes, std::uint64_t checksum, std::uint32_t codec) {
  views_.push_back({bytes.data(), bytes.size(), codec, 0, nullptr, checksum, nullptr});
  private_bytes_.push_back(std::move(bytes));  // a moved vector keeps its memory
}

void block_set::last_is_coded(const core::layout& shape) {
  block_view& last = views_.back();
  coded_.push_back(
    std::make_unique<coded_block>(shape, std::span<const std::byte>{last.data, last.length}));
  last.coded = coded_.back().get();
}

void block_set::add_lease(std::uint64_t lease, std::uint64_t epoch) {
  if (lease != 0) {
    leases_.push_back(std::make_unique<lease_node>(lease_node{lease, epoch, nullptr}));
  }
}

/// The fence orders the caller's reads of the bytes before the look at the generation
/// (slot_header.hpp).
bool block_set::current(std::size_t index) const noexcept {
  const auto& view = views_[index];
  if (view.header == nullptr) {
    return true;
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  return view.header->generation.load(std::memory_order_acquire) == view.generation
         && view.header->state.load(std::memory_order_acquire) == protocol::slot_state::committed;
}

core::result<ok_t> block_set::read(std::size_t index, std::uint64_t offset,
                                   std::span<std::byte> out) const {
  const auto& view = views_[index];
  core::result<ok_t> done = ok_t{};
  if (view.coded != nullptr) {
    done = view.coded->read(offset, out);
  } else if (offset > view.length || out.size() > view.length - offset) {
    done = fail(errc::invalid_argument, "{} bytes at {} of a block of {}", out.size(), offset,
                view.length);
  } else {
    copy_bytes(out.data(), view.data + offset, out.size());
  }
  // What was decoded from bytes that changed meanwhile may look like anything.
  if (!current(index)) {
    return fail(errc::gone, "block {} of {} was given to another key while it was read", index,
                views_.size());
  }
  return done;
}

core::result<measured_errors> block_set::errors(std::size_t index) const {
  const auto& view = views_[index];
  if (view.coded == nullptr) {
    return measured_errors{};
  }
  if (view.errors) {
    return measured_errors{gpu::f16_to_float(static_cast<std::uint16_t>(*view.errors)),
                           gpu::f16_to_float(static_cast<std::uint16_t>(*view.errors >> 16U))};
  }
  auto said = view.coded->errors();
  if (!current(index)) {
    return fail(errc::gone, "block {} of {} was given to another key", index, views_.size());
  }
  return said;
}

core::result<ok_t> block_set::check() const {
  for (std::size_t i = 0; i < views_.size(); ++i) {
    if (!current(i)) {
      return fail(errc::gone,
                  "block {} of {} was given to another key since it was got; treat "
                  "what was read as a miss",
                  i, views_.size());
    }
  }
  return ok_t{};
}

}  // namespace cellard::library
