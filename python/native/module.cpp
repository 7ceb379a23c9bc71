// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// _cellard: the C library's calls for the cellard package, which adds types, checks and
// documentation. Not for users.
#include "array.hpp"
#include "client.hpp"
#include "codec.hpp"
#include "keys.hpp"
#include "lease.hpp"
#include "profile.hpp"
#include "queue.hpp"
#include "space.hpp"
#include "stage.hpp"

NB_MODULE(_cellard, module) {
  module.def("version", [] { return cellard_version(); });
  module.def("status_name", [](int status) { return cellard_status_name(status); });
  cellard::python::bind_array(module);
  cellard::python::bind_keys(module);
  cellard::python::bind_lease(module);
  cellard::python::bind_stage(module);
  cellard::python::bind_space(module);
  cellard::python::bind_client(module);
  cellard::python::bind_queue(module);
  cellard::python::bind_profile(module);
  cellard::python::bind_codec(module);
  // A user who exits inside `with` leaves objects behind; that is no leak worth a message at exit.
  nanobind::set_leak_warnings(false);
}
