// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the load was: a series for each namespace, each tenant and all together, from counters that
// others write (core/shard_counters.hpp). Its owner calls `sample` about once a second; how late
// that is does not matter, and time that goes back is ignored. Time is given, never read.
//
// Namespaces and tenants that have a series of their own are bounded, each to the same number: one
// more takes the place of the longest gone, and without one that has gone it is counted in a common
// series (`other`). Owns the series, 227 KB each. One thread at a time.
#pragma once

#include "core/access_batch.hpp"
#include "core/rate_series.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace cellard::core {

/// Something that may explain what is seen: a start, a reload.
struct history_mark {
  double when = 0;
  std::string what;
};

/// One of the subjects; times are seconds since the history began.
struct history_subject {
  rate_series series;
  double since = 0;  ///< it (last) began then
  double gone = 0;   ///< when the last of its namespaces went
  std::size_t live = 0;
};

/// Subjects by name, at most so many.
class subject_table {
public:
  explicit subject_table(std::size_t most) : most_(most) {}

  /// One more namespace of this subject; null when it is to be counted in `other`.
  history_subject* enter(const std::string& name, double now);
  void leave(history_subject* subject, double now);
  [[nodiscard]] const history_subject* find(const std::string& name) const;
  /// The least recently gone are forgotten at once, those that are there when they go.
  void set_limit(std::size_t most);
  void cover(double from, double to);

  [[nodiscard]] std::size_t size() const noexcept { return subjects_.size(); }
  [[nodiscard]] history_subject& other() noexcept { return other_; }

private:
  bool forget_one_gone();

  std::size_t most_;
  std::map<std::string, std::unique_ptr<history_subject>> subjects_;
  history_subject other_;
};

class history {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Reloads are rare; of more than this the oldest are forgotten.
  static constexpr std::size_t most_marks = 256;

  history(time_point began, std::size_t most_subjects);

  /// A namespace began. `name` tells it from others of its tenant, also when it comes back.
  void join(space_id space, const std::string& tenant, const std::string& name,
            std::shared_ptr<const shard_counters> counters, std::uint32_t block_tokens,
            time_point now);
  /// It ended; what it did until now counts.
  void leave(space_id space, time_point now);

  /// Reads all counters. `requests`: of the daemon, so far.
  void sample(time_point now, std::uint64_t requests);

  void mark(time_point now, std::string what);
  void set_limit(std::size_t most_subjects);

  [[nodiscard]] double seconds(time_point now) const {
    return std::chrono::duration<double>(now - began_).count();
  }
  /// Until when it has been sampled.
  [[nodiscard]] double sampled() const noexcept { return sampled_; }
  [[nodiscard]] const history_subject& all() const noexcept { return all_; }
  /// Null when it has none of its own.
  [[nodiscard]] const history_subject* of_tenant(const std::string& tenant) const {
    return tenants_.find(tenant);
  }
  [[nodiscard]] const history_subject* of_space(const std::string& tenant,
                                                const std::string& name) const {
    return spaces_.find(key(tenant, name));
  }
  [[nodiscard]] const std::deque<history_mark>& marks() const noexcept { return marks_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return (spaces_.size() + tenants_.size() + 3) * all_.series.memory_bytes();
  }

private:
  struct watched {
    history_subject* own = nullptr;     ///< null: other
    history_subject* tenant = nullptr;  ///< null: other
    std::shared_ptr<const shard_counters> counters;
    std::uint32_t block_tokens = 0;
    load_reading last{};
  };

  /// A tenant's name is the listener's and a uid, without a zero byte.
  static std::string key(const std::string& tenant, const std::string& name) {
    return tenant + '\0' + name;
  }
  void add(watched& space, double to);

  time_point began_;
  double sampled_ = 0;
  std::uint64_t requests_ = 0;
  history_subject all_;
  subject_table spaces_;
  subject_table tenants_;
  std::map<space_id, watched> watched_;
  std::deque<history_mark> marks_;
};

}  // namespace cellard::core
