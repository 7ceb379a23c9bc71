// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "view.hpp"

#include "array.hpp"
#include <nanobind/ndarray.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

std::size_t bytes_of(const part& wanted, nb::dlpack::dtype type) {
  std::size_t bytes = type.bits / 8U;
  for (const auto extent : wanted.shape)
    bytes *= extent;
  return bytes;
}

nb::capsule keep(std::shared_ptr<void> owner) {
  auto held = std::make_unique<std::shared_ptr<void>>(std::move(owner));
  nb::capsule result(held.get(),
                     [](void* raw) noexcept { delete static_cast<std::shared_ptr<void>*>(raw); });
  (void)held.release();
  return result;
}

template <class Array>
nb::object array_over(void* data, const part& wanted, nb::dlpack::dtype type, nb::handle owner) {
  const Array array(data, wanted.shape.size(), wanted.shape.data(), owner, nullptr, type,
                    nb::device::cpu::value);
  return nb::cast(array, nb::rv_policy::reference);
}

}  // namespace

std::size_t bytes_of(const part& wanted) {
  return bytes_of(wanted, dlpack_dtype(wanted.dtype));
}

nb::object view_of(const void* block, std::size_t length, const part& wanted, flavour kind,
                   bool writable, std::shared_ptr<void> owner) {
  const auto carried = dlpack_dtype(wanted.dtype);
  const auto bytes = bytes_of(wanted, carried);
  if (wanted.offset > length || bytes > length - wanted.offset)
    throw nb::value_error("the block is shorter than its layout says");
  // Only `writable` callers, whose memory is their staging slot, get an array that NumPy lets them
  // write to.
  auto* data = static_cast<std::uint8_t*>(const_cast<void*>(block)) + wanted.offset;
  const auto keeper = keep(std::move(owner));
  if (kind == flavour::dlpack) {
    return writable ? array_over<nb::ndarray<nb::array_api>>(data, wanted, carried, keeper)
                    : array_over<nb::ndarray<nb::array_api, nb::ro>>(data, wanted, carried, keeper);
  }
  const auto seen = numpy_dtype(carried);
  return writable ? array_over<nb::ndarray<nb::numpy>>(data, wanted, seen, keeper)
                  : array_over<nb::ndarray<nb::numpy, nb::ro>>(data, wanted, seen, keeper);
}

}  // namespace cellard::python
