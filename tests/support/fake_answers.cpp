// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The usual answers of the fake daemon, one overload a request.
#include "tests/support/fake_daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace cellard::testing {

using core::errc;
using protocol::opcode;

struct fake_daemon::visitor {
  fake_daemon& daemon;
  fake_exchange& exchange;

  [[nodiscard]] fake_store& store() const { return *daemon.store_; }

  void operator()(const protocol::hello_request& request) const {
    const auto& settings = daemon.settings_;
    protocol::hello_reply reply;
    reply.version = settings.version;
    reply.shared_memory = settings.shared_memory;
    reply.features = settings.features & request.features;
    reply.instance = daemon.instance_;
    reply.pid = 4242;
    reply.frame_bytes = settings.frame_bytes;
    reply.keys = settings.keys;
    reply.requests = 32;
    reply.staging_bytes = settings.staging_bytes;
    reply.block_bytes = 1U << 30;
    reply.server = "fake 1.0";
    exchange.reply(reply);
  }

  void operator()(const protocol::open_request& request) const {
    if (request.existing && !daemon.layout_) {
      exchange.reply(core::error{errc::not_found, "no such namespace"});
      return;
    }
    if (!request.existing) {
      daemon.layout_ = request.layout;
    }
    const auto bytes = daemon.layout_->block_bytes();
    exchange.peer->block_bytes = bytes;
    if (daemon.store_ == nullptr) {
      daemon.store_ = std::make_unique<fake_store>(bytes);
    }
    protocol::open_reply reply{5, false, daemon.settings_.verify, bytes};
    if (request.existing) {
      reply.layout = daemon.layout_;
      reply.max_age_ms = 7000;
    }
    exchange.reply(reply);
  }

  [[nodiscard]] std::uint32_t leading(core::key_span keys) const {
    std::uint32_t count = 0;
    while (count < keys.size() && store().contains(keys[count])) {
      ++count;
    }
    return count;
  }

  void operator()(const protocol::chain_request& request) const {
    if (request.op == opcode::get) {
      get(request);
    } else if (request.op == opcode::remove || request.op == opcode::pin
               || request.op == opcode::unpin) {
      std::uint32_t count = 0;
      for (const auto& key : request.keys) {
        count += store().contains(key) ? 1U : 0U;
        if (request.op == opcode::remove) {
          store().remove(key);
        }
      }
      protocol::count_reply reply{count};
      if (request.flags == protocol::scrub) {
        reply.later = daemon.leases_.empty() ? 0 : count;
      }
      exchange.reply(reply);
    } else {
      const auto count = leading(request.keys);
      exchange.reply(protocol::match_reply{count, count, 0});
    }
  }

  void get(const protocol::chain_request& request) const {
    protocol::get_reply reply;
    reply.matched = reply.ready = leading(request.keys);
    std::vector<int> descriptors;
    if (reply.ready > 0) {
      reply.lease = ++daemon.last_lease_;
      daemon.leases_.insert(reply.lease);
      if (!exchange.peer->segment_sent) {
        exchange.peer->segment_sent = true;
        reply.new_segments.push_back(store().info());
        descriptors.push_back(store().descriptor());
      }
    }
    for (const auto& key : request.keys.first(reply.ready)) {
      reply.places.push_back(store().place(key));
    }
    exchange.reply(reply, descriptors);
  }

  void operator()(const protocol::release_request&) const {
    if ((exchange.header.flags & protocol::no_reply) == 0) {
      exchange.reply(protocol::count_reply{exchange.header.releases});
    }
  }

  void operator()(const protocol::stage_request& request) const {
    const auto least = request.least == 0 ? request.bytes : request.least;
    const auto left = daemon.settings_.staging_left;
    if (least > left) {
      exchange.reply(core::error{errc::limit_reached, "limits.staging_total"});
      return;
    }
    const auto bytes = std::clamp(left, least, request.bytes);
    exchange.peer->staging = std::make_unique<sealed_memory>(bytes);
    std::vector<int> descriptors;
    if (daemon.settings_.shared_memory) {
      descriptors.push_back(exchange.peer->staging->descriptor());
    }
    exchange.reply(protocol::stage_reply{bytes}, descriptors);
  }

  [[nodiscard]] errc store_block(const core::block_key& key, std::uint64_t offset,
                                 std::uint64_t length) const {
    if (store().contains(key)) {
      return errc::exists;
    }
    const auto area = exchange.peer->staging->bytes();
    if (offset > area.size() || length > area.size() - offset
        || length > exchange.peer->block_bytes) {
      return errc::invalid_argument;
    }
    store().put(key, area.subspan(offset, length));
    return errc::ok;
  }

  void operator()(const protocol::put_request& request) const {
    protocol::status_list_reply reply;
    if (request.parent && !store().contains(*request.parent)) {
      reply.statuses.assign(request.entries.size(), errc::no_parent);
    } else {
      for (const auto& entry : request.entries) {
        reply.statuses.push_back(store_block(entry.key, entry.offset, entry.length));
      }
    }
    exchange.reply(reply);
  }

  void operator()(const protocol::reserve_request& request) const {
    protocol::reserve_reply reply;
    for (const auto& key : request.keys) {
      if (store().contains(key)) {
        reply.entries.push_back({errc::exists, 0});
      } else {
        daemon.tickets_[++daemon.last_ticket_] = key;
        reply.entries.push_back({errc::ok, daemon.last_ticket_});
      }
    }
    exchange.reply(reply);
  }

  void operator()(const protocol::commit_request& request) const {
    protocol::status_list_reply reply;
    for (const auto& [ticket, length, offset] : request.entries) {
      const auto found = daemon.tickets_.find(ticket);
      reply.statuses.push_back(found == daemon.tickets_.end()
                                 ? errc::not_found
                                 : store_block(found->second, offset, length));
    }
    exchange.reply(reply);
  }

  void operator()(const protocol::abort_request& request) const {
    daemon.aborted_.insert(daemon.aborted_.end(), request.tickets.begin(), request.tickets.end());
    exchange.reply(protocol::count_reply{static_cast<std::uint32_t>(request.tickets.size())});
  }

  void operator()(const protocol::write_request& request) const {
    const auto area = exchange.peer->staging->bytes();
    std::memcpy(area.subspan(request.offset, request.bytes.size()).data(), request.bytes.data(),
                request.bytes.size());
    exchange.reply(protocol::count_reply{static_cast<std::uint32_t>(request.bytes.size())});
  }

  void operator()(const protocol::read_request& request) const {
    if (!store().contains(request.key)) {
      exchange.reply(core::error{errc::not_found, "no such key"});
      return;
    }
    const auto place = store().place(request.key);
    const auto bytes = store().bytes(request.key).subspan(request.offset);
    exchange.reply(
      protocol::read_reply{place.generation, place.codec, place.length, place.checksum,
                           bytes.first(std::min<std::size_t>(bytes.size(), request.length))});
  }

  void operator()(const protocol::list_request& request) const {
    protocol::list_reply reply;
    for (auto i = request.cursor; i < 10 && reply.entries.size() < request.limit; ++i) {
      protocol::list_entry entry;
      entry.depth = static_cast<std::uint32_t>(i);
      reply.entries.push_back(entry);
      reply.next = i + 1 < 10 ? i + 1 : 0;
    }
    exchange.reply(reply);
  }

  void operator()(const protocol::salt_request&) const { exchange.reply(protocol::salt_reply{1}); }
  void operator()(const protocol::close_request&) const {
    exchange.reply(protocol::count_reply{1});
  }
  void operator()(const protocol::corrupt_request&) const {
    exchange.reply(protocol::count_reply{1});
  }
  void operator()(const protocol::forget_request&) const {
    exchange.reply(protocol::count_reply{1});
  }
  void operator()(const protocol::history_request& request) const {
    exchange.reply(protocol::text_reply{fmt::format("{{\"window_seconds\": {}, \"space\": \"{}\"}}",
                                                    request.window_seconds, request.space)});
  }
  void operator()(const protocol::forecast_request& request) const {
    exchange.reply(protocol::text_reply{
      fmt::format("{{\"sizes\": [{}], \"space\": \"{}\", \"all\": {}}}",
                  fmt::join(request.sizes, ", "), request.space, request.all)});
  }
  void operator()(const protocol::admin_request& request) const {
    exchange.reply(
      protocol::text_reply{fmt::format("{{\"{}\": {}}}", to_string(request.op), request.all)});
  }
};

void fake_daemon::answer(fake_exchange& exchange) {
  std::visit(visitor{*this, exchange}, exchange.body);
}

}  // namespace cellard::testing
