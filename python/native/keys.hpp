// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Keys between Python's bytes and the C library's arrays.
#pragma once

#include <vector>

#include "cellard/client.h"
#include <nanobind/nanobind.h>

namespace cellard::python {

using key_list = std::vector<cellard_key>;

/// A sequence of bytes objects of 32 bytes each. @throws TypeError or ValueError naming the index.
key_list keys_from(nanobind::handle sequence);

/// None is no key: 0 or 1 keys.
key_list key_or_none(nanobind::handle object);

nanobind::bytes to_bytes(const cellard_key& key);

void bind_keys(nanobind::module_& module);

}  // namespace cellard::python
