// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Leased blocks as Python sees them; cellard/blocks.py is the user.
#pragma once

#include <memory>

#include "connection.hpp"
#include "view.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class lease {
public:
  explicit lease(std::shared_ptr<lease_handle> held) : held_(std::move(held)) {}

  [[nodiscard]] std::size_t size() const;
  /// (length in bytes, codec)
  [[nodiscard]] nanobind::tuple describe(std::size_t index) const;
  /// (error of K, error of V)
  [[nodiscard]] nanobind::tuple errors(std::size_t index) const;
  [[nodiscard]] nanobind::object view(std::size_t index, const part& wanted, flavour kind) const;
  /// The same of an encoded block: an array of its own, decoded without the GIL.
  [[nodiscard]] nanobind::object decoded(std::size_t index, const part& wanted, flavour kind) const;
  void check() const;

  /// Lets go. The lease ends with the last view, because the C library ends lease and mapping
  /// together.
  void release() noexcept { held_.drop(); }

private:
  [[nodiscard]] std::shared_ptr<lease_handle> use() const;

  slot<lease_handle> held_;
};

void bind_lease(nanobind::module_& module);

}  // namespace cellard::python
