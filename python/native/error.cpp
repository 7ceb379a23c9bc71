// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "error.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {

void raise_error(int status, const std::string& message) {
  const nb::object error =
    nb::module_::import_("cellard.errors").attr("error_for")(status, message);
  PyErr_SetObject(error.type().ptr(), error.ptr());
  throw nb::python_error();
}

void check(int status) {
  if (status != CELLARD_OK)
    raise_error(status, cellard_last_error());
}

nb::tuple put_outcome::to_python() const {
  return nb::make_tuple(status, message, statuses, stored);
}

}  // namespace cellard::python
