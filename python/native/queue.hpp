// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C library's asynchronous form as Python sees it; cellard/aio.py is its user and waits for the
// descriptor. What a submission refers to (arrays, statuses, its space) is held until its
// completion, even if nobody waits for that any more.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "client.hpp"
#include "connection.hpp"
#include "pieces.hpp"
#include "space.hpp"
#include <nanobind/nanobind.h>

namespace cellard::python {

class queue {
public:
  explicit queue(const client& over);

  [[nodiscard]] int descriptor() const;

  /// Anything but a put. The tag that the completion will have.
  std::uint64_t submit(const space& in, std::uint32_t op, nanobind::handle keys,
                       std::uint32_t for_ms);
  std::uint64_t put(const space& in, nanobind::handle keys, nanobind::handle parent,
                    nanobind::object k, nanobind::object v, std::size_t tokens);
  std::uint64_t put_data(const space& in, nanobind::handle keys, nanobind::handle parent,
                         nanobind::list blocks);

  /// What is complete, a list of (tag, status, message, value). The value: of a get the lease, of a
  /// put what put_outcome::to_python gives (its status is there), of remove, pin and unpin a count,
  /// else (matched, ready, loading).
  nanobind::list poll();

  void close() noexcept;

private:
  struct held {
    std::shared_ptr<space_handle> space;
    nanobind::object arrays;
    std::vector<int> statuses;
  };

  [[nodiscard]] std::shared_ptr<queue_handle> use() const;
  std::uint64_t enter(cellard_submission wanted, held kept);
  std::uint64_t enter_put(const space& in, nanobind::handle keys, nanobind::handle parent,
                          const pieces& parts, nanobind::object arrays);
  nanobind::tuple told(const cellard_completion& done);

  slot<queue_handle> held_;
  std::uint64_t last_tag_ = 0;
  std::unordered_map<std::uint64_t, held> under_way_;
};

void bind_queue(nanobind::module_& module);

}  // namespace cellard::python
