// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A caller's array: anything that speaks DLPack or the buffer protocol and lies in CPU memory. It
// is held, so its memory stays, and described; cellard/arrays.py says what is wrong with one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace cellard::python {

/// "float16", "bfloat16", "float8_e4m3", "uint8", ... and back.
nanobind::dlpack::dtype dlpack_dtype(std::string_view name);
std::string dtype_name(nanobind::dlpack::dtype type);

/// What NumPy has in its place: bfloat16 is uint16, float8 is uint8.
nanobind::dlpack::dtype numpy_dtype(nanobind::dlpack::dtype type);

class array {
public:
  /// @throws TypeError (nb::cast_error inside) when it is no CPU array, or read-only while
  /// `writable` is asked.
  array(nanobind::handle object, bool writable);

  [[nodiscard]] std::vector<std::size_t> shape() const;
  [[nodiscard]] std::vector<std::int64_t> strides() const;  ///< in elements
  [[nodiscard]] std::string dtype() const { return dtype_name(held_.dtype()); }
  [[nodiscard]] std::size_t element_bytes() const { return held_.itemsize(); }
  [[nodiscard]] bool writable() const { return writable_; }
  [[nodiscard]] std::uint8_t* data() const;

private:
  nanobind::ndarray<nanobind::ro> held_;
  bool writable_;
};

void bind_array(nanobind::module_& module);

}  // namespace cellard::python
