// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "keys.hpp"

#include <cstring>
#include <string>

#include "error.hpp"
#include <nanobind/ndarray.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

using tokens = nb::ndarray<const std::uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

cellard_key key_from(nb::handle object, const std::string& name) {
  if (!nb::isinstance<nb::bytes>(object)) {
    const auto message = name + " is " + nb::type_name(object.type()).c_str() + ", not bytes";
    throw nb::type_error(message.c_str());
  }
  const auto bytes = nb::borrow<nb::bytes>(object);
  if (bytes.size() != CELLARD_KEY_BYTES) {
    const auto message = name + " has " + std::to_string(bytes.size())
                         + " bytes, a key has 32 (cellard.key_from_bytes makes one of any bytes)";
    throw nb::value_error(message.c_str());
  }
  cellard_key key{};
  std::memcpy(key.bytes, bytes.c_str(), CELLARD_KEY_BYTES);
  return key;
}

nb::list to_list(const key_list& keys) {
  nb::list result;
  for (const auto& key : keys)
    result.append(to_bytes(key));
  return result;
}

nb::list chain_keys(const tokens& ids, std::uint32_t block_tokens, const nb::bytes& extra) {
  key_list keys(ids.shape(0) / block_tokens);
  run([&] {
    return cellard_chain_keys(ids.data(), ids.shape(0), block_tokens, extra.c_str(), extra.size(),
                              keys.data());
  });
  return to_list(keys);
}

nb::bytes key_from_bytes(const nb::bytes& bytes) {
  cellard_key key{};
  check(cellard_key_from_bytes(bytes.c_str(), bytes.size(), &key));
  return to_bytes(key);
}

}  // namespace

key_list keys_from(nb::handle sequence) {
  // A bytes object is a sequence too, of numbers: the mistake of passing one key deserves its own
  // sentence.
  if (nb::isinstance<nb::bytes>(sequence))
    throw nb::type_error("keys is one bytes object, not a sequence of them");
  key_list keys;
  std::size_t index = 0;
  for (const auto item : sequence)
    keys.push_back(key_from(item, "keys[" + std::to_string(index++) + "]"));
  return keys;
}

key_list key_or_none(nb::handle object) {
  return object.is_none() ? key_list{} : key_list{key_from(object, "parent")};
}

nb::bytes to_bytes(const cellard_key& key) {
  return nb::bytes(key.bytes, CELLARD_KEY_BYTES);
}

void bind_keys(nb::module_& module) {
  module.def("chain_keys", &chain_keys, nb::arg("tokens"), nb::arg("block_tokens"),
             nb::arg("extra"));
  module.def("key_from_bytes", &key_from_bytes, nb::arg("data"));
}

}  // namespace cellard::python
