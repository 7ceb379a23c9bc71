// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests about chains: lookup, get, touch, prefetch, remove, pin, unpin, release; and inline
// reads, list, corrupt.
#include "actors/lease_number.hpp"
#include "actors/session_answers.hpp"

#include <algorithm>

namespace cellard::actors {

using core::errc;

void session_state::on(const inbound_ptr& from, const protocol::chain_request& request) {
  auto releases = give_back(*from, request.space);
  space* where = find(from, request.space, request.salt);
  if (where == nullptr) {
    return;
  }
  if (!few_enough(from, request.keys.size())) {
    self->send(where->opened.shard, release_atom::value, setup_.who.id, std::move(releases));
    return;
  }
  if (request.flags != 0) {
    self->send(where->opened.shard, release_atom::value, setup_.who.id, std::move(releases));
    refuse(*from, errc::invalid_argument,
           fmt::format("{}: flags {:#x} are not served by this version",
                       protocol::to_string(request.op), request.flags));
    return;
  }
  chain_call call{
    from, {setup_.who.id, where->part}, where->salts[request.salt], std::move(releases)};
  switch (request.op) {
  case protocol::opcode::get:
    get(from, *where, std::move(call));
    return;
  case protocol::opcode::lookup:
  case protocol::opcode::touch:
  case protocol::opcode::prefetch:
    self->request(where->opened.shard, caf::infinite, lookup_atom::value, std::move(call))
      .then(
        [this, from](const core::match& found) {
          answer(*from, protocol::match_reply{found.matched, found.ready, found.loading});
        },
        [this, from](const caf::error&) {
          refuse(*from, errc::shutting_down, "the namespace is ending");
        });
    return;
  default:
    self->request(where->opened.shard, caf::infinite, change_atom::value, std::move(call))
      .then([this, from](std::uint32_t count) { answer(*from, protocol::count_reply{count}); },
            [this, from](const caf::error&) {
              refuse(*from, errc::shutting_down, "the namespace is ending");
            });
  }
}

void session_state::get(const inbound_ptr& from, space& where, chain_call call) {
  if (!setup_.who.shared_memory) {
    refuse(*from, errc::permission_denied,
           "get: this client is served inline only (listener.allow_root); use read");
    self->send(where.opened.shard, release_atom::value, setup_.who.id, std::move(call.releases));
    return;
  }
  const auto handle = call.request().space;
  const auto id = where.opened.id;
  self->request(where.opened.shard, caf::infinite, get_atom::value, std::move(call))
    .then(
      [this, from, handle, id](core::result<get_answer>& found) {
        if (found) {
          answer_get(from, handle, id, *found);
        } else {
          refuse(*from, found.error().code(), found.error().context());
        }
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the namespace is ending");
      });
}

void session_state::answer_get(const inbound_ptr& from, std::uint32_t handle, space_id id,
                               get_answer& found) {
  protocol::get_reply reply;
  reply.matched = found.found.counts.matched;
  reply.ready = found.found.counts.ready;
  reply.loading = found.found.counts.loading;
  reply.places = std::move(found.found.places);
  std::vector<int> descriptors;
  const auto opened = spaces_.find(handle);
  // The handle may have been given to another namespace since.
  if (opened == spaces_.end() || opened->second.opened.id != id) {
    refuse(*from, errc::not_open, "get: the namespace was closed meanwhile");
    return;
  }
  if (found.found.lease != 0) {
    reply.lease = lease_number::join(handle, found.found.lease);
    may_hold_leases_ = true;
    wake_at(last_active_ + setup_.settings->limits.lease_time);
  }
  auto& sent = opened->second.sent;
  for (const auto& place : reply.places) {
    if (place.segment < sent.size() && sent[place.segment]) {
      continue;
    }
    if (descriptors.size() == protocol::max_descriptors) {
      // The rest of the match comes with the next get, whose segments are fewer by these.
      reply.places.resize(static_cast<std::size_t>(&place - reply.places.data()));
      reply.ready = static_cast<std::uint32_t>(reply.places.size());
      break;
    }
    for (const auto& each : *found.segments) {
      if (each.info.segment == place.segment) {
        reply.new_segments.push_back(each.info);
        descriptors.push_back(each.memory->read_only_descriptor());
      }
    }
    sent.resize(std::max<std::size_t>(sent.size(), place.segment + std::size_t{1}));
    sent[place.segment] = true;
  }
  answer(*from, reply, descriptors, found.segments);
}

void session_state::on(const inbound_ptr& from, const protocol::release_request&) {
  const auto count = static_cast<std::uint32_t>(from->releases.size());
  if ((from->header.flags & protocol::no_reply) != 0) {
    setup_.sink->done();
  } else {
    answer(*from, protocol::count_reply{count});
  }
}

void session_state::on(const inbound_ptr& from, const protocol::read_request& request) {
  space* where = find(from, request.space, request.salt);
  if (where == nullptr) {
    return;
  }
  self
    ->request(where->opened.shard, caf::infinite, read_atom::value,
              call_of(from, *where, request.salt))
    .then(
      [this, from](const core::result<read_answer>& found) {
        if (found) {
          answer_read(from, *found);
        } else {
          answer(*from, found.error());
        }
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the namespace is ending");
      });
}

void session_state::answer_read(const inbound_ptr& from, const read_answer& found) {
  const auto& request = std::get<protocol::read_request>(from->body);
  const core::place& where = found.where;
  const auto limit = setup_.settings->limits.inline_block_bytes;
  if (where.length > limit) {
    refuse(*from, errc::limit_reached,
           fmt::format("read: the block has {} bytes, limits.inline_block is {}; use shared memory",
                       where.length, limit));
    return;
  }
  const auto entry =
    std::find_if(found.segments->begin(), found.segments->end(),
                 [&](const auto& each) { return each.info.segment == where.segment; });
  if (entry == found.segments->end()) {
    answer(*from, core::error(errc::gone, "read: the block's segment was retired"));
    return;
  }
  const auto memory = entry->memory->data();
  const auto begin = std::min<std::uint64_t>(request.offset, where.length);
  const auto count = std::min<std::uint64_t>(request.length, where.length - begin);
  std::vector<std::byte> piece(count);
  std::copy_n(memory.data() + where.offset + begin, count, piece.begin());
  // The shard may have given the slot away on another thread while this one copied.
  std::atomic_thread_fence(std::memory_order_acquire);
  const auto* table = memory.data() + entry->info.table_offset;
  const auto& head = *reinterpret_cast<const core::slot_header*>(
    table + std::size_t{where.slot} * sizeof(core::slot_header));
  if (head.generation.load(std::memory_order_acquire) != where.generation
      || head.state.load(std::memory_order_acquire) != core::slot_state::committed) {
    answer(*from, core::error(errc::gone, "read: the block was dropped while it was read"));
    return;
  }
  answer(*from,
         protocol::read_reply{where.generation, where.codec, where.length, where.checksum, piece});
}

void session_state::on(const inbound_ptr& from, const protocol::list_request& request) {
  space* where = find(from, request.space);
  if (where == nullptr) {
    return;
  }
  self->request(where->opened.shard, caf::infinite, list_atom::value, request.cursor, request.limit)
    .then(
      [this, from](const list_page& page) {
        protocol::list_reply reply;
        reply.next = page.next;
        for (const auto& block : page.blocks) {
          reply.entries.push_back(
            {block.key, block.length, block.depth, block.codec,
             static_cast<std::uint8_t>(block.state == core::node_state::visible ? 0 : 1),
             static_cast<std::uint8_t>(block.flags | (block.children == 0 ? 4U : 0U)),
             block.children});
        }
        answer(*from, reply);
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the namespace is ending");
      });
}

void session_state::on(const inbound_ptr& from, const protocol::corrupt_request& request) {
  space* where = find(from, request.space, request.salt);
  if (where == nullptr) {
    return;
  }
  self
    ->request(where->opened.shard, caf::infinite, corrupt_atom::value,
              call_of(from, *where, request.salt))
    .then([this, from](std::uint32_t dropped) { answer(*from, protocol::count_reply{dropped}); },
          [this, from](const caf::error&) {
            refuse(*from, errc::shutting_down, "the namespace is ending");
          });
}

}  // namespace cellard::actors
