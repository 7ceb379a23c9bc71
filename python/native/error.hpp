// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A status of the C library becomes a Python exception here, and nowhere else.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cellard/client.h"
#include <nanobind/nanobind.h>

namespace cellard::python {

/// Raises what cellard.errors.error_for makes of it: a cellard.Error or one of its subclasses.
/// @pre the GIL is held.
[[noreturn]] void raise_error(int status, const std::string& message);

/// Raises when `status` is not CELLARD_OK, with the library's sentence.
/// @pre the GIL is held, and the calling thread made no other call of the library since.
void check(int status);

/// Runs `call`, a function of the C library that may wait, without the GIL; raises when it fails.
template <class Call>
void run(Call&& call) {
  int status = CELLARD_OK;
  {
    const nanobind::gil_scoped_release unlocked;
    status = call();
  }
  check(status);
}

/// What became of each key of a put or a commit. Not raised: blocks may have been stored before it
/// failed.
struct put_outcome {
  explicit put_outcome(std::size_t count) : statuses(count, unset) {}

  /// Runs `call` without the GIL; it fills `statuses` and `stored`.
  template <class Call>
  void run(Call&& call) {
    const nanobind::gil_scoped_release unlocked;
    status = call();
    if (status != CELLARD_OK)
      message = cellard_last_error();
    std::replace(statuses.begin(), statuses.end(), unset, status);
  }

  /// (status, message, statuses, stored)
  [[nodiscard]] nanobind::tuple to_python() const;

  static constexpr int unset = -1;
  int status = CELLARD_OK;
  std::string message;
  std::vector<int> statuses;
  std::size_t stored = 0;
};

}  // namespace cellard::python
