// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface: namespaces, keys, and requests that move no bytes.
#include "client/src/abi.hpp"
#include "client/src/chain.hpp"
#include "client/src/keys.hpp"

using cellard::core::errc;
using cellard::library::chain_keys;
using cellard::library::client_state;
using cellard::library::completed;
using cellard::library::guarded;
using cellard::library::key_from_bytes;
using cellard::library::keys_of;
using cellard::library::largest_block;
using cellard::library::list;
using cellard::library::match;
using cellard::library::missing;
using cellard::library::report;
using cellard::library::space_state;
using cellard::library::status_of;
using cellard::library::write_out;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

namespace {

const char* text_or_empty(const char* text) noexcept {
  return text == nullptr ? "" : text;
}

core::rope_descriptor rope_of(const cellard_rope& given) {
  const cellard_rope defaults CELLARD_ROPE_INIT;
  const auto wanted = completed(given, defaults);
  core::rope_descriptor rope;
  rope.rotary_dim = wanted.rotary_dim;
  rope.pairing = wanted.interleaved != 0 ? core::rope_descriptor::pairing_kind::interleaved
                                         : core::rope_descriptor::pairing_kind::half;
  rope.first_position = wanted.first_position;
  rope.theta = wanted.theta;
  rope.scaling = wanted.scaling;
  if (wanted.inverse_frequencies != nullptr) {
    rope.inverse_frequencies.assign(wanted.inverse_frequencies,
                                    wanted.inverse_frequencies + wanted.frequencies);
  }
  return rope;
}

cellard_rope rope_of(const core::layout& layout) noexcept {
  const auto& rope = layout.rope;
  cellard_rope out CELLARD_ROPE_INIT;
  out.rotary_dim = rope.rotary_dim;
  out.interleaved = rope.pairing == core::rope_descriptor::pairing_kind::interleaved ? 1 : 0;
  out.first_position = rope.first_position;
  out.frequencies = static_cast<std::uint32_t>(rope.inverse_frequencies.size());
  out.theta = rope.theta;
  out.scaling = rope.scaling;
  out.inverse_frequencies =
    rope.inverse_frequencies.empty() ? nullptr : rope.inverse_frequencies.data();
  return out;
}

core::result<core::layout> layout_of(const cellard_layout& wanted) {
  core::layout layout;
  const std::uint32_t parts = wanted.parts == 0 ? 1 : wanted.parts;
  if (parts > core::max_parts || wanted.part >= parts || wanted.dtype > CELLARD_F8E4M3) {
    return core::fail(errc::invalid_argument,
                      "layout: part {} of {} (at most {}), dtype {} (at most {})", wanted.part,
                      parts, core::max_parts, wanted.dtype, +CELLARD_F8E4M3);
  }
  layout.type = static_cast<core::dtype>(wanted.dtype);
  layout.layers = wanted.layers;
  layout.kv_heads = wanted.kv_heads;
  layout.head_dim = wanted.head_dim;
  layout.v_head_dim = wanted.v_head_dim;
  layout.block_tokens = wanted.block_tokens;
  layout.max_bytes = wanted.max_bytes;
  layout.parts = static_cast<std::uint16_t>(parts);
  layout.model = text_or_empty(wanted.model);
  layout.weights = text_or_empty(wanted.weights);
  if (wanted.rope != nullptr) {
    layout.rope = rope_of(*wanted.rope);
  }
  CELLARD_TRY(layout.check(largest_block));
  return layout;
}

/// There is no layout to be lazy with: without a daemon nothing is opened.
core::result<core::ok_t> adopt_existing(space_state& space, std::uint32_t part) {
  if (part >= core::max_parts) {
    return core::fail(errc::invalid_argument, "layout: part {}, allowed are 0 to {}", part,
                      core::max_parts - 1);
  }
  if (space.client->disabled()) {
    return core::fail(errc::unavailable,
                      "$CELLARD_DISABLE is set, so there is nobody who knows the namespace");
  }
  return space.adopt_existing(space.client->start());
}

core::result<std::shared_ptr<const space_state>>
open_space_of(const std::shared_ptr<client_state>& client, std::string_view name,
              const cellard_layout& given, std::string_view salt) {
  CELLARD_TRY(client->usable());
  if (name.empty() || name.size() > protocol::max_name_bytes
      || salt.size() > protocol::max_salt_bytes) {
    return core::fail(errc::invalid_argument,
                      "a namespace's name has 1 to {} bytes and its salt at most {}, not {} and {}",
                      protocol::max_name_bytes, protocol::max_salt_bytes, name.size(), salt.size());
  }
  const cellard_layout defaults CELLARD_LAYOUT_INIT;
  const auto wanted = completed(given, defaults);
  auto space = std::make_shared<space_state>();
  space->client = client;
  space->id = client->next_space();
  space->name = name;
  space->salt = salt;
  space->kv_group = wanted.kv_group;
  space->part = static_cast<std::uint16_t>(wanted.part);
  if (wanted.existing != 0) {
    CELLARD_TRY(adopt_existing(*space, wanted.part));
    return space;
  }
  auto layout = layout_of(wanted);
  CELLARD_TRY(layout);
  space->block_bytes = layout->block_bytes();
  space->layout = std::move(*layout);
  space->max_age_ms = wanted.max_age_ms;
  if (!client->disabled()) {
    const auto entered = client->enter(*space, client->start());
    if (!entered && !(client->lazy() && entered.error().code() == errc::unavailable)) {
      return tl::unexpected<core::error>(entered.error());
    }
  }
  return space;
}

/// An output that the caller may leave out.
void put_out(uint32_t* to, uint32_t value) noexcept {
  if (to != nullptr) {
    *to = value;
  }
}

int match_call(cellard_space* space, protocol::opcode op, const cellard_key* keys, size_t count,
               cellard_match* found) noexcept {
  return guarded([&]() -> int {
    if (space == nullptr || (keys == nullptr && count > 0) || found == nullptr
        || found->size < sizeof found->size) {
      return missing("space, keys or match is NULL, or match->size is not set "
                     "(CELLARD_MATCH_INIT sets it)");
    }
    cellard_match filled CELLARD_MATCH_INIT;
    write_out(*found, filled);
    if (space->state->client->disabled() || count == 0) {
      return CELLARD_OK;
    }
    const auto sum = match(*space->state, op, keys_of(keys, count), space->state->client->start());
    if (!sum) {
      return report(sum.error());
    }
    filled.matched = sum->matched;
    filled.ready = sum->ready;
    filled.loading = sum->loading;
    write_out(*found, filled);
    return CELLARD_OK;
  });
}

int count_call(cellard_space* space, protocol::opcode op, const cellard_key* keys, size_t count,
               uint32_t argument, uint32_t* sum) noexcept {
  return guarded([&]() -> int {
    if (space == nullptr || (keys == nullptr && count > 0)) {
      return missing("space or keys is NULL");
    }
    std::uint32_t unused = 0;
    auto& total = sum == nullptr ? unused : *sum;
    total = 0;
    if (space->state->client->disabled() || count == 0) {
      return CELLARD_OK;
    }
    const auto done = cellard::library::count(*space->state, op, keys_of(keys, count), argument);
    if (!done) {
      return report(done.error());
    }
    total = *done;
    return CELLARD_OK;
  });
}

}  // namespace

int cellard_open(cellard_client* client, const char* name, const cellard_layout* layout,
                 const void* salt, size_t salt_bytes, cellard_space** space) {
  return guarded([&]() -> int {
    if (client == nullptr || name == nullptr || layout == nullptr || space == nullptr
        || (salt == nullptr && salt_bytes > 0) || layout->size < sizeof layout->size) {
      return missing("cellard_open: client, name, layout, salt or space is NULL, or layout->size "
                     "is not set (CELLARD_LAYOUT_INIT sets it)");
    }
    *space = nullptr;
    auto opened =
      open_space_of(client->state, name, *layout, {static_cast<const char*>(salt), salt_bytes});
    if (!opened) {
      return report(opened.error());
    }
    *space = new cellard_space{*opened, rope_of((*opened)->layout)};
    return CELLARD_OK;
  });
}

void cellard_space_close(cellard_space* space) {
  if (space != nullptr) {
    guarded([&] {
      space->state->close();
      return 0;
    });
    delete space;
  }
}

int cellard_space_layout(const cellard_space* space, cellard_layout* layout) {
  return guarded([&]() -> int {
    if (space == nullptr || layout == nullptr || layout->size < sizeof layout->size) {
      return missing("cellard_space_layout: space or layout is NULL, or layout->size is not set "
                     "(CELLARD_LAYOUT_INIT sets it)");
    }
    const auto& state = *space->state;
    const auto& shape = state.layout;
    cellard_layout filled CELLARD_LAYOUT_INIT;
    filled.dtype = static_cast<std::uint32_t>(shape.type);
    filled.layers = shape.layers;
    filled.kv_heads = shape.kv_heads;
    filled.head_dim = shape.head_dim;
    filled.v_head_dim = shape.v_head_dim;
    filled.block_tokens = shape.block_tokens;
    filled.max_bytes = shape.max_bytes;
    filled.kv_group = state.kv_group;
    filled.parts = shape.parts;
    filled.part = state.part;
    filled.model = shape.model.empty() ? nullptr : shape.model.c_str();
    filled.weights = shape.weights.empty() ? nullptr : shape.weights.c_str();
    filled.rope = shape.rope.rotary_dim == 0 ? nullptr : &space->rope;
    filled.max_age_ms = state.max_age_ms;
    write_out(*layout, filled);
    return CELLARD_OK;
  });
}

uint64_t cellard_block_bytes(const cellard_space* space) {
  return space == nullptr ? 0 : space->state->block_bytes;
}

int cellard_chain_keys(const uint32_t* tokens, size_t count, uint32_t block_tokens,
                       const void* extra, size_t extra_bytes, cellard_key* keys) {
  return guarded([&]() -> int {
    const size_t blocks = block_tokens == 0 ? 0 : count / block_tokens;
    if ((tokens == nullptr && count > 0) || (extra == nullptr && extra_bytes > 0)
        || (keys == nullptr && blocks > 0)) {
      return missing("cellard_chain_keys: tokens, extra or keys is NULL");
    }
    return status_of(chain_keys({tokens, count}, block_tokens,
                                {static_cast<const std::byte*>(extra), extra_bytes},
                                {reinterpret_cast<core::block_key*>(keys), blocks}));
  });
}

int cellard_key_from_bytes(const void* bytes, size_t size, cellard_key* key) {
  return guarded([&]() -> int {
    if ((bytes == nullptr && size > 0) || key == nullptr) {
      return missing("cellard_key_from_bytes: bytes or key is NULL");
    }
    const auto made = key_from_bytes({static_cast<const std::byte*>(bytes), size});
    if (!made) {
      return report(made.error());
    }
    std::memcpy(key->bytes, made->bytes.data(), sizeof key->bytes);
    return CELLARD_OK;
  });
}

int cellard_lookup(cellard_space* space, const cellard_key* keys, size_t count,
                   cellard_match* match) {
  return match_call(space, protocol::opcode::lookup, keys, count, match);
}

int cellard_touch(cellard_space* space, const cellard_key* keys, size_t count,
                  cellard_match* match) {
  return match_call(space, protocol::opcode::touch, keys, count, match);
}

int cellard_prefetch(cellard_space* space, const cellard_key* keys, size_t count,
                     cellard_match* match) {
  return match_call(space, protocol::opcode::prefetch, keys, count, match);
}

int cellard_remove(cellard_space* space, const cellard_key* keys, size_t count, uint32_t* removed) {
  return count_call(space, protocol::opcode::remove, keys, count, 0, removed);
}

int cellard_scrub(cellard_space* space, const cellard_key* keys, size_t count, uint32_t* removed,
                  uint32_t* later) {
  return guarded([&]() -> int {
    if (space == nullptr || (keys == nullptr && count > 0)) {
      return missing("space or keys is NULL");
    }
    protocol::count_reply sum{0, 0};
    if (!space->state->client->disabled() && count > 0) {
      const auto done = cellard::library::scrub(*space->state, keys_of(keys, count));
      if (!done) {
        put_out(removed, 0);
        put_out(later, 0);
        return report(done.error());
      }
      sum = *done;
    }
    put_out(removed, sum.count);
    put_out(later, sum.later.value_or(0));
    return CELLARD_OK;
  });
}

int cellard_pin(cellard_space* space, const cellard_key* keys, size_t count, uint32_t for_ms,
                uint32_t* pinned) {
  return count_call(space, protocol::opcode::pin, keys, count, for_ms, pinned);
}

int cellard_unpin(cellard_space* space, const cellard_key* keys, size_t count, uint32_t* unpinned) {
  return count_call(space, protocol::opcode::unpin, keys, count, 0, unpinned);
}

int cellard_list(cellard_space* space, uint64_t* cursor, cellard_list_item* items, size_t room,
                 size_t* count) {
  static_assert(sizeof(cellard_list_item) == sizeof(protocol::list_entry));
  return guarded([&]() -> int {
    if (space == nullptr || cursor == nullptr || items == nullptr || room == 0
        || count == nullptr) {
      return missing("cellard_list: space, cursor, items or count is NULL, or room is 0");
    }
    *count = 0;
    if (space->state->client->disabled()) {
      *cursor = 0;
      return CELLARD_OK;
    }
    const auto page = list(*space->state, *cursor, room);
    if (!page) {
      return report(page.error());
    }
    if (!page->entries.empty()) {
      std::memcpy(items, page->entries.data(), page->entries.size() * sizeof *items);
    }
    *count = page->entries.size();
    *cursor = page->next;
    return CELLARD_OK;
  });
}
