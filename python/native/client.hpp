// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The connection as Python sees it; cellard/cache.py is its user.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connection.hpp"
#include "space.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class client {
public:
  client(const nanobind::object& socket, const nanobind::object& name, std::uint32_t deadline_ms,
         bool lazy);

  /// Ends the connection when the last call in flight and the last writable view are gone.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept { return held_.empty(); }

  [[nodiscard]] std::unique_ptr<space> open(const std::string& name, const nanobind::dict& layout,
                                            const nanobind::bytes& salt);
  [[nodiscard]] nanobind::dict server() const;
  [[nodiscard]] std::string admin(const std::string& what, bool all) const;
  void forget(const std::string& name, std::uint32_t kv_group) const;

  /// The connection, or a ValueError after close.
  [[nodiscard]] std::shared_ptr<connection> use() const;

private:
  slot<connection> held_;
  std::vector<std::weak_ptr<slot<space_handle>>> spaces_;
};

void bind_client(nanobind::module_& module);

}  // namespace cellard::python
