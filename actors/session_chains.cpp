// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests about chains (the shard answers those), release; and inline reads, list, corrupt.
#include "actors/session.hpp"
#include "protocol/fields.hpp"

#include <algorithm>

namespace cellard::actors {

using core::errc;

// Most of these never come here: the connection knows the route to the shard.
void session_state::on(const inbound_ptr& from, const protocol::chain_request& request) {
  space* where = find(from, request.space, request.salt);
  if (where == nullptr || !is_served(from, request)) {
    give_back(*from, every_handle);
    return;
  }
  give_back(*from, request.space);
  if (request.op == protocol::opcode::get) {
    setup_.sink->may_hold_leases.store(true, std::memory_order_release);
    wake_at(from->arrived + setup_.settings->limits.lease_time);
  }
  chain_call call{from, requester_of(*where, request.space), where->salts[request.salt]};
  if (request.flags != 0) {
    scrub(from, *where, std::move(call));
  } else {
    self->send(where->opened.shard, chain_atom::value, std::move(call));
  }
}

/// Takes as long as writing the blocks does, so the request's deadline counts.
void session_state::scrub(const inbound_ptr& from, const space& where, chain_call call) {
  expect(from);
  self->request(where.opened.shard, caf::infinite, scrub_atom::value, std::move(call))
    .then(
      [this, from](const core::removal& done) {
        if (still_expected(*from)) {
          answer(*from, protocol::count_reply{done.removed, done.later});
        }
      },
      gone(from));
}

bool session_state::is_served(const inbound_ptr& from, const protocol::chain_request& request) {
  if (!few_enough(from, request.keys.size())) {
    return false;
  }
  const bool scrubs = request.op == protocol::opcode::remove && request.flags == protocol::scrub
                      && (features_ & protocol::feature_scrub) != 0;
  if (request.flags != 0 && !scrubs) {
    refuse(*from, errc::invalid_argument,
           fmt::format("{}: flags {:#x} are not defined, or of a feature that hello has to name",
                       protocol::to_string(request.op), request.flags));
    return false;
  }
  if (request.op == protocol::opcode::get && !setup_.who.shared_memory) {
    refuse(*from, errc::permission_denied,
           "get: this client is served inline only (listener.allow_root); use read");
    return false;
  }
  return true;
}

void session_state::on(const inbound_ptr& from, const protocol::release_request&) {
  const auto count = static_cast<std::uint32_t>(from->releases.size());
  if ((from->header.flags & protocol::no_reply) != 0) {
    from->settle();
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
