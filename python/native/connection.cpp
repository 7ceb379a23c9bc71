// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "connection.hpp"

#include "error.hpp"

namespace nb = nanobind;

namespace cellard::python {

void free_in_owner(pid_t owner, const std::function<void()>& free) noexcept {
  if (owner != getpid())
    return;
  // A DLPack consumer may drop the last view on a thread that Python does not know.
  if (nb::is_alive() && PyGILState_Check() == 1) {
    const nb::gil_scoped_release unlocked;
    free();
  } else {
    free();
  }
}

void check_owner(pid_t owner) {
  if (owner != getpid())
    raise_error(CELLARD_FORKED,
                "this cache belongs to the parent process: connect again after fork");
}

template <class Handle>
std::shared_ptr<Handle> slot<Handle>::use(const char* what) const {
  if (held_ == nullptr)
    throw nb::value_error(what);
  return held_;
}

template class slot<connection>;
template class slot<space_handle>;
template class slot<stage_handle>;
template class slot<lease_handle>;
template class slot<queue_handle>;

}  // namespace cellard::python
