// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "stage.hpp"

#include "error.hpp"
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {

std::shared_ptr<stage_handle> stage::use() const {
  return held_.use("the stage was committed or aborted");
}

std::size_t stage::size() const {
  return cellard_stage_count(use()->get());
}

nb::tuple stage::describe(std::size_t index) const {
  void* data = nullptr;
  std::size_t length = 0;
  const int status = cellard_stage_slot(use()->get(), index, &data, &length);
  return nb::make_tuple(status, data == nullptr ? 0 : length);
}

nb::object stage::view(std::size_t index, const part& wanted, flavour kind) const {
  auto held = use();
  void* data = nullptr;
  std::size_t length = 0;
  const int status = cellard_stage_slot(held->get(), index, &data, &length);
  if (data == nullptr)
    raise_error(status, "there is nothing to write for this key");
  return view_of(data, length, wanted, kind, true, std::move(held));
}

nb::tuple stage::commit() {
  const auto held = use();
  auto* raw = held->get();
  held_.drop();  // also when the commit fails: it can not be tried twice
  put_outcome outcome(cellard_stage_count(raw));
  outcome.run([&] { return cellard_stage_commit(raw, outcome.statuses.data(), &outcome.stored); });
  return outcome.to_python();
}

void bind_stage(nb::module_& module) {
  nb::class_<stage>(module, "Stage")
    .def("__len__", &stage::size)
    .def("describe", &stage::describe, nb::arg("index"))
    .def(
      "view",
      [](const stage& self, std::size_t index, std::uint64_t offset, std::vector<std::size_t> shape,
         std::string dtype, bool numpy) {
        return self.view(index, {offset, std::move(shape), std::move(dtype)},
                         numpy ? flavour::numpy : flavour::dlpack);
      },
      nb::arg("index"), nb::arg("offset"), nb::arg("shape"), nb::arg("dtype"), nb::arg("numpy"))
    .def("commit", &stage::commit)
    .def("abort", &stage::abort);
}

}  // namespace cellard::python
