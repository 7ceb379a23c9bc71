// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/history.hpp"

#include <algorithm>
#include <utility>

namespace cellard::core {
namespace {

/// Of a counter that fell all is new: it began anew.
load_change change_between(const load_reading& before, const load_reading& after, double seconds) {
  load_change change{};
  for (std::size_t i = 0; i < first_gauge; ++i) {
    change[i] = static_cast<double>(after[i] < before[i] ? after[i] : after[i] - before[i]);
  }
  for (std::size_t i = first_gauge; i < load_numbers; ++i) {
    change[i] = static_cast<double>(after[i]) * seconds;
  }
  return change;
}

}  // namespace

history_subject* subject_table::enter(const std::string& name, double now) {
  auto known = subjects_.find(name);
  if (known == subjects_.end()) {
    if (subjects_.size() >= most_ && !forget_one_gone()) {
      return nullptr;
    }
    known = subjects_.emplace(name, std::make_unique<history_subject>()).first;
  }
  history_subject& subject = *known->second;
  if (subject.live++ == 0) {
    subject.since = now;
  }
  return &subject;
}

void subject_table::leave(history_subject* subject, double now) {
  if (subject != nullptr && --subject->live == 0) {
    subject->gone = now;
    set_limit(most_);
  }
}

const history_subject* subject_table::find(const std::string& name) const {
  const auto known = subjects_.find(name);
  return known == subjects_.end() ? nullptr : known->second.get();
}

void subject_table::set_limit(std::size_t most) {
  most_ = most;
  while (subjects_.size() > most_ && forget_one_gone()) {}
}

bool subject_table::forget_one_gone() {
  auto oldest = subjects_.end();
  for (auto each = subjects_.begin(); each != subjects_.end(); ++each) {
    if (each->second->live == 0
        && (oldest == subjects_.end() || each->second->gone < oldest->second->gone)) {
      oldest = each;
    }
  }
  if (oldest == subjects_.end()) {
    return false;
  }
  subjects_.erase(oldest);
  return true;
}

void subject_table::cover(double from, double to) {
  for (auto& [name, subject] : subjects_) {
    subject->series.cover(from, to);
  }
  other_.series.cover(from, to);
}

history::history(time_point began, std::size_t most_subjects)
  : began_(began),
    spaces_(most_subjects),
    tenants_(most_subjects) {
  marks_.push_back({0, "start"});
}

void history::join(space_id space, const std::string& tenant, const std::string& name,
                   std::shared_ptr<const shard_counters> counters, std::uint32_t block_tokens,
                   time_point now) {
  const double when = seconds(now);
  watched_[space] = {spaces_.enter(key(tenant, name), when),
                     tenants_.enter(tenant, when),
                     std::move(counters),
                     block_tokens,
                     {}};
}

void history::leave(space_id space, time_point now) {
  const auto gone = watched_.find(space);
  if (gone == watched_.end()) {
    return;
  }
  // Its last part of a second; the time itself is covered by the next sample.
  add(gone->second, std::max(seconds(now), sampled_ + 1e-6));
  spaces_.leave(gone->second.own, seconds(now));
  tenants_.leave(gone->second.tenant, seconds(now));
  watched_.erase(gone);
}

void history::add(watched& space, double to) {
  const auto now = read_load(*space.counters, space.block_tokens);
  const auto change = change_between(space.last, now, to - sampled_);
  space.last = now;
  (space.own != nullptr ? space.own : &spaces_.other())->series.add(sampled_, to, change);
  (space.tenant != nullptr ? space.tenant : &tenants_.other())->series.add(sampled_, to, change);
  all_.series.add(sampled_, to, change);
}

void history::sample(time_point now, std::uint64_t requests) {
  const double to = seconds(now);
  if (to <= sampled_) {
    return;
  }
  for (auto& [id, space] : watched_) {
    add(space, to);
  }
  load_change daemon{};
  daemon[at(load_number::requests)] =
    static_cast<double>(requests < requests_ ? requests : requests - requests_);
  requests_ = requests;
  all_.series.add(sampled_, to, daemon);
  spaces_.cover(sampled_, to);
  tenants_.cover(sampled_, to);
  all_.series.cover(sampled_, to);
  sampled_ = to;
}

void history::mark(time_point now, std::string what) {
  if (marks_.size() == most_marks) {
    marks_.pop_front();
  }
  marks_.push_back({seconds(now), std::move(what)});
}

void history::set_limit(std::size_t most_subjects) {
  spaces_.set_limit(most_subjects);
  tenants_.set_limit(most_subjects);
}

}  // namespace cellard::core
