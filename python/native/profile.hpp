// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Profiles and how they are learned, for Python. A profile is shared and immutable; a calibrator
// belongs to one thread, and NumPy finds its eigenvectors, so that the wheel needs no library for
// that.
#pragma once

#include "gpu/calibration.hpp"

#include <memory>
#include <string>

#include "codec.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class calibrator {
public:
  /// `layer` is the scope. Only dtype, layers, heads, dimensions and rope of `shape` count.
  calibrator(const block_shape& shape, bool layer);

  /// All tokens of a block. The GIL is released.
  void add(const block_shape& shape, const raw_bytes& raw);

  /// `eigh` takes a symmetric matrix and gives eigenvalues and eigenvectors, a row each.
  [[nodiscard]] shared_profile build(const nanobind::callable& eigh) const;

private:
  gpu::calibration of_;
};

void bind_profile(nanobind::module_& module);

}  // namespace cellard::python
