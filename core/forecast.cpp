// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/forecast.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace cellard::core {
namespace {

constexpr std::chrono::seconds budget_period{10};

}  // namespace

double forecast_hit_ratio(std::span<const space_share> spaces, double factor) {
  double asked = 0;
  double hit = 0;
  for (const space_share& each : spaces) {
    const space_forecast& of = *each.of;
    const double won = of.counts.at(each.share) - of.counts.at(each.share * factor);
    asked += of.asked;
    hit += std::clamp(of.hit + won, 0.0, of.asked);
  }
  return asked > 0 ? hit / asked : 0;
}

forecast::forecast(forecast_settings what, std::uint64_t secret)
  : what_(std::move(what)),
    secret_(secret) {
}

void forecast::join(space_id space, std::uint64_t block_bytes) {
  watched& fresh = spaces_[space];
  fresh = {};
  fresh.block_bytes = block_bytes;
  begin_where_there_is_room();
}

void forecast::forget(space_id space) {
  spaces_.erase(space);
  begin_where_there_is_room();
}

void forecast::end_all() {
  for (auto& [id, space] : spaces_) {
    space.curve.reset();
    space.spent = {};  // by curves of another size
  }
}

void forecast::begin_where_there_is_room() {
  std::uint64_t room = std::bit_floor(what_.memory_bytes / least_curve_bytes);
  const std::uint64_t wanting = std::min<std::uint64_t>(spaces_.size(), room);
  const std::uint64_t parts = std::bit_ceil(std::max<std::uint64_t>(wanting, 1));
  if (parts > parts_) {
    parts_ = parts;
    end_all();
  }
  for (const auto& [id, space] : spaces_) {
    room -= space.curve != nullptr ? 1U : 0U;
  }
  for (auto& [id, space] : spaces_) {
    if (room > 0 && space.curve == nullptr) {
      begin(space);
      --room;
    }
  }
}

void forecast::begin(watched& space) const {
  space.curve = std::make_unique<miss_ratio_curve>(miss_ratio_curve::options{
    what_.strategy, what_.capacity_bytes, space.block_bytes, what_.memory_bytes / parts_, secret_});
  count_anew(space, {});
}

void forecast::count_anew(watched& space, time_point when) {
  space.restarts = space.curve->restarts();
  space.since = when;
  space.asked = space.hit = 0;
}

bool forecast::record(const access_batch& batch, const block_ledger* real) {
  const auto found = spaces_.find(batch.space);
  if (found == spaces_.end() || found->second.curve == nullptr) {
    return false;
  }
  watched& space = found->second;
  space.curve->record(batch, real);
  if (space.since == time_point{}) {
    space.since = batch.when;
  }
  space.asked += static_cast<double>(batch.wanted + batch.lacking.size());
  space.hit += static_cast<double>(batch.wanted);
  if (space.curve->restarts() != space.restarts) {
    count_anew(space, batch.when);
  }
  fade(batch.when);
  return true;
}

void forecast::fade(time_point when) {
  if (faded_ == time_point{}) {
    faded_ = when;
  }
  if (when - faded_ < what_.window) {
    return;
  }
  faded_ = when;
  for (auto& [id, space] : spaces_) {
    if (space.curve != nullptr) {
      space.curve->fade();
      space.asked /= 2;
      space.hit /= 2;
    }
  }
}

void forecast::spent(space_id space, std::chrono::nanoseconds time, time_point when) {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) {
    return;
  }
  found->second.spent += time;
  found->second.took += time;
  if (budget_began_ == time_point{}) {
    budget_began_ = when;
  }
  std::chrono::nanoseconds all{0};
  auto most = found;
  for (auto each = spaces_.begin(); each != spaces_.end(); ++each) {
    all += each->second.spent;
    most = each->second.spent > most->second.spent ? each : most;
  }
  // A load that begins at full speed is not let go on for ten seconds first.
  const auto passed = std::max<time_point::duration>(when - budget_began_, budget_period);
  const bool over = std::chrono::duration<double>(all) > what_.cpu_share * passed;
  if (!over && when - budget_began_ < budget_period) {
    return;
  }
  if (over && most->second.curve != nullptr) {
    most->second.curve->halve_sample();
    count_anew(most->second, when);
  }
  for (auto& [id, each] : spaces_) {
    each.spent = {};
  }
  budget_began_ = when;
}

void forecast::apply(const forecast_settings& fresh) {
  if (fresh == what_) {
    return;
  }
  what_ = fresh;
  parts_ = 1;
  end_all();
  budget_began_ = {};
  begin_where_there_is_room();
}

std::vector<space_forecast> forecast::results() const {
  std::vector<space_forecast> all;
  for (const auto& [id, space] : spaces_) {
    if (space.curve != nullptr) {
      all.push_back({id, space.since, space.asked, space.hit, space.curve->sampled(),
                     space.curve->counts(), space.took});
    }
  }
  return all;
}

std::size_t forecast::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, space] : spaces_) {
    bytes += space.curve != nullptr ? space.curve->memory_bytes() : 0;
  }
  return bytes;
}

}  // namespace cellard::core
