// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "lease.hpp"

#include "error.hpp"
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

cellard_view view_at(const cellard_blocks* blocks, std::size_t index) {
  cellard_view result{};
  cellard::python::check(cellard_blocks_view(blocks, index, &result));
  return result;
}

}  // namespace

std::shared_ptr<lease_handle> lease::use() const {
  return held_.use("the blocks were released");
}

std::size_t lease::size() const {
  return cellard_blocks_count(use()->get());
}

nb::tuple lease::describe(std::size_t index) const {
  const auto block = view_at(use()->get(), index);
  return nb::make_tuple(block.length, block.codec);
}

nb::tuple lease::errors(std::size_t index) const {
  const auto held = use();
  cellard_block_info found CELLARD_BLOCK_INFO_INIT;
  cellard::python::check(cellard_blocks_info(held->get(), index, &found));
  return nb::make_tuple(found.key_error, found.value_error);
}

nb::object lease::view(std::size_t index, const part& wanted, flavour kind) const {
  auto held = use();
  const auto block = view_at(held->get(), index);
  return view_of(block.data, block.length, wanted, kind, false, std::move(held));
}

nb::object lease::decoded(std::size_t index, const part& wanted, flavour kind) const {
  const auto held = use();
  const auto* raw = held->get();
  auto bytes = std::make_shared<std::vector<std::uint8_t>>(bytes_of(wanted));
  run([&] { return cellard_blocks_read(raw, index, wanted.offset, bytes->data(), bytes->size()); });
  return view_of(bytes->data(), bytes->size(), {0, wanted.shape, wanted.dtype}, kind, false, bytes);
}

void lease::check() const {
  const auto held = use();
  const auto* raw = held->get();
  run([&] { return cellard_blocks_check(raw); });
}

namespace {

/// A method that takes a part of a block field by field.
template <nb::object (lease::*Method)(std::size_t, const part&, flavour) const>
nb::object part_of(const lease& self, std::size_t index, std::uint64_t offset,
                   std::vector<std::size_t> shape, std::string dtype, bool numpy) {
  return (self.*Method)(index, {offset, std::move(shape), std::move(dtype)},
                        numpy ? flavour::numpy : flavour::dlpack);
}

}  // namespace

void bind_lease(nb::module_& module) {
  nb::class_<lease>(module, "Lease")
    .def("__len__", &lease::size)
    .def("describe", &lease::describe, nb::arg("index"))
    .def("errors", &lease::errors, nb::arg("index"))
    .def("view", &part_of<&lease::view>, nb::arg("index"), nb::arg("offset"), nb::arg("shape"),
         nb::arg("dtype"), nb::arg("numpy"))
    .def("decoded", &part_of<&lease::decoded>, nb::arg("index"), nb::arg("offset"),
         nb::arg("shape"), nb::arg("dtype"), nb::arg("numpy"))
    .def("check", &lease::check)
    .def("release", &lease::release);
}

}  // namespace cellard::python
