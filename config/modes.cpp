// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/modes.hpp"

#include "config/schema.hpp"

#include <array>

namespace cellard::config {
namespace {

using enum operating_mode;

constexpr std::array<std::string_view, words<operating_mode>::list.size()> docs{
  "Serving many users: the defaults.",
  "Serving with a person waiting for each first token: space is always ready, and waits are short.",
  "Offline batches: throughput counts, a single request may wait.",
  "Long inputs that arrive piece by piece and are mostly read once: memory turns over quickly.",
  "Rollouts and evaluation: a few trusted jobs that read the same prefixes for long.",
};

constexpr auto all = std::to_array<mode_default>({
  {interactive, "memory.low_watermark", "80 %",
   "a wide gap between the watermarks: a burst of puts finds free space"},
  {interactive, "memory.high_watermark", "90 %", "eviction begins early, before a put needs it"},
  {interactive, "daemon.slow_request", "5 ms",
   "a lookup this slow can be felt and is worth a line"},
  {interactive, "limits.lease_time", "10 s", "a client that stalled gives its blocks back sooner"},
  {interactive, "limits.request_deadline", "10 s",
   "recomputing is faster than waiting longer than this"},
  {interactive, "limits.reservation_time", "10 s",
   "a prefix that a dead engine was writing can be written again sooner"},

  {bulk, "memory.low_watermark", "93 %", "more of the memory holds blocks"},
  {bulk, "memory.high_watermark", "97 %",
   "the same; a put that finds no space at once may ask again"},
  {bulk, "daemon.workers", "4", "several blocks are copied and encoded at once"},
  {bulk, "daemon.slow_request", "200 ms", "large requests are the rule here, not worth a line"},
  {bulk, "limits.requests_in_flight", "128", "batches keep the pipeline full"},
  {bulk, "limits.staging", "1 GiB", "a session prepares whole batches"},
  {bulk, "limits.staging_total", "25 %", "and there are several such sessions"},
  {bulk, "limits.copy_queue", "4 GiB", "a batch queues instead of being told busy"},
  {bulk, "limits.lease_time", "2 min", "a batch may read its prefixes slowly"},

  {streaming, "memory.low_watermark", "85 %",
   "each eviction round makes room for a good piece of input"},
  {streaming, "limits.requests_in_flight", "64", "pieces are small and many are under way"},
  {streaming, "limits.lease_time", "10 s", "a piece is read soon after it is written, or never"},
  {streaming, "limits.partial_time", "10 s", "parts of a piece arrive together or not at all"},
  {streaming, "limits.reservation_time", "10 s", "a broken stream frees its place soon"},

  {training, "codec.verify", "always", "a wrong byte would spoil a run; the readers have the time"},
  {training, "limits.lease_time", "5 min", "a rollout keeps its prefix from step to step"},
  {training, "limits.pin_time", "7 days", "shared prompts stay for a whole run"},
  {training, "limits.leases", "1048576", "one job reads many long prefixes at once"},
  {training, "limits.pins", "1048576", "and may pin all of them"},
  {training, "limits.staging", "1 GiB", "few sessions with large puts"},
  {training, "limits.staging_total", "25 %", "the same over all of them"},
  {training, "limits.request_deadline", "5 min", "a step waits for its blocks"},
});

}  // namespace

std::span<const mode_default> mode_defaults() noexcept {
  return all;
}

std::string_view mode_doc(operating_mode mode) noexcept {
  return docs.at(static_cast<std::size_t>(mode));
}

configuration defaults(operating_mode mode) {
  configuration settings;
  settings.mode = mode;
  for (const mode_default& set : all) {
    const key* of = find_key(set.key);
    if (set.mode != mode || of == nullptr) {
      continue;
    }
    // A row that does not parse sets nothing; a test goes through all rows.
    if (const auto parsed = parse_like(of->read(settings, 0), set.text)) {
      of->write(settings, 0, *parsed);
    }
  }
  return settings;
}

}  // namespace cellard::config
