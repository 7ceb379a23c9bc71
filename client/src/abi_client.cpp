// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface: connections and what belongs to no namespace.
#include "client/src/abi.hpp"
#include "client/src/fork_count.hpp"
#include "protocol/fields.hpp"

#include <array>
#include <cstdlib>

using cellard::core::errc;
using cellard::library::client_state;
using cellard::library::completed;
using cellard::library::find_endpoint;
using cellard::library::guarded;
using cellard::library::last_error;
using cellard::library::missing;
using cellard::library::report;
using cellard::library::status_of;
using cellard::library::watch_forks;
using cellard::library::write_out;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

static_assert(CELLARD_INTERNAL == static_cast<int>(errc::internal)
                && core::errc_count == CELLARD_INTERNAL + 1,
              "the numbers of the C interface are those of core/error.hpp");

const char* cellard_status_name(int status) {
  const bool known = status >= 0 && static_cast<std::size_t>(status) < core::errc_count;
  // The names are literals, so they end with a zero.
  return known ? to_string(static_cast<errc>(status)).data() : "unknown";
}

const char* cellard_last_error(void) {
  return last_error();
}

const char* cellard_version(void) {
  return CELLARD_VERSION;
}

int cellard_connect(const cellard_options* options, cellard_client** client) {
  return guarded([&]() -> int {
    if (client == nullptr || (options != nullptr && options->size < sizeof options->size)) {
      return missing("cellard_connect: client is NULL, or options->size is not set "
                     "(CELLARD_OPTIONS_INIT sets it)");
    }
    *client = nullptr;
    const cellard_options defaults CELLARD_OPTIONS_INIT;
    const auto wanted = options == nullptr ? defaults : completed(*options, defaults);
    auto where = find_endpoint(wanted.socket, wanted.client_name, wanted.deadline_ms);
    if (!where) {
      return report(where.error());
    }
    watch_forks();
    auto state = std::make_shared<client_state>(std::move(*where), wanted.lazy != 0);
    if (!state->disabled()) {
      const auto entered = state->enter(state->start());
      if (!entered && wanted.lazy == 0) {
        return report(entered.error());
      }
    }
    *client = new cellard_client{std::move(state)};
    return CELLARD_OK;
  });
}

void cellard_close(cellard_client* client) {
  if (client != nullptr) {
    guarded([&] {
      client->state->close();
      return 0;
    });
    delete client;
  }
}

int cellard_server(cellard_client* client, cellard_server_info* info) {
  return guarded([&]() -> int {
    if (client == nullptr || info == nullptr || info->size < sizeof info->size) {
      return missing("cellard_server: client or info is NULL, or info->size is not set");
    }
    const auto facts = client->state->facts(client->state->start());
    if (!facts) {
      return report(facts.error());
    }
    const auto& server = facts->server;
    cellard_server_info filled CELLARD_SERVER_INFO_INIT;
    filled.reconnects = facts->reconnects;
    filled.leases_lost = facts->leases_lost;
    if (facts->connected) {
      filled.connected = 1;
      filled.instance = server.instance;
      filled.pid = server.pid;
      filled.shared_memory = server.shared_memory ? 1 : 0;
      filled.privileged = server.privileged ? 1 : 0;
      filled.max_keys = server.keys;
      filled.max_requests = server.requests;
      filled.max_block_bytes = server.block_bytes;
      filled.staging_bytes = server.staging_bytes;
      server.server.copy(filled.server, sizeof filled.server - 1);
    }
    write_out(*info, filled);
    return CELLARD_OK;
  });
}

namespace {

constexpr std::array text_opcodes = {
  protocol::opcode::stats,    protocol::opcode::health, protocol::opcode::namespaces,
  protocol::opcode::sessions, protocol::opcode::config, protocol::opcode::reload,
  protocol::opcode::drain,    protocol::opcode::clear,
};

core::result<std::string> ask(client_state& client, std::string_view what, bool all) {
  const auto op = std::find_if(std::begin(text_opcodes), std::end(text_opcodes),
                               [&](auto known) { return to_string(known) == what; });
  if (op == std::end(text_opcodes)) {
    return core::fail(errc::invalid_argument,
                      "cellard_admin: '{}' is not stats, health, namespaces, sessions, config, "
                      "reload, drain or clear",
                      what);
  }
  if (client.disabled()) {
    return core::fail(errc::unavailable, "the cache is switched off by CELLARD_DISABLE");
  }
  const auto until = client.start();
  auto entered = client.enter(until);
  CELLARD_TRY(entered);
  auto reply = (*entered)->call<protocol::text_reply>(protocol::admin_request{*op, all}, 0, until);
  CELLARD_TRY(reply);
  return std::move(reply->text);
}

core::result<core::ok_t> forget(client_state& client, std::string_view name,
                                std::uint32_t kv_group) {
  if (client.disabled()) {
    return core::fail(errc::unavailable, "the cache is switched off by CELLARD_DISABLE");
  }
  if (name.empty() || name.size() > protocol::max_name_bytes) {
    return core::fail(errc::invalid_argument, "a namespace's name has 1 to {} bytes, not {}",
                      protocol::max_name_bytes, name.size());
  }
  const auto until = client.start();
  auto entered = client.enter(until);
  CELLARD_TRY(entered);
  return (*entered)->call_status(protocol::forget_request{name, kv_group}, 0, until);
}

}  // namespace

namespace {

std::string_view text_or_none(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// Of a request that not every daemon knows.
core::result<std::string> ask_newer(client_state& client, std::uint64_t feature,
                                    const protocol::request& what, std::string_view lacks) {
  if (client.disabled()) {
    return core::fail(errc::unavailable, "the cache is switched off by CELLARD_DISABLE");
  }
  const auto until = client.start();
  auto entered = client.enter(until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  if ((link.server().features & feature) == 0) {
    return core::fail(errc::unsupported_version, "{} {}; use a newer daemon", link.server().server,
                      lacks);
  }
  auto reply = link.call<protocol::text_reply>(what, 0, until);
  CELLARD_TRY(reply);
  return std::move(reply->text);
}

core::result<std::string> ask_history(client_state& client, const cellard_window& what) {
  return ask_newer(client, protocol::feature_history,
                   protocol::history_request{what.all != 0, what.window_seconds, what.points,
                                             what.kv_group, text_or_none(what.space),
                                             text_or_none(what.tenant)},
                   "keeps no history");
}

core::result<std::string> ask_forecast(client_state& client, const cellard_outlook& what) {
  if (what.count > protocol::max_sizes) {
    return core::fail(errc::invalid_argument, "forecast: {} sizes, allowed are up to {}",
                      what.count, protocol::max_sizes);
  }
  return ask_newer(client, protocol::feature_forecast,
                   protocol::forecast_request{what.all != 0,
                                              what.kv_group,
                                              {what.sizes, what.sizes + what.count},
                                              text_or_none(what.space),
                                              text_or_none(what.tenant)},
                   "makes no forecast");
}

/// The answer as a string of the caller's.
int give_text(const core::result<std::string>& answer, char** text) {
  *text = nullptr;
  if (!answer) {
    return report(answer.error());
  }
  *text = static_cast<char*>(std::malloc(answer->size() + 1));
  if (*text == nullptr) {
    throw std::bad_alloc{};
  }
  std::memcpy(*text, answer->c_str(), answer->size() + 1);
  return CELLARD_OK;
}

}  // namespace

int cellard_history(cellard_client* client, const cellard_window* window, char** text) {
  return guarded([&]() -> int {
    if (client == nullptr || text == nullptr
        || (window != nullptr && window->size < sizeof window->size)) {
      return missing("cellard_history: client or text is NULL, or window->size is not set "
                     "(CELLARD_WINDOW_INIT sets it)");
    }
    const cellard_window defaults CELLARD_WINDOW_INIT;
    return give_text(
      ask_history(*client->state, window == nullptr ? defaults : completed(*window, defaults)),
      text);
  });
}

int cellard_forecast(cellard_client* client, const cellard_outlook* outlook, char** text) {
  return guarded([&]() -> int {
    if (client == nullptr || text == nullptr
        || (outlook != nullptr && outlook->size < sizeof outlook->size)) {
      return missing("cellard_forecast: client or text is NULL, or outlook->size is not set "
                     "(CELLARD_OUTLOOK_INIT sets it)");
    }
    const cellard_outlook defaults CELLARD_OUTLOOK_INIT;
    const auto what = outlook == nullptr ? defaults : completed(*outlook, defaults);
    if (what.sizes == nullptr && what.count > 0) {
      return missing("cellard_forecast: outlook->sizes is NULL, but outlook->count is not 0");
    }
    return give_text(ask_forecast(*client->state, what), text);
  });
}

int cellard_admin(cellard_client* client, const char* what, int all, char** text) {
  return guarded([&]() -> int {
    if (client == nullptr || what == nullptr || text == nullptr) {
      return missing("cellard_admin: client, what or text is NULL");
    }
    return give_text(ask(*client->state, what, all != 0), text);
  });
}

int cellard_forget(cellard_client* client, const char* name, uint32_t kv_group) {
  return guarded([&]() -> int {
    if (client == nullptr || name == nullptr) {
      return missing("cellard_forget: client or name is NULL");
    }
    return status_of(forget(*client->state, name, kv_group));
  });
}

void cellard_text_free(char* text) {
  std::free(text);
}
