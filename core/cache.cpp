// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/cache.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cellard::core {
namespace {

constexpr requester self{1, 0};
constexpr int most_rounds = 8;  // of victims that may all be refused

time_point now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

cache::cache(parts given)
  : index_(std::move(given.index)),
    order_(std::move(given.order)),
    memory_(std::move(given.memory)),
    quantizer_(std::move(given.quantizer)),
    compressor_(std::move(given.compressor)),
    statistics_(std::move(given.statistics)) {
}

result<cache> cache::make(const layout& shape, std::uint64_t capacity_bytes) {
  CELLARD_TRY(shape.check(capacity_bytes));
  parts given;
  given.statistics = std::make_shared<shard_counters>();
  shard::options options;
  options.id = 1;
  options.shape = shape;
  options.secret = hash_secret::random();
  options.counters = given.statistics;
  given.index = std::make_unique<shard>(std::move(options));
  given.order = std::make_unique<eviction_order>("lru");
  given.memory = std::make_unique<memory_budget>(budget_settings{capacity_bytes, 0, 0});
  return cache(std::move(given));
}

void cache::tell_order() {
  if (const auto events = index_->take_events(now()); !events.empty()) {
    order_->record(events);
  }
}

std::uint32_t cache::find(key_span keys) {
  return index_->lookup(0, keys).ready;
}

std::uint32_t
cache::get(key_span keys,
           const std::function<void(std::size_t, std::span<const std::byte>)>& visit) {
  const auto found = index_->get(self, 0, keys);
  if (!found) {
    return 0;  // nobody but this call leases, so the limit is not in reach
  }
  std::uint32_t served = 0;
  for (const place& where : found->places) {
    const auto bytes = decoded(where);
    if (!bytes) {
      break;
    }
    visit(served++, *bytes);
  }
  index_->release(self.session, {found->lease});
  tell_order();
  return served;
}

codec* cache::find_codec(std::uint16_t number) const {
  for (codec* each : {quantizer_.get(), compressor_.get()}) {
    if (each != nullptr && each->number() == number) {
      return each;
    }
  }
  const auto old = std::find_if(replaced_.begin(), replaced_.end(),
                                [&](const auto& each) { return each->number() == number; });
  return old == replaced_.end() ? nullptr : old->get();
}

result<std::span<const std::byte>> cache::decoded(const place& where) {
  const auto stored =
    index_->memory().find_segment(where.segment)->data().subspan(where.offset, where.length);
  if (where.codec == 0) {
    return std::span<const std::byte>(stored);
  }
  codec* const by = find_codec(where.codec);
  if (by == nullptr) {
    return fail(errc::internal, "codec {} is not known to this cache", where.codec);
  }
  scratch_.resize(index_->shape().block_bytes());
  const auto length = by->decode(index_->shape(), stored, scratch_);
  CELLARD_TRY(length);
  return std::span<const std::byte>(scratch_).first(*length);
}

result<std::pair<std::uint16_t, std::span<const std::byte>>>
cache::encoded(std::uint64_t first_token, std::span<const std::byte> raw) {
  for (codec* each : {quantizer_.get(), compressor_.get()}) {
    if (each == nullptr) {
      continue;
    }
    scratch_.resize(each->most_encoded_bytes(index_->shape(), raw.size()));
    const auto length = each->encode(index_->shape(), first_token, raw, scratch_);
    if (length && *length < raw.size()) {
      return std::pair{each->number(), std::span<const std::byte>(scratch_).first(*length)};
    }
  }
  return std::pair{std::uint16_t{0}, raw};
}

std::vector<errc> cache::put(const block_key* parent, key_span keys,
                             std::span<const std::span<const std::byte>> blocks) {
  const auto tickets = index_->reserve(self, 0, parent, keys, now());
  std::vector<errc> statuses;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    statuses.push_back(tickets[i].status == errc::ok ? store(tickets[i].ticket, blocks[i])
                                                     : tickets[i].status);
    tell_order();
  }
  return statuses;
}

errc cache::store(std::uint32_t ticket, std::span<const std::byte> raw) {
  const std::uint64_t first_token =
    std::uint64_t{index_->depth_of(ticket)} * index_->shape().block_tokens;
  const auto kept = encoded(first_token, raw);
  const auto length = static_cast<std::uint32_t>(raw.size());
  const encoding how{kept->first, static_cast<std::uint32_t>(kept->second.size())};
  auto job = index_->begin(self.session, ticket, length, how);
  if (!job && job.error().code() == errc::busy
      && make_room(index_->memory().cost(static_cast<std::uint32_t>(kept->second.size())))) {
    job = index_->begin(self.session, ticket, length, how);
  }
  if (!job) {
    index_->abort(self.session, ticket);
    return job.error().code();
  }
  std::memcpy(job->to, kept->second.data(), kept->second.size());
  return index_->finish(*job, XXH3_64bits(job->to, kept->second.size()), now());
}

bool cache::make_room(std::uint64_t bytes) {
  auto& arena = index_->memory();
  const std::uint64_t granule = arena.granule_bytes();
  const std::uint64_t block = (index_->shape().block_bytes() + granule - 1) / granule * granule;
  if (const auto granted = memory_->grant(index_->id(), block)) {
    auto fresh =
      segment::create("cellard", arena::segment_bytes_for(*granted, arena.granule_bytes()));
    if (fresh && arena.add(*fresh)) {
      arena.extend(**fresh, (*fresh)->bytes());
      return true;
    }
    memory_->give_back(index_->id(), *granted);
  }
  for (int round = 0; round < most_rounds; ++round) {
    std::vector<block_name> victims;
    order_->choose(index_->id(), bytes, victims);
    std::uint64_t freed = 0;
    order_->refused(index_->id(), index_->evict(victims, freed));
    if (freed >= bytes || victims.empty()) {
      return freed > 0;
    }
  }
  return false;
}

std::uint32_t cache::remove(key_span keys) {
  const auto removed = index_->remove(0, keys);
  tell_order();
  return removed;
}

void cache::exchange_strategy(std::string_view name) {
  order_->exchange(name);
}

void cache::exchange_memory(const budget_settings& limits) {
  memory_->configure(limits);
  shrink();
}

void cache::shrink() {
  while (memory_->excess() > 0 && index_->begin_retirement()) {
    const auto gone = index_->retire_some();  // nobody holds a lease between calls
    tell_order();
    if (!gone) {
      return;
    }
    memory_->give_back(index_->id(), gone->data_bytes);
  }
}

void cache::replace(std::unique_ptr<codec>& part, std::unique_ptr<codec> fresh) {
  if (part) {
    replaced_.push_back(std::move(part));
  }
  part = std::move(fresh);
}

void cache::exchange_quantizer(std::unique_ptr<codec> fresh) {
  replace(quantizer_, std::move(fresh));
}

void cache::exchange_compressor(std::unique_ptr<codec> fresh) {
  replace(compressor_, std::move(fresh));
}

std::unique_ptr<shard> cache::exchange_index(std::unique_ptr<shard> fresh) {
  order_->forget(index_->id());
  memory_->give_back(index_->id(), memory_->held_by(index_->id()));
  std::swap(index_, fresh);
  statistics_ = index_->shared_counters();
  return fresh;
}

}  // namespace cellard::core
