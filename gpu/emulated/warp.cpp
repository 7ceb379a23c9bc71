// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/emulated/warp.hpp"

#include <algorithm>
#include <bit>

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

unsigned source_lane(const warp::meeting& of, unsigned lane) {
  const unsigned first = lane & ~(of.width - 1);
  const unsigned argument = of.arguments[lane];
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
std::uint64_t reduced(const warp::meeting& of) {
  std::uint64_t out = 0;
  each_lane(of.mask, [&](unsigned lane) {
    const std::uint64_t value = of.values[lane];
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

void resolve(warp::meeting& of) {
  switch (of.kind) {
  case collective::sync:
    return;
  case collective::ballot:
  case collective::reduce_or:
  case collective::reduce_max:
  case collective::reduce_add:
    return of.values.fill(reduced(of));
  default:
    break;
  }
  const auto from = of.values;
  each_lane(of.mask, [&](unsigned lane) {
    const unsigned source = source_lane(of, lane);
    if (!has(of.mask, source)) {
      throw fault("lane " + std::to_string(lane) + " reads lane " + std::to_string(source)
                  + ", which is not in the mask, at " + of.where[lane].text());
    }
    of.values[lane] = from[source];
  });
}

}  // namespace

void warp::begin(unsigned lanes) {
  there_ = lanes >= warp_lanes ? ~0U : (1U << lanes) - 1;
  gone_ = 0;
  open_.clear();
}

std::shared_ptr<warp::meeting> warp::arrive(unsigned lane, const lane_call& call) {
  check_mask(lane, call);
  auto at = join(lane, call);
  at->arrived |= 1U << lane;
  at->values[lane] = call.value;
  at->arguments[lane] = call.argument;
  at->where[lane] = call.where;
  if (at->complete()) {
    resolve(*at);
    std::erase(open_, at);
  }
  return at;
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

std::shared_ptr<warp::meeting> warp::join(unsigned lane, const lane_call& call) {
  for (const auto& other : open_) {
    const site& first = other->where[static_cast<unsigned>(std::countr_zero(other->arrived))];
    if (has(other->mask, lane) && (other->kind != call.kind || other->width != call.width)) {
      throw fault("lanes of one mask are in different collectives: at " + call.where.text()
                  + " and at " + first.text());
    }
    if (other->mask == call.mask) {
      return other;
    }
    if ((other->mask & call.mask) != 0) {
      throw fault("masks overlap and differ: at " + call.where.text() + " and at " + first.text());
    }
  }
  return open_.emplace_back(
    std::make_shared<meeting>(meeting{.kind = call.kind, .mask = call.mask, .width = call.width}));
}

}  // namespace cellard::gpu::emulated
