// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "queue.hpp"

#include <array>

#include "error.hpp"
#include "keys.hpp"
#include "lease.hpp"
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

std::shared_ptr<queue_handle> open(const client& over) {
  const auto held = over.use();
  auto* raw = held->get();
  cellard_async* made = nullptr;
  run([&] { return cellard_async_open(raw, nullptr, &made); });
  return std::make_shared<queue_handle>(made, held);
}

}  // namespace

queue::queue(const client& over) : held_(open(over)) {
}

std::shared_ptr<queue_handle> queue::use() const {
  return held_.use("the cache is closed");
}

int queue::descriptor() const {
  return cellard_async_fd(use()->get());
}

/// Held before it is submitted: another thread may poll it at once.
std::uint64_t queue::enter(cellard_submission wanted, held kept) {
  const auto handle = use();
  auto* raw = handle->get();
  wanted.tag = ++last_tag_;
  auto& entry = under_way_[wanted.tag] = std::move(kept);
  wanted.space = entry.space->get();
  wanted.statuses = entry.statuses.empty() ? nullptr : entry.statuses.data();
  int status = CELLARD_OK;
  {
    const nb::gil_scoped_release unlocked;
    status = cellard_async_submit(raw, &wanted);
  }
  if (status != CELLARD_OK) {
    under_way_.erase(wanted.tag);
    check(status);
  }
  return wanted.tag;
}

std::uint64_t queue::submit(const space& in, std::uint32_t op, nb::handle key_sequence,
                            std::uint32_t for_ms) {
  const auto keys = keys_from(key_sequence);
  cellard_submission wanted = CELLARD_SUBMISSION_INIT;
  wanted.op = op;
  wanted.keys = keys.data();
  wanted.count = keys.size();
  wanted.for_ms = for_ms;
  return enter(wanted, {in.use(), nb::object(), {}});
}

std::uint64_t queue::enter_put(const space& in, nb::handle key_sequence, nb::handle parent_key,
                               const pieces& parts, nb::object arrays) {
  const auto keys = keys_from(key_sequence);
  const auto parent = key_or_none(parent_key);
  const auto buffers = parts.constant();
  if (buffers.size() != keys.size() * parts.per_block && !keys.empty())
    throw nb::value_error("there is not one list of pieces a key");
  cellard_submission wanted = CELLARD_SUBMISSION_INIT;
  wanted.op = CELLARD_OP_PUT;
  wanted.keys = keys.data();
  wanted.count = keys.size();
  wanted.parent = parent.empty() ? nullptr : parent.data();
  wanted.buffers = buffers.data();
  wanted.buffers_per_block = parts.per_block;
  return enter(wanted, {in.use(), std::move(arrays), std::vector<int>(keys.size())});
}

std::uint64_t queue::put(const space& in, nb::handle keys, nb::handle parent, nb::object k,
                         nb::object v, std::size_t tokens) {
  const auto* values = v.is_none() ? nullptr : nb::cast<const array*>(v);
  const auto parts = chain_pieces(nb::cast<const array&>(k), values, nb::len(keys), tokens);
  return enter_put(in, keys, parent, parts, nb::make_tuple(std::move(k), std::move(v)));
}

std::uint64_t queue::put_data(const space& in, nb::handle keys, nb::handle parent,
                              nb::list blocks) {
  const auto parts = whole_pieces(nb::cast<std::vector<const array*>>(blocks));
  return enter_put(in, keys, parent, parts, std::move(blocks));
}

/// A put's failure is told in its value: blocks may have been stored before.
nb::tuple queue::told(const cellard_completion& done) {
  const auto kept = under_way_.extract(done.tag);
  if (done.op == CELLARD_OP_PUT) {
    return nb::make_tuple(
      done.tag, 0, "",
      nb::make_tuple(done.status, done.message, kept.mapped().statuses, done.count));
  }
  nb::object value = nb::none();
  if (done.blocks != nullptr) {
    value = nb::cast(std::make_unique<lease>(std::make_shared<lease_handle>(done.blocks, nullptr)));
  } else if (done.op == CELLARD_OP_REMOVE || done.op == CELLARD_OP_PIN
             || done.op == CELLARD_OP_UNPIN) {
    value = nb::cast(done.count);
  } else if (done.op != CELLARD_OP_GET) {
    value = nb::make_tuple(done.matched, done.ready, done.loading);
  }
  return nb::make_tuple(done.tag, done.status, done.message, value);
}

nb::list queue::poll() {
  const auto handle = use();
  auto* raw = handle->get();
  std::array<cellard_completion, 64> room;
  std::size_t count = 0;
  run([&] { return cellard_async_poll(raw, room.data(), room.size(), &count); });
  nb::list result;
  for (std::size_t i = 0; i < count; ++i)
    result.append(told(room[i]));
  return result;
}

/// The library's end of it first: after that it does not touch what was held.
void queue::close() noexcept {
  held_.drop();
  under_way_.clear();
}

void bind_queue(nb::module_& module) {
  nb::class_<queue>(module, "Queue")
    .def(nb::init<const client&>(), nb::arg("client"))
    .def_prop_ro("descriptor", &queue::descriptor)
    .def("submit", &queue::submit, nb::arg("space"), nb::arg("op"), nb::arg("keys"),
         nb::arg("for_ms") = 0)
    .def("put", &queue::put, nb::arg("space"), nb::arg("keys"), nb::arg("parent").none(),
         nb::arg("k"), nb::arg("v").none(), nb::arg("tokens"))
    .def("put_data", &queue::put_data, nb::arg("space"), nb::arg("keys"), nb::arg("parent").none(),
         nb::arg("blocks"))
    .def("poll", &queue::poll)
    .def("close", &queue::close);
}

}  // namespace cellard::python
