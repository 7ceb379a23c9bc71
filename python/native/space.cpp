// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "space.hpp"

#include "error.hpp"
#include "keys.hpp"
#include "layout.hpp"
#include "pieces.hpp"
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

nb::tuple put_pieces(cellard_space* raw, nb::handle key_sequence, nb::handle parent_key,
                     const pieces& parts) {
  const auto keys = keys_from(key_sequence);
  const auto parent = key_or_none(parent_key);
  const auto buffers = parts.constant();
  if (buffers.size() != keys.size() * parts.per_block && !keys.empty())
    throw nb::value_error("there is not one list of pieces a key");
  put_outcome outcome(keys.size());
  outcome.run([&] {
    return cellard_put(raw, parent.empty() ? nullptr : parent.data(), keys.data(), keys.size(),
                       buffers.data(), parts.per_block, outcome.statuses.data(), &outcome.stored);
  });
  return outcome.to_python();
}

nb::tuple describe(const cellard_list_item& item) {
  return nb::make_tuple(to_bytes(item.key), item.length, item.depth, item.codec, item.state,
                        item.flags, item.children);
}

}  // namespace

std::shared_ptr<space_handle> space::use() const {
  return held_->use("the cache is closed");
}

std::uint64_t space::block_bytes() const {
  return cellard_block_bytes(use()->get());
}

nb::dict space::layout() const {
  const auto held = use();
  cellard_layout shape = CELLARD_LAYOUT_INIT;
  run([&] { return cellard_space_layout(held->get(), &shape); });
  return describe(shape);
}

nb::tuple space::find(finder function, nb::handle key_sequence) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  cellard_match match = CELLARD_MATCH_INIT;
  run([&] { return function(raw, keys.data(), keys.size(), &match); });
  return nb::make_tuple(match.matched, match.ready, match.loading);
}

std::unique_ptr<lease> space::get(nb::handle key_sequence) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  cellard_blocks* blocks = nullptr;
  run([&] { return cellard_get(raw, keys.data(), keys.size(), &blocks); });
  return std::make_unique<lease>(std::make_shared<lease_handle>(blocks, nullptr));
}

std::size_t space::get_copy(nb::handle key_sequence, const array& k, const array* v,
                            std::size_t tokens) const {
  const auto held = use();
  auto* raw = held->get();
  if (!k.writable() || (v != nullptr && !v->writable()))
    throw nb::value_error("the arrays have to be writable");
  const auto keys = keys_from(key_sequence);
  const auto parts = chain_pieces(k, v, keys.size(), tokens);
  std::size_t copied = 0;
  run([&] {
    return cellard_get_copy(raw, keys.data(), keys.size(), parts.buffers.data(), parts.per_block,
                            &copied);
  });
  return copied;
}

nb::tuple space::put(nb::handle keys, nb::handle parent, const array& k, const array* v,
                     std::size_t tokens) const {
  const auto held = use();
  return put_pieces(held->get(), keys, parent, chain_pieces(k, v, nb::len(keys), tokens));
}

nb::tuple space::put_data(nb::handle keys, nb::handle parent,
                          const std::vector<const array*>& blocks) const {
  const auto held = use();
  return put_pieces(held->get(), keys, parent, whole_pieces(blocks));
}

std::unique_ptr<stage> space::reserve(nb::handle key_sequence, nb::handle parent_key,
                                      const std::vector<std::uint64_t>& lengths) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  const auto parent = key_or_none(parent_key);
  if (!lengths.empty() && lengths.size() != keys.size())
    throw nb::value_error("there is not one length a key");
  cellard_stage* reserved = nullptr;
  run([&] {
    return cellard_reserve(raw, parent.empty() ? nullptr : parent.data(), keys.data(), keys.size(),
                           lengths.empty() ? nullptr : lengths.data(), &reserved);
  });
  return std::make_unique<stage>(std::make_shared<stage_handle>(reserved, held));
}

std::uint32_t space::remove(nb::handle key_sequence) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  std::uint32_t count = 0;
  run([&] { return cellard_remove(raw, keys.data(), keys.size(), &count); });
  return count;
}

nb::tuple space::scrub(nb::handle key_sequence) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  std::uint32_t removed = 0;
  std::uint32_t later = 0;
  run([&] { return cellard_scrub(raw, keys.data(), keys.size(), &removed, &later); });
  return nb::make_tuple(removed, later);
}

std::uint32_t space::pin(nb::handle key_sequence, std::uint32_t for_ms) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  std::uint32_t count = 0;
  run([&] { return cellard_pin(raw, keys.data(), keys.size(), for_ms, &count); });
  return count;
}

std::uint32_t space::unpin(nb::handle key_sequence) const {
  const auto held = use();
  auto* raw = held->get();
  const auto keys = keys_from(key_sequence);
  std::uint32_t count = 0;
  run([&] { return cellard_unpin(raw, keys.data(), keys.size(), &count); });
  return count;
}

nb::tuple space::list(std::uint64_t cursor, std::size_t room) const {
  const auto held = use();
  auto* raw = held->get();
  std::vector<cellard_list_item> items(room);
  std::size_t count = 0;
  run([&] { return cellard_list(raw, &cursor, items.data(), room, &count); });
  nb::list result;
  for (std::size_t i = 0; i < count; ++i)
    result.append(describe(items[i]));
  return nb::make_tuple(result, cursor);
}

void bind_space(nb::module_& module) {
  const auto find = [](space::finder function) {
    return [function](const space& self, nb::handle keys) {
      return self.find(function, keys);
    };
  };
  nb::class_<space>(module, "Space")
    .def_prop_ro("block_bytes", &space::block_bytes)
    .def("layout", &space::layout)
    .def("lookup", find(cellard_lookup), nb::arg("keys"))
    .def("touch", find(cellard_touch), nb::arg("keys"))
    .def("prefetch", find(cellard_prefetch), nb::arg("keys"))
    .def("get", &space::get, nb::arg("keys"))
    .def("get_copy", &space::get_copy, nb::arg("keys"), nb::arg("k"), nb::arg("v").none(),
         nb::arg("tokens"))
    .def("put", &space::put, nb::arg("keys"), nb::arg("parent").none(), nb::arg("k"),
         nb::arg("v").none(), nb::arg("tokens"))
    .def("put_data", &space::put_data, nb::arg("keys"), nb::arg("parent").none(), nb::arg("blocks"))
    .def("reserve", &space::reserve, nb::arg("keys"), nb::arg("parent").none(), nb::arg("lengths"))
    .def("remove", &space::remove, nb::arg("keys"))
    .def("scrub", &space::scrub, nb::arg("keys"))
    .def("pin", &space::pin, nb::arg("keys"), nb::arg("for_ms"))
    .def("unpin", &space::unpin, nb::arg("keys"))
    .def("list", &space::list, nb::arg("cursor"), nb::arg("room"));
}

}  // namespace cellard::python
