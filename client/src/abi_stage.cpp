// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface: writing.
#include "client/src/abi.hpp"
#include "client/src/put.hpp"
#include "client/src/stage.hpp"

#include <optional>
#include <vector>

using cellard::core::errc;
using cellard::library::check_lengths;
using cellard::library::guarded;
using cellard::library::keys_of;
using cellard::library::missing;
using cellard::library::put;
using cellard::library::put_request;
using cellard::library::report;
using cellard::library::space_state;
using cellard::library::stage;
using cellard::library::status_of;
namespace core = cellard::core;

namespace {

std::optional<core::block_key> parent_of(const cellard_key* parent) {
  return parent == nullptr ? std::nullopt : std::optional{keys_of(parent, 1)[0]};
}

/// False when a put lacks something that it cannot do without.
bool is_complete(const cellard_space* space, const cellard_key* keys, size_t count,
                 const cellard_const_buffer* buffers, size_t per_block) noexcept {
  if (space == nullptr || count == 0) {
    return space != nullptr;
  }
  if (keys == nullptr || buffers == nullptr || per_block == 0 || count > SIZE_MAX / per_block) {
    return false;
  }
  return std::none_of(buffers, buffers + count * per_block, [](const auto& buffer) {
    return buffer.data == nullptr && buffer.length > 0;
  });
}

/// `statuses` may be null.
int put_blocks(const space_state& space, const put_request& wanted, int* statuses, size_t& stored) {
  if (wanted.keys.empty()) {
    return CELLARD_OK;
  }
  std::vector<int> own(statuses == nullptr ? wanted.keys.size() : 0);
  const std::span<int> per_key{statuses == nullptr ? own.data() : statuses, wanted.keys.size()};
  if (space.client->disabled()) {
    std::fill(per_key.begin(), per_key.end(), +CELLARD_UNAVAILABLE);
    return CELLARD_OK;
  }
  return status_of(put(space, wanted, per_key, stored));
}

core::result<std::unique_ptr<stage>> reserve(const std::shared_ptr<const space_state>& space,
                                             const cellard_key* parent, core::key_span keys,
                                             const uint64_t* lengths) {
  const std::vector<std::uint64_t> wanted(lengths,
                                          lengths == nullptr ? lengths : lengths + keys.size());
  CELLARD_TRY(check_lengths(*space, wanted));
  auto made = std::make_unique<stage>(space);
  CELLARD_TRY(made->reserve({parent_of(parent), keys, wanted}, made->start()));
  return made;
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): the interface has these parameters
int cellard_put(cellard_space* space, const cellard_key* parent, const cellard_key* keys,
                size_t count, const cellard_const_buffer* buffers, size_t buffers_per_block,
                int* statuses, size_t* stored) {
  return guarded([&]() -> int {
    size_t unused = 0;
    auto& total = stored == nullptr ? unused : *stored;
    total = 0;
    if (!is_complete(space, keys, count, buffers, buffers_per_block)) {
      return missing("cellard_put: space, keys, buffers or a buffer's data is NULL, or "
                     "buffers_per_block is 0");
    }
    const put_request wanted{parent_of(parent),
                             keys_of(keys, count),
                             {buffers, count * buffers_per_block},
                             buffers_per_block};
    return put_blocks(*space->state, wanted, statuses, total);
  });
}

int cellard_reserve(cellard_space* space, const cellard_key* parent, const cellard_key* keys,
                    size_t count, const uint64_t* lengths, cellard_stage** made) {
  return guarded([&]() -> int {
    if (space == nullptr || keys == nullptr || count == 0 || made == nullptr) {
      return missing("cellard_reserve: space, keys or stage is NULL, or count is 0");
    }
    *made = nullptr;
    if (space->state->client->disabled()) {
      return report(errc::unavailable, "the cache is switched off by CELLARD_DISABLE");
    }
    auto reserved = reserve(space->state, parent, keys_of(keys, count), lengths);
    if (!reserved) {
      return report(reserved.error());
    }
    *made = new cellard_stage{std::move(*reserved)};
    return CELLARD_OK;
  });
}

size_t cellard_stage_count(const cellard_stage* stage) {
  return stage == nullptr ? 0 : stage->state->entries().size();
}

int cellard_stage_slot(const cellard_stage* stage, size_t index, void** data, size_t* length) {
  return guarded([&]() -> int {
    if (data == nullptr || length == nullptr || index >= cellard_stage_count(stage)) {
      return missing("cellard_stage_slot: data or length is NULL, or the index is not below "
                     "cellard_stage_count");
    }
    *data = nullptr;
    *length = 0;
    if (stage->state->inherited()) {
      return report(errc::forked, "this stage belongs to the parent process");
    }
    if (stage->state->used()) {
      return missing("cellard_stage_slot: the stage was committed");
    }
    const auto& entry = stage->state->entries()[index];
    if (entry.status != errc::ok) {
      return report(entry.status, "there is nothing to write for this key");
    }
    *data = stage->state->data(entry);
    *length = entry.length;
    return CELLARD_OK;
  });
}

int cellard_stage_commit(cellard_stage* stage, int* statuses, size_t* stored) {
  return guarded([&]() -> int {
    if (stage == nullptr || stage->state->used()) {
      return missing("cellard_stage_commit: stage is NULL or was committed already");
    }
    if (stage->state->inherited()) {
      return report(errc::forked, "this stage belongs to the parent process");
    }
    auto& state = *stage->state;
    const auto done = state.commit(state.start());
    size_t there = 0;
    for (size_t i = 0; i < state.entries().size(); ++i) {
      const auto status = state.entries()[i].status;
      there += status == errc::ok || status == errc::exists ? 1U : 0U;
      if (statuses != nullptr) {
        statuses[i] = static_cast<int>(status);
      }
    }
    if (stored != nullptr) {
      *stored = there;
    }
    return status_of(done);
  });
}

void cellard_stage_free(cellard_stage* stage) {
  guarded([&] {
    delete stage;
    return 0;
  });
}
