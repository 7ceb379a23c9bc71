// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/segment_table.hpp"

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using protocol::slot_header;

/// Divides instead of multiplying: no number of the daemon's may overflow.
core::result<ok_t> check(const protocol::segment_info& info) {
  if (info.table_offset % alignof(slot_header) != 0 || info.table_offset > info.bytes
      || info.slots > (info.bytes - info.table_offset) / sizeof(slot_header)) {
    return fail(errc::bad_frame,
                "segment {}: a table of {} slots at {} does not fit into its {} bytes",
                info.segment, info.slots, info.table_offset, info.bytes);
  }
  return ok_t{};
}

}  // namespace

core::result<ok_t> segment_table::adopt(std::span<const protocol::segment_info> infos,
                                        const std::vector<descriptor>& passed) {
  if (infos.size() != passed.size()) {
    return fail(errc::bad_frame, "a reply describes {} segments and carries {} descriptors",
                infos.size(), passed.size());
  }
  for (std::size_t i = 0; i < infos.size(); ++i) {
    CELLARD_TRY(check(infos[i]));
    auto bytes = mapping::make(passed[i], infos[i].bytes, mapping::access::read_only);
    if (!bytes && bytes.error().code() != errc::out_of_memory) {
      return tl::unexpected<core::error>(std::move(bytes).error());
    }
    // An id that is known already belongs to a segment that is gone; old views keep theirs.
    segments_[infos[i].segment] = {infos[i], bytes ? std::move(*bytes) : nullptr};
  }
  return ok_t{};
}

const segment* segment_table::find(const protocol::place& place) const {
  if (last_ == nullptr || last_->first != place.segment) {
    const auto found = segments_.find(place.segment);
    if (found == segments_.end()) {
      return nullptr;
    }
    last_ = &*found;
  }
  return last_->second.holds(place) ? &last_->second : nullptr;
}

core::error segment_table::refusal(const protocol::place& place) const {
  const auto found = segments_.find(place.segment);
  if (found == segments_.end()) {
    return {errc::bad_frame,
            fmt::format("a block lies in segment {}, which was never sent", place.segment)};
  }
  const auto& info = found->second.info;
  return {errc::bad_frame,
          fmt::format("a block's slot {} and its {} bytes at {} are outside of segment {} ({} "
                      "slots, {} bytes)",
                      place.slot, place.length, place.offset, info.segment, info.slots,
                      info.bytes)};
}

}  // namespace cellard::library
