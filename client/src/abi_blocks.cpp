// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface: reading.
#include "client/src/abi.hpp"
#include "client/src/get.hpp"

using cellard::core::errc;
using cellard::library::get;
using cellard::library::get_copy;
using cellard::library::guarded;
using cellard::library::keys_of;
using cellard::library::missing;
using cellard::library::report;
using cellard::library::status_of;
using cellard::library::write_out;

namespace {

/// In a child the views' memory is not there, so nothing about them may be told.
int refuse_inherited() noexcept {
  return report(errc::forked, "these blocks belong to the parent process: after fork the child "
                              "calls cellard_connect anew and gets its own");
}

bool has_null(const cellard_buffer* buffers, size_t count) noexcept {
  return std::any_of(buffers, buffers + count, [](const auto& buffer) {
    return buffer.data == nullptr && buffer.length > 0;
  });
}

}  // namespace

int cellard_get(cellard_space* space, const cellard_key* keys, size_t count,
                cellard_blocks** blocks) {
  return guarded([&]() -> int {
    if (space == nullptr || (keys == nullptr && count > 0) || blocks == nullptr) {
      return missing("cellard_get: space, keys or blocks is NULL");
    }
    *blocks = nullptr;
    auto made = std::make_unique<cellard_blocks>();
    if (!space->state->client->disabled() && count > 0) {
      auto found = get(*space->state, keys_of(keys, count));
      if (!found) {
        return report(found.error());
      }
      made->set = std::move(*found);
    }
    *blocks = made.release();
    return CELLARD_OK;
  });
}

size_t cellard_blocks_count(const cellard_blocks* blocks) {
  return blocks == nullptr || blocks->set == nullptr ? 0 : blocks->set->views().size();
}

int cellard_blocks_view(const cellard_blocks* blocks, size_t index, cellard_view* view) {
  return guarded([&]() -> int {
    if (view == nullptr || index >= cellard_blocks_count(blocks)) {
      return missing("cellard_blocks_view: view is NULL, or the index is not below "
                     "cellard_blocks_count");
    }
    if (blocks->set->inherited()) {
      return refuse_inherited();
    }
    const auto& found = blocks->set->views()[index];
    *view = {found.data, found.length, found.codec, 0};
    return CELLARD_OK;
  });
}

int cellard_blocks_info(const cellard_blocks* blocks, size_t index, cellard_block_info* info) {
  return guarded([&]() -> int {
    if (info == nullptr || info->size < sizeof info->size
        || index >= cellard_blocks_count(blocks)) {
      return missing("cellard_blocks_info: info is NULL, its size is not set "
                     "(CELLARD_BLOCK_INFO_INIT sets it), or the index is not below "
                     "cellard_blocks_count");
    }
    cellard_block_info filled CELLARD_BLOCK_INFO_INIT;
    write_out(*info, filled);
    if (blocks->set->inherited()) {
      return refuse_inherited();
    }
    const auto errors = blocks->set->errors(index);
    if (!errors) {
      return report(errors.error());
    }
    filled.codec = blocks->set->views()[index].codec;
    filled.key_error = double{errors->keys};
    filled.value_error = double{errors->values};
    write_out(*info, filled);
    return CELLARD_OK;
  });
}

int cellard_blocks_read(const cellard_blocks* blocks, size_t index, uint64_t offset, void* out,
                        size_t length) {
  return guarded([&]() -> int {
    if ((out == nullptr && length > 0) || index >= cellard_blocks_count(blocks)) {
      return missing("cellard_blocks_read: out is NULL, or the index is not below "
                     "cellard_blocks_count");
    }
    if (blocks->set->inherited()) {
      return refuse_inherited();
    }
    return status_of(blocks->set->read(index, offset, {static_cast<std::byte*>(out), length}));
  });
}

int cellard_blocks_check(const cellard_blocks* blocks) {
  return guarded([&]() -> int {
    if (blocks == nullptr) {
      return missing("cellard_blocks_check: blocks is NULL");
    }
    if (blocks->set == nullptr) {
      return CELLARD_OK;
    }
    return blocks->set->inherited() ? refuse_inherited() : status_of(blocks->set->check());
  });
}

void cellard_blocks_free(cellard_blocks* blocks) {
  delete blocks;
}

int cellard_get_copy(cellard_space* space, const cellard_key* keys, size_t count,
                     const cellard_buffer* buffers, size_t buffers_per_block, size_t* copied) {
  return guarded([&]() -> int {
    if (space == nullptr || copied == nullptr
        || (count > 0 && (keys == nullptr || buffers == nullptr || buffers_per_block == 0))) {
      return missing("cellard_get_copy: space, keys, buffers or copied is NULL, or "
                     "buffers_per_block is 0");
    }
    *copied = 0;
    if (count == 0 || space->state->client->disabled()) {
      return CELLARD_OK;
    }
    if (count > SIZE_MAX / buffers_per_block || has_null(buffers, count * buffers_per_block)) {
      return missing("cellard_get_copy: a buffer's data is NULL");
    }
    return status_of(get_copy(*space->state, keys_of(keys, count),
                              {buffers, count * buffers_per_block}, buffers_per_block, *copied));
  });
}
