// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/connection.hpp"

#include <memory>

namespace cellard::ctl {
namespace {

client connect_with(const globals& shared, bool lazy) {
  cellard_options options CELLARD_OPTIONS_INIT;
  options.socket = shared.socket.empty() ? nullptr : shared.socket.c_str();
  options.client_name = "cellarctl";
  options.deadline_ms = shared.deadline_ms();
  options.lazy = lazy ? 1 : 0;
  return client{options};
}

}  // namespace

client connect(const globals& shared) {
  return connect_with(shared, false);
}

client connect_lazily(const globals& shared) {
  return connect_with(shared, true);
}

bool wants_all(const client& from, const globals& shared) {
  return shared.all_tenants != 0 ? shared.all_tenants > 0 : from.server().privileged != 0;
}

std::string ask_text(const client& from, const char* what, bool all) {
  char* text = nullptr;
  check(cellard_admin(from.handle(), what, all ? 1 : 0, &text));
  const std::unique_ptr<char, decltype(&cellard_text_free)> owned(text, cellard_text_free);
  return owned.get();
}

nlohmann::json ask(const client& from, const char* what, bool all) {
  return nlohmann::json::parse(ask_text(from, what, all));
}

}  // namespace cellard::ctl
