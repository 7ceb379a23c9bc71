// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests about the connection and the daemon: hello, open, close, salt, texts, and what only the
// owner and root may ask.
#include "actors/session.hpp"
#include "actors/version.hpp"
#include "protocol/fields.hpp"

#include <algorithm>

namespace cellard::actors {

using core::errc;

void session_state::on(const inbound_ptr& from, const protocol::hello_request& request) {
  if (request.version_min > protocol::version_max || request.version_max < protocol::version_min) {
    refuse(*from, errc::unsupported_version,
           fmt::format("hello: this daemon speaks versions {} to {}, the client {} to {}",
                       protocol::version_min, protocol::version_max, request.version_min,
                       request.version_max));
    return;
  }
  const auto& limits = setup_.settings->limits;
  greeted_ = true;
  features_ = request.features & protocol::known_features;
  setup_.who.client_name = std::string{request.client_name};
  self->send(setup_.stats, join_atom::value, setup_.who, session_actor{self});
  protocol::hello_reply reply;
  reply.version = std::min(request.version_max, protocol::version_max);
  reply.shared_memory = setup_.who.shared_memory;
  reply.privileged = setup_.who.privileged;
  reply.features = features_;
  reply.instance = setup_.instance;
  reply.pid = setup_.pid;
  reply.frame_bytes = static_cast<std::uint32_t>(limits.frame_bytes);
  reply.keys = std::min<std::uint32_t>(limits.keys_per_request, protocol::max_keys);
  reply.requests = limits.requests_in_flight;
  reply.staging_bytes = limits.staging_bytes;
  reply.block_bytes = limits.block_bytes;
  reply.leases = limits.leases;
  reply.lease_ms = static_cast<std::uint32_t>(
    std::chrono::duration_cast<std::chrono::milliseconds>(limits.lease_time).count());
  reply.server = server_name;
  answer(*from, reply);
}

void session_state::on(const inbound_ptr& from, const protocol::open_request& request) {
  const auto limit = setup_.settings->limits.namespaces_per_session;
  if (spaces_.size() + opening_ >= limit) {
    refuse(*from, errc::limit_reached,
           fmt::format("open: this connection has {} namespaces, limits.namespaces_per_session; "
                       "close one",
                       limit));
    return;
  }
  if (request.existing && (features_ & protocol::feature_existing) == 0) {
    refuse(*from, errc::invalid_argument,
           "open: field 7 (existing) is of a feature that hello has to name first");
    return;
  }
  open_call call{setup_.who.tenant, std::string{request.name}, request.kv_group,
                 request.layout,    request.max_age_ms,        request.existing};
  ++opening_;
  expect(from);
  self->request(setup_.supervisor, caf::infinite, open_atom::value, std::move(call))
    .then(
      [this, from](core::result<opened_space>& opened) {
        --opening_;
        if (opened && closed_) {
          self->send(setup_.supervisor, leave_atom::value, opened->id);
        } else if (opened) {
          finish_open(from, std::move(*opened));
        } else if (still_expected(*from)) {
          answer(*from, opened.error());
        }
        if (closed_) {
          closed();
        }
      },
      [this, from](const caf::error&) {
        --opening_;
        if (still_expected(*from)) {
          refuse(*from, errc::shutting_down, "the daemon is ending");
        }
        if (closed_) {
          closed();
        }
      });
}

void session_state::finish_open(const inbound_ptr& from, opened_space opened) {
  const auto& request = std::get<protocol::open_request>(from->body);
  if (request.part >= opened.shape.parts) {  // of an existing one it is known only now
    self->send(setup_.supervisor, leave_atom::value, opened.id);
    if (still_expected(*from)) {
      refuse(*from, errc::invalid_argument,
             fmt::format("open: part is {}, but the namespace has {} parts", request.part,
                         opened.shape.parts));
    }
    return;
  }
  std::uint32_t handle = 1;
  while (spaces_.contains(handle)) {
    ++handle;
  }
  auto& fresh = spaces_[handle];
  fresh.opened = opened;
  fresh.serial = ++opens_;
  fresh.name = request.name;
  fresh.part = request.part;
  self
    ->request(opened.shard, caf::infinite, join_atom::value, setup_.who.id, handle,
              std::string{request.salt})
    .then(
      [this, from, handle, opened](const core::result<std::uint16_t>& number) {
        if (number && still_expected(*from)) {
          spaces_[handle].salts.push_back(*number);
          publish_route(handle);
          protocol::open_reply reply;
          reply.space = handle;
          reply.created = opened.created;
          reply.verify = static_cast<std::uint8_t>(setup_.settings->codec.verify);
          reply.block_bytes = opened.block_bytes;
          if (std::get<protocol::open_request>(from->body).existing) {
            reply.layout = opened.shape;
            reply.max_age_ms = opened.max_age_ms;
          }
          answer(*from, reply);
          return;
        }
        leave_shard(spaces_.at(handle), handle);  // it may have been joined, too late
        self->send(setup_.supervisor, leave_atom::value, opened.id);
        spaces_.erase(handle);
        if (!number && still_expected(*from)) {
          answer(*from, number.error());
        }
      },
      gone(from));
}

void session_state::on(const inbound_ptr& from, const protocol::close_request& request) {
  if (const space* where = find(from, request.space); where != nullptr) {
    setup_.sink->set_route(
      request.space, std::make_shared<route>(route{where->serial, true, {}, {}, {}, 0, false, {}}));
    leave_shard(*where, request.space);
    self->send(setup_.supervisor, leave_atom::value, where->opened.id);
    spaces_.erase(request.space);
    answer(*from, protocol::count_reply{1});
  }
}

void session_state::on(const inbound_ptr& from, const protocol::salt_request& request) {
  space* where = find(from, request.space);
  if (where == nullptr) {
    return;
  }
  self->request(where->opened.shard, caf::infinite, salt_atom::value, std::string{request.salt})
    .then(
      [this, from, handle = request.space,
       id = where->opened.id](const core::result<std::uint16_t>& number) {
        const auto opened = spaces_.find(handle);
        if (!number) {
          answer(*from, number.error());
          return;
        }
        // The handle may have been given to another namespace since.
        if (opened == spaces_.end() || opened->second.opened.id != id) {
          refuse(*from, errc::not_open, "salt: the namespace was closed meanwhile");
          return;
        }
        auto& salts = opened->second.salts;
        auto known = std::find(salts.begin(), salts.end(), *number);
        if (known == salts.end()) {
          known = salts.insert(salts.end(), *number);
          publish_route(handle);
        }
        answer(*from, protocol::salt_reply{static_cast<std::uint16_t>(known - salts.begin())});
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the namespace is ending");
      });
}

void session_state::on(const inbound_ptr& from, const protocol::admin_request& request) {
  const auto ended = [this, from](const caf::error&) {
    refuse(*from, errc::shutting_down, "the daemon is ending");
  };
  switch (request.op) {
  case protocol::opcode::config:
    self->request(setup_.configuration, caf::infinite, text_atom::value)
      .then([this, from](std::string& text) { answer(*from, protocol::text_reply{text}); }, ended);
    return;
  case protocol::opcode::reload:
    self->request(setup_.configuration, caf::infinite, reload_atom::value)
      .then(
        [this, from](core::result<std::string>& report) {
          if (report) {
            answer(*from, protocol::text_reply{*report});
          } else {
            answer(*from, report.error());
          }
        },
        ended);
    return;
  case protocol::opcode::drain:
    self->send(setup_.supervisor, drain_atom::value);
    answer(*from, protocol::text_reply{"{\"draining\": true}"});
    return;
  case protocol::opcode::clear:
    self->request(setup_.supervisor, caf::infinite, clear_atom::value)
      .then(
        [this, from](std::uint32_t count) {
          answer(*from, protocol::text_reply{fmt::format("{{\"removed\": {}}}", count)});
        },
        ended);
    return;
  default:
    ask_text(from, request);
  }
}

void session_state::ask_text(const inbound_ptr& from, const protocol::admin_request& request) {
  if (request.all && !setup_.who.privileged) {
    refuse(*from, errc::permission_denied,
           "numbers of all tenants are for root and the daemon's own user");
    return;
  }
  self
    ->request(setup_.stats, caf::infinite, text_atom::value, request.op,
              request.all ? std::string{} : setup_.who.tenant)
    .then([this, from](std::string& text) { answer(*from, protocol::text_reply{std::move(text)}); },
          [this, from](const caf::error&) {
            refuse(*from, errc::shutting_down, "the daemon is ending");
          });
}

/// Of a request that needs a feature; otherwise it is refused.
bool session_state::may_ask(const inbound_ptr& from, std::uint64_t feature, bool others) const {
  if ((features_ & feature) == 0) {
    refuse(*from, errc::invalid_argument,
           fmt::format("{} is of a feature that hello has to name first",
                       to_string(static_cast<protocol::opcode>(from->header.op))));
    return false;
  }
  if (others && !setup_.who.privileged) {
    refuse(*from, errc::permission_denied,
           "numbers of other tenants are for root and the daemon's own user");
    return false;
  }
  return true;
}

template <class Query>
void session_state::ask_report(const inbound_ptr& from, Query what) {
  self->request(setup_.stats, caf::infinite, text_atom::value, std::move(what))
    .then(
      [this, from](core::result<std::string>& text) {
        if (text) {
          answer(*from, protocol::text_reply{*text});
        } else {
          answer(*from, text.error());
        }
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the daemon is ending");
      });
}

void session_state::on(const inbound_ptr& from, const protocol::history_request& request) {
  const bool others = request.all || !request.tenant.empty();
  if (may_ask(from, protocol::feature_history, others)) {
    ask_report(from, history_query{others ? std::string{request.tenant} : setup_.who.tenant,
                                   std::string{request.space}, request.kv_group,
                                   static_cast<double>(request.window_seconds), request.points});
  }
}

void session_state::on(const inbound_ptr& from, const protocol::forecast_request& request) {
  const bool others = request.all || !request.tenant.empty();
  if (may_ask(from, protocol::feature_forecast, others)) {
    ask_report(from, forecast_query{others ? std::string{request.tenant} : setup_.who.tenant,
                                    std::string{request.space}, request.kv_group, request.sizes,
                                    !setup_.who.privileged});
  }
}

void session_state::on(const inbound_ptr& from, const protocol::forget_request& request) {
  self
    ->request(setup_.supervisor, caf::infinite, forget_atom::value, setup_.who.tenant,
              std::string{request.name}, request.kv_group)
    .then(
      [this, from](const core::result<std::uint32_t>& dropped) {
        if (dropped) {
          answer(*from, protocol::count_reply{*dropped});
        } else {
          answer(*from, dropped.error());
        }
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the daemon is ending");
      });
}

}  // namespace cellard::actors
