// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The Python layout as the C struct. Strings and frequencies live as long as this object.
#pragma once

#include <string>
#include <vector>

#include "cellard/client.h"
#include <nanobind/nanobind.h>

namespace cellard::python {

class layout {
public:
  /// From the dict that cellard.layout.Layout.as_c makes: the fields of cellard_layout, `rope` a
  /// dict of those of cellard_rope.
  explicit layout(const nanobind::dict& fields);
  layout(const layout&) = delete;
  layout& operator=(const layout&) = delete;

  [[nodiscard]] const cellard_layout* get() const noexcept { return &raw_; }

private:
  void set_rope(const nanobind::dict& fields);

  std::string model_;
  std::string weights_;
  std::vector<float> frequencies_;
  cellard_rope rope_ = CELLARD_ROPE_INIT;
  cellard_layout raw_ = CELLARD_LAYOUT_INIT;
};

/// The fields of a layout that the library filled, for cellard.layout.Layout.of_c.
nanobind::dict describe(const cellard_layout& shape);

}  // namespace cellard::python
