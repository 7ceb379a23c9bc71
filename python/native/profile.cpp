// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "profile.hpp"

#include "gpu/rope_table.hpp"

#include <algorithm>
#include <optional>

#include "error.hpp"
#include <nanobind/stl/string.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

gpu::calibration calibration_of(const gpu::block& what, bool layer) {
  const gpu::profile_shape shape{what.type,
                                 layer ? gpu::profile_scope::layer : gpu::profile_scope::head,
                                 what.rope != nullptr,
                                 what.layers,
                                 what.heads,
                                 what.key_dim,
                                 what.value_dim};
  value_of(shape.check());
  return gpu::calibration(shape);
}

core::result<core::ok_t> add_block(gpu::calibration& to, const gpu::block& what,
                                   std::span<const std::byte> raw) {
  std::optional<gpu::rope_table> rope;
  if (what.rope != nullptr)
    rope.emplace(*what.rope, what.rope->first_position + what.first_position, what.tokens);
  gpu::scratch work;
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (std::uint32_t i = 0; i < what.sides(); ++i) {
      auto shape = what.at(layer, static_cast<gpu::side>(i));
      shape.rope = shape.what == gpu::side::keys && rope ? &*rope : nullptr;
      CELLARD_TRY(
        to.add(shape, raw.subspan(what.raw_offset(layer, shape.what), shape.raw_bytes()), work));
    }
  }
  return core::ok_t{};
}

using numbers = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

void copy(nb::handle from, std::span<double> to) {
  const auto array = nb::cast<numbers>(from);
  if (array.size() != to.size())
    throw nb::value_error("calibrate: eigh gave an array of another size");
  std::copy_n(array.data(), to.size(), to.begin());
}

}  // namespace

calibrator::calibrator(const block_shape& shape, bool layer)
  : of_(calibration_of(shape.block(), layer)) {
}

void calibrator::add(const block_shape& shape, const raw_bytes& raw) {
  const auto what = shape.block();
  if (raw.size() != what.raw_bytes())
    throw nb::value_error("calibrate: the array has another size than the block");
  core::result<core::ok_t> done = core::ok_t{};
  {
    const nb::gil_scoped_release unlocked;
    done = add_block(of_, what, {reinterpret_cast<const std::byte*>(raw.data()), raw.size()});
  }
  value_of(std::move(done));
}

shared_profile calibrator::build(const nb::callable& eigh) const {
  return {value_of(of_.build([&](std::size_t size, std::span<const double> symmetric,
                                 std::span<double> values, std::span<double> vectors) {
    const nb::ndarray<nb::numpy, const double> matrix(symmetric.data(), {size, size}, nb::handle());
    const auto found = nb::cast<nb::tuple>(eigh(matrix));
    copy(found[0], values);
    copy(found[1], vectors);
  }))};
}

void bind_profile(nb::module_& module) {
  nb::class_<shared_profile>(module, "ModelProfile")
    .def_static(
      "read",
      [](const nb::bytes& bytes) {
        return shared_profile{value_of(
          gpu::profile::read({reinterpret_cast<const std::byte*>(bytes.c_str()), bytes.size()}))};
      },
      nb::arg("data"))
    .def_prop_ro("data",
                 [](const shared_profile& of) {
                   return nb::bytes(of.get->bytes().data(), of.get->bytes().size());
                 })
    .def_prop_ro(
      "id",
      [](const shared_profile& of) { return nb::bytes(of.get->id().data(), of.get->id().size()); })
    .def_prop_ro(
      "layer_scope",
      [](const shared_profile& of) { return of.get->shape().scope == gpu::profile_scope::layer; })
    .def_prop_ro("tokens", [](const shared_profile& of) { return of.get->tokens(); });
  nb::class_<calibrator>(module, "Calibrator")
    .def(nb::init<const block_shape&, bool>(), nb::arg("shape"), nb::arg("layer"))
    .def("add", &calibrator::add, nb::arg("shape"), nb::arg("raw"))
    .def("build", &calibrator::build, nb::arg("eigh"));
}

}  // namespace cellard::python
