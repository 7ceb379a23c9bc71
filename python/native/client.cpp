// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client.hpp"

#include <algorithm>

#include "error.hpp"
#include "layout.hpp"
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

constexpr const char* ended = "the cache is closed";

std::shared_ptr<connection> connect(const nb::object& socket, const nb::object& name,
                                    std::uint32_t deadline_ms, bool lazy) {
  const auto text = [](const nb::object& object) {
    return object.is_none() ? std::string() : nb::cast<std::string>(object);
  };
  const auto path = text(socket);
  const auto title = text(name);
  cellard_options options = CELLARD_OPTIONS_INIT;
  options.socket = socket.is_none() ? nullptr : path.c_str();
  options.client_name = name.is_none() ? nullptr : title.c_str();
  options.deadline_ms = deadline_ms;
  options.lazy = lazy ? 1 : 0;
  cellard_client* raw = nullptr;
  run([&] { return cellard_connect(&options, &raw); });
  return std::make_shared<connection>(raw, nullptr);
}

}  // namespace

client::client(const nb::object& socket, const nb::object& name, std::uint32_t deadline_ms,
               bool lazy)
  : held_(connect(socket, name, deadline_ms, lazy)) {
}

std::shared_ptr<connection> client::use() const {
  return held_.use(ended);
}

void client::close() noexcept {
  for (const auto& space : spaces_) {
    if (const auto live = space.lock())
      live->drop();
  }
  spaces_.clear();
  held_.drop();
}

std::unique_ptr<space> client::open(const std::string& name, const nb::dict& fields,
                                    const nb::bytes& salt) {
  const auto held = use();
  auto* raw = held->get();
  const layout wanted(fields);
  cellard_space* opened = nullptr;
  run([&] {
    return cellard_open(raw, name.c_str(), wanted.get(), salt.c_str(), salt.size(), &opened);
  });
  auto shared = std::make_shared<slot<space_handle>>(std::make_shared<space_handle>(opened, held));
  std::erase_if(spaces_, [](const auto& space) { return space.expired(); });
  spaces_.push_back(shared);
  return std::make_unique<space>(std::move(shared));
}

nb::dict client::server() const {
  const auto held = use();
  auto* raw = held->get();
  cellard_server_info info = CELLARD_SERVER_INFO_INIT;
  run([&] { return cellard_server(raw, &info); });
  nb::dict result;
  result["server"] = nb::str(info.server);
  result["instance"] = info.instance;
  result["pid"] = info.pid;
  result["connected"] = info.connected != 0;
  result["shared_memory"] = info.shared_memory != 0;
  result["privileged"] = info.privileged != 0;
  result["max_keys"] = info.max_keys;
  result["max_requests"] = info.max_requests;
  result["max_block_bytes"] = info.max_block_bytes;
  result["staging_bytes"] = info.staging_bytes;
  result["reconnects"] = info.reconnects;
  result["leases_lost"] = info.leases_lost;
  return result;
}

std::string client::admin(const std::string& what, bool all) const {
  const auto held = use();
  auto* raw = held->get();
  char* text = nullptr;
  run([&] { return cellard_admin(raw, what.c_str(), all ? 1 : 0, &text); });
  const std::unique_ptr<char, void (*)(char*)> owner(text, cellard_text_free);
  return text == nullptr ? std::string() : std::string(text);
}

void client::forget(const std::string& name, std::uint32_t kv_group) const {
  const auto held = use();
  auto* raw = held->get();
  run([&] { return cellard_forget(raw, name.c_str(), kv_group); });
}

void bind_client(nb::module_& module) {
  nb::class_<client>(module, "Client")
    .def(nb::init<const nb::object&, const nb::object&, std::uint32_t, bool>(),
         nb::arg("socket").none(), nb::arg("name").none(), nb::arg("deadline_ms"), nb::arg("lazy"))
    .def("close", &client::close)
    .def_prop_ro("closed", &client::closed)
    .def("open", &client::open, nb::arg("name"), nb::arg("layout"), nb::arg("salt"))
    .def("server", &client::server)
    .def("admin", &client::admin, nb::arg("what"), nb::arg("all"))
    .def("forget", &client::forget, nb::arg("name"), nb::arg("kv_group"));
}

}  // namespace cellard::python
