// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/emulated/warp.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace cellard::gpu::emulated {
namespace {

bool has(unsigned mask, unsigned lane) {
  return ((mask >> lane) & 1U) != 0;
}

template <class Visit>
void each_lane(unsigned mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) {
    visit(static_cast<unsigned>(std::countr_zero(mask)));
  }
}

unsigned source_lane(const warp::meeting& of, unsigned lane, unsigned argument) {
  const unsigned first = lane & ~(of.width - 1);
  switch (of.kind) {
  case collective::shuffle:
    return first | (argument & (of.width - 1));
  case collective::shuffle_up:
    return lane - first >= argument ? lane - argument : lane;
  case collective::shuffle_down:
    return argument < first + of.width - lane ? lane + argument : lane;
  default:
    return (lane ^ argument) < first + of.width ? lane ^ argument : lane;
  }
}

/// What each lane of a reduction gets.
std::uint64_t reduced(const warp::meeting& of, const warp::calls& calls) {
  std::uint64_t out = 0;
  each_lane(of.mask, [&](unsigned lane) {
    const std::uint64_t value = calls[lane].value;
    switch (of.kind) {
    case collective::ballot:
      out |= std::uint64_t{value != 0} << lane;
      break;
    case collective::reduce_or:
      out |= value;
      break;
    case collective::reduce_max:
      out = std::max(out, value);
      break;
    default:
      out += value;
    }
  });
  return out;
}

void resolve(const warp::meeting& of, warp::calls& calls) {
  switch (of.kind) {
  case collective::sync:
    return;
  case collective::ballot:
  case collective::reduce_or:
  case collective::reduce_max:
  case collective::reduce_add: {
    const std::uint64_t value = reduced(of, calls);
    return each_lane(of.mask, [&](unsigned lane) { calls[lane].value = value; });
  }
  default:
    break;
  }
  std::array<std::uint64_t, warp_lanes> from{};
  each_lane(of.mask, [&](unsigned lane) { from[lane] = calls[lane].value; });
  each_lane(of.mask, [&](unsigned lane) {
    const unsigned source = source_lane(of, lane, calls[lane].argument);
    if (!has(of.mask, source)) {
      throw fault("lane " + std::to_string(lane) + " reads lane " + std::to_string(source)
                  + ", which is not in the mask, at " + calls[lane].where.text());
    }
    calls[lane].value = from[source];
  });
}

}  // namespace

void warp::begin(unsigned lanes) {
  there_ = lanes >= warp_lanes ? ~0U : (1U << lanes) - 1;
  gone_ = 0;
  open_.clear();
}

warp::meeting warp::arrive(unsigned lane, const lane_call& call) {
  check_mask(lane, call);
  meeting& at = join(lane, call);
  at.arrived |= 1U << lane;
  calls_[lane] = call;
  meeting out = at;
  if (out.complete()) {
    resolve(out, calls_);
    at = std::move(open_.back());
    open_.pop_back();
  }
  return out;
}

void warp::check_mask(unsigned lane, const lane_call& call) const {
  const auto refuse = [&](const char* why) {
    throw fault(why + (" at " + call.where.text()));
  };
  if (!has(call.mask, lane)) {
    refuse("a lane is not in its own mask");
  }
  if ((call.mask & ~there_) != 0) {
    refuse("the mask names lanes that do not exist");
  }
  if ((call.mask & gone_) != 0) {
    refuse("the mask names a lane that has returned");
  }
  if (!std::has_single_bit(call.width) || call.width > warp_lanes) {
    refuse("the width is no power of two up to 32");
  }
}

warp::meeting& warp::join(unsigned lane, const lane_call& call) {
  for (auto& other : open_) {
    const site& first = calls_[static_cast<unsigned>(std::countr_zero(other.arrived))].where;
    if (has(other.mask, lane) && (other.kind != call.kind || other.width != call.width)) {
      throw fault("lanes of one mask are in different collectives: at " + call.where.text()
                  + " and at " + first.text());
    }
    if (other.mask == call.mask) {
      return other;
    }
    if ((other.mask & call.mask) != 0) {
      throw fault("masks overlap and differ: at " + call.where.text() + " and at " + first.text());
    }
  }
  return open_.emplace_back(
    meeting{.kind = call.kind,
            .mask = call.mask,
            .width = call.width,
            .order = call.kind == collective::sync ? std::make_shared<std::uint64_t>() : nullptr});
}

}  // namespace cellard::gpu::emulated
