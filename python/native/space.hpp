// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A namespace as Python sees it; cellard/space.py is its user and has checked shapes and dtypes.
#pragma once

#include <memory>
#include <vector>

#include "array.hpp"
#include "connection.hpp"
#include "lease.hpp"
#include "stage.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class space {
public:
  explicit space(std::shared_ptr<slot<space_handle>> held) : held_(std::move(held)) {}

  [[nodiscard]] std::uint64_t block_bytes() const;
  /// The fields of Layout.of_c.
  [[nodiscard]] nanobind::dict layout() const;

  using finder = int (*)(cellard_space*, const cellard_key*, std::size_t, cellard_match*);
  /// (matched, ready, loading)
  [[nodiscard]] nanobind::tuple find(finder function, nanobind::handle keys) const;

  [[nodiscard]] std::unique_ptr<lease> get(nanobind::handle keys) const;
  /// Blocks that were copied into the arrays.
  std::size_t get_copy(nanobind::handle keys, const array& k, const array* v,
                       std::size_t tokens) const;

  /// As put_outcome::to_python.
  nanobind::tuple put(nanobind::handle keys, nanobind::handle parent, const array& k,
                      const array* v, std::size_t tokens) const;
  nanobind::tuple put_data(nanobind::handle keys, nanobind::handle parent,
                           const std::vector<const array*>& blocks) const;
  [[nodiscard]] std::unique_ptr<stage> reserve(nanobind::handle keys, nanobind::handle parent,
                                               const std::vector<std::uint64_t>& lengths) const;

  std::uint32_t remove(nanobind::handle keys) const;
  /// (removed, later)
  nanobind::tuple scrub(nanobind::handle keys) const;
  std::uint32_t pin(nanobind::handle keys, std::uint32_t for_ms) const;
  std::uint32_t unpin(nanobind::handle keys) const;
  /// (items, next cursor)
  [[nodiscard]] nanobind::tuple list(std::uint64_t cursor, std::size_t room) const;

  /// The namespace, or a ValueError after the cache was closed.
  [[nodiscard]] std::shared_ptr<space_handle> use() const;

private:
  std::shared_ptr<slot<space_handle>> held_;
};

void bind_space(nanobind::module_& module);

}  // namespace cellard::python
