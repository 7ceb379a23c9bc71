// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the files of the C interface share: the types behind its handles, and the border that no
// exception passes.
#pragma once

#include "client/src/block_set.hpp"
#include "client/src/last_error.hpp"
#include "client/src/stage.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "cellard/client.h"

struct cellard_client {
  std::shared_ptr<cellard::library::client_state> state;
};

struct cellard_space {
  std::shared_ptr<const cellard::library::space_state> state;
  cellard_rope rope;  ///< what cellard_space_layout points to; refers to the state's
};

struct cellard_blocks {
  std::unique_ptr<cellard::library::block_set>
    set;  ///< null: an empty set of a client that is switched off
};

struct cellard_stage {
  std::unique_ptr<cellard::library::stage> state;
};

namespace cellard::library {

/// Runs the body of a C function. What it throws becomes a status.
template <class Body>
int guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return report(core::errc::out_of_memory, "no memory left in this process");
  } catch (const std::exception& problem) {
    return report(core::errc::internal, problem.what());
  }
}

/// Reports a missing argument; `what` names it.
inline int missing(const char* what) noexcept {
  return report(core::errc::invalid_argument, what);
}

/// CELLARD_OK, or the error's code after keeping its sentence.
template <class Value>
int status_of(const core::result<Value>& outcome) noexcept {
  return outcome ? CELLARD_OK : report(outcome.error());
}

/// Both are 32 bytes of alignment 1.
static_assert(sizeof(cellard_key) == sizeof(core::block_key) && alignof(cellard_key) == 1);
inline core::key_span keys_of(const cellard_key* keys, std::size_t count) noexcept {
  return {reinterpret_cast<const core::block_key*>(keys), count};
}

/// A caller's struct that begins with its size, completed with the defaults of this version.
template <class Struct>
Struct completed(const Struct& given, Struct defaults) noexcept {
  std::memcpy(&defaults, &given, std::min(given.size, sizeof defaults));
  return defaults;
}

/// Writes as much of `value` as the caller's struct has room for.
template <class Struct>
void write_out(Struct& to, Struct value) noexcept {
  value.size = to.size;
  std::memcpy(&to, &value, std::min(to.size, sizeof value));
}

}  // namespace cellard::library
