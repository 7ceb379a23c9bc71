// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The leading blocks of a chain that a get found: views of shared memory or of bytes read through
// the socket, what keeps them mapped, and the leases that keep the daemon from reusing their slots.
// Destroying it gives the leases back.
//
// A block_set may outlive its client and its connection. Views stay readable; `current` tells
// whether their bytes still count.
#pragma once

#include "client/src/coded.hpp"
#include "client/src/lease_home.hpp"
#include "client/src/segment_table.hpp"
#include "core/result.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace cellard::library {

struct block_view {
  const std::byte* data = nullptr;
  std::size_t length = 0;
  std::uint32_t codec = 0;
  std::uint32_t generation = 0;
  const protocol::slot_header* header = nullptr;  ///< null: private memory, which nobody takes back
  std::uint64_t checksum = 0;
  const coded_block* coded = nullptr;     ///< null: the bytes are raw
  std::optional<std::uint32_t> errors{};  ///< as the daemon told them, in the form of slot_header
};

class block_set {
public:
  explicit block_set(std::shared_ptr<lease_home> home) noexcept : home_(std::move(home)) {}
  block_set(const block_set&) = delete;
  block_set& operator=(const block_set&) = delete;
  ~block_set();

  void expect(std::size_t blocks) { views_.reserve(views_.size() + blocks); }
  void add(const segment& where, const protocol::place& place);
  void add(std::vector<std::byte> bytes, std::uint64_t checksum, std::uint32_t codec);
  /// The last one that was added is encoded and of this layout.
  void last_is_coded(const core::layout& shape);
  /// And the daemon told its errors.
  void last_errs(std::uint32_t errors) { views_.back().errors = errors; }
  void add_lease(std::uint64_t lease, std::uint64_t epoch);
  void truncate(std::size_t count) { views_.resize(count); }

  [[nodiscard]] const std::vector<block_view>& views() const noexcept { return views_; }

  /// False when the slot was given to another block, or is about to be.
  [[nodiscard]] bool current(std::size_t index) const noexcept;

  /// Raw bytes [offset, offset + out.size()) of a block, decoded where it is encoded. errc::gone
  /// when it was given to another block meanwhile, errc::corrupt, errc::invalid_argument
  core::result<core::ok_t> read(std::size_t index, std::uint64_t offset,
                                std::span<std::byte> out) const;

  /// How far a block's values are from those that were stored. As the daemon told it, else as the
  /// encoded bytes say themselves. errc::gone, errc::corrupt
  [[nodiscard]] core::result<measured_errors> errors(std::size_t index) const;

  /// errc::gone naming the first block that is not current.
  [[nodiscard]] core::result<core::ok_t> check() const;

  /// In a child of the process that got them, views are not mapped.
  [[nodiscard]] bool inherited() const noexcept { return home_->inherited(); }

private:
  std::shared_ptr<lease_home> home_;
  std::vector<block_view> views_;
  std::vector<std::shared_ptr<const mapping>> pins_;
  std::vector<std::vector<std::byte>> private_bytes_;
  std::vector<std::unique_ptr<coded_block>> coded_;
  std::vector<std::unique_ptr<lease_node>> leases_;
};

}  // namespace cellard::library
