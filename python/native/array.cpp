// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "array.hpp"

#include <array>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

using code = nb::dlpack::dtype_code;

struct named_dtype {
  std::string_view name;
  nb::dlpack::dtype type;
};

constexpr nb::dlpack::dtype make(code kind, std::uint8_t bits) {
  return {static_cast<std::uint8_t>(kind), bits, 1};
}

// float8_e4m3 is the finite one (no infinities) that engines store; torch calls it float8_e4m3fn.
constexpr std::array<named_dtype, 7> dtypes{{{"float32", make(code::Float, 32)},
                                             {"float16", make(code::Float, 16)},
                                             {"bfloat16", make(code::Bfloat, 16)},
                                             {"float8_e4m3", make(code::Float8_E4M3FN, 8)},
                                             {"float8_e4m3", make(code::Float8_E4M3, 8)},
                                             {"uint16", make(code::UInt, 16)},
                                             {"uint8", make(code::UInt, 8)}}};

}  // namespace

nb::dlpack::dtype dlpack_dtype(std::string_view name) {
  for (const auto& known : dtypes) {
    if (known.name == name)
      return known.type;
  }
  throw nb::value_error("unknown dtype");
}

std::string dtype_name(nb::dlpack::dtype type) {
  for (const auto& known : dtypes) {
    if (known.type == type)
      return std::string(known.name);
  }
  constexpr std::array<const char*, 7> kinds{"int",    "uint",    "float", "opaque",
                                             "bfloat", "complex", "bool"};
  const auto* kind = type.code < kinds.size() ? kinds[type.code] : "dtype code ";
  return kind + std::to_string(type.bits);
}

nb::dlpack::dtype numpy_dtype(nb::dlpack::dtype type) {
  const bool known = type.code <= static_cast<std::uint8_t>(code::Float);
  return known ? type : make(code::UInt, type.bits);
}

array::array(nb::handle object, bool writable)
  : held_(writable
            ? nb::ndarray<nb::ro>(nb::cast<nb::ndarray<nb::device::cpu>>(object, false))
            : nb::ndarray<nb::ro>(nb::cast<nb::ndarray<nb::ro, nb::device::cpu>>(object, false))),
    writable_(writable) {
}

std::vector<std::size_t> array::shape() const {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < held_.ndim(); ++i)
    result.push_back(held_.shape(i));
  return result;
}

std::vector<std::int64_t> array::strides() const {
  return {held_.stride_ptr(), held_.stride_ptr() + held_.ndim()};
}

std::uint8_t* array::data() const {
  return static_cast<std::uint8_t*>(const_cast<void*>(static_cast<const void*>(held_.data())));
}

void bind_array(nb::module_& module) {
  nb::class_<array>(module, "Array")
    .def(nb::init<nb::handle, bool>(), nb::arg("object"), nb::arg("writable"))
    .def_prop_ro("shape", &array::shape)
    .def_prop_ro("strides", &array::strides)
    .def_prop_ro("dtype", &array::dtype)
    .def_prop_ro("element_bytes", &array::element_bytes);
}

}  // namespace cellard::python
