// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reserved staging slots as Python sees them; cellard/stage.py is the user.
#pragma once

#include <memory>

#include "connection.hpp"
#include "view.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class stage {
public:
  explicit stage(std::shared_ptr<stage_handle> held) : held_(std::move(held)) {}

  [[nodiscard]] std::size_t size() const;
  /// (status, length in bytes); the length is 0 where nothing is to be written.
  [[nodiscard]] nanobind::tuple describe(std::size_t index) const;
  /// A writable view. Its memory stays, but what is written to it after commit or abort goes
  /// nowhere.
  [[nodiscard]] nanobind::object view(std::size_t index, const part& wanted, flavour kind) const;

  /// As put_outcome::to_python.
  nanobind::tuple commit();
  void abort() noexcept { held_.drop(); }

private:
  [[nodiscard]] std::shared_ptr<stage_handle> use() const;

  slot<stage_handle> held_;
};

void bind_stage(nanobind::module_& module);

}  // namespace cellard::python
