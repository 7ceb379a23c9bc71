// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The table itself: a row a key. Defaults are the fields' own (config.hpp).
#include "config/address.hpp"
#include "config/key_rows.hpp"
#include "config/ladder.hpp"

#include <algorithm>
#include <array>

namespace cellard::config {
namespace {

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// sockaddr_un holds 108 bytes with the closing zero.
bool socket_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= 107 && printable(text);
}

bool name_or_none(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                  || c == '.' || c == '_' || c == '-';
         });
}

bool pattern_or_none(std::string_view text) {
  return text.size() <= 255 && printable(text);
}

bool pattern(std::string_view text) {
  return !text.empty() && pattern_or_none(text);
}

bool address_or_none(std::string_view text) {
  return text.empty() || parse_address(text).has_value();
}

constexpr auto live = effect::live;
constexpr auto restart = effect::restart;

constexpr std::string_view names = "names of up to 64 letters, digits, '.', '_' and '-'";
constexpr std::string_view patterns = "patterns of up to 255 bytes, * and ? being wild";
constexpr std::string_view ladders = "up to 4 codecs of codec.policy, commas between them";
constexpr std::string_view words_only{};

constexpr key mode_key() {
  key made = row("mode", "word", words_only, live,
                 "The kind of work: a named set of defaults; a key that is written wins over it.");
  made.read = [](const configuration& from, std::size_t) {
    return to_value(from.mode);
  };
  made.write = [](configuration& to, std::size_t, const value& any) {
    assign(to.mode, any);
  };
  return with_words<operating_mode>(made);
}

constexpr std::array top_keys{mode_key()};

template <auto Member>
constexpr auto daemon_key = of<&configuration::daemon, Member>;
using ds = daemon_settings;
constexpr auto daemon_keys = std::to_array<key>({
  daemon_key<&ds::threads>(row("daemon.threads", "threads", "0 to 64", restart,
                               "Threads that serve sockets and actors; 0 is min(4, cores).")),
  daemon_key<&ds::workers>(row("daemon.workers", "threads", "1 to 16", restart,
                               "Threads that copy, encode and hash blocks.")),
  daemon_key<&ds::shutdown_deadline>(
    row("daemon.shutdown_deadline", "time", "100 ms to 5 min", live,
        "Time that requests under way get to finish once the daemon is told to end.")),
  daemon_key<&ds::watch_file>(row("daemon.watch_file", "switch", {}, restart,
                                  "Reload by itself when the configuration file changes.")),
  daemon_key<&ds::slow_request>(row("daemon.slow_request", "time", "0 or 100 us to 1 h", live,
                                    "Requests that take longer are counted and logged; 0: none.")),
});

template <auto Member>
constexpr auto listener_key = each<&configuration::listeners, Member>;
using ls = listener_settings;
constexpr auto listener_keys = std::to_array<key>({
  text(listener_key<&ls::path>(row("listener.path", "path", "absolute paths of up to 107 bytes",
                                   restart, "Where the socket is made.")),
       socket_path, "/run/cellard/cellard.sock"),
  listener_key<&ls::mode>(row("listener.mode", "octal mode", "0000 to 0777", restart,
                              "The socket's permission bits: who may connect.")),
  text(listener_key<&ls::group>(row("listener.group", "name", names, restart,
                                    "The socket's group; empty is the daemon's own.")),
       name_or_none),
  text(listener_key<&ls::tenant>(
         row("listener.tenant", "name", names, restart,
             "Name of the tenant behind this socket, for quotas and statistics.")),
       name_or_none),
  listener_key<&ls::allow_root>(
    row("listener.allow_root", "switch", {}, restart,
        "Let uid 0 map memory; root can write what it may only read, so trust it first.")),
});

template <auto Member>
constexpr auto memory_key = of<&configuration::memory, Member>;
using ms = memory_settings;
constexpr auto memory_keys = std::to_array<key>({
  memory_key<&ms::capacity>(
    row("memory.capacity", "bytes or share of memory", "16 MiB to 256 TiB or 1 % to 95 %", live,
        "Memory for all blocks; a share is one of the smaller of memory and cgroup limit.")),
  memory_key<&ms::low_watermark>(row("memory.low_watermark", "share of capacity", "1 % to 99 %",
                                     live, "Eviction, once begun, goes on down to this filling.")),
  memory_key<&ms::high_watermark>(row("memory.high_watermark", "share of capacity", "2 % to 100 %",
                                      live, "Eviction begins at this filling.")),
  memory_key<&ms::hugepages>(row("memory.hugepages", "word", words_only, restart,
                                 "Ask the kernel for huge pages: never, or transparent ones.")),
  memory_key<&ms::prefault>(row("memory.prefault", "switch", {}, live,
                                "Populate segments ahead, so that no put waits for first touch.")),
  memory_key<&ms::segment_bytes>(
    row("memory.segment", "bytes", "0 or 1 MiB to 1 TiB", live,
        "Size of new segments; 0 fits it to what each namespace holds.")),
});

constexpr auto eviction_keys = std::to_array<key>({
  registered(of<&configuration::eviction, &eviction_settings::strategy>(
               row("eviction.strategy", "word", words_only, live,
                   "What decides which blocks go first when space is needed.")),
             &vocabulary::strategies),
});

template <auto Member>
constexpr auto codec_key = of<&configuration::codec, Member>;
using cs = codec_settings;
constexpr auto codec_keys = std::to_array<key>({
  registered(
    codec_key<&cs::policy>(row("codec.policy", "word", words_only, live,
                               "How blocks are kept once they are stored; they are encoded "
                               "in the background.")),
    &vocabulary::codec_policies),
  text(codec_key<&cs::ladder>(row("codec.ladder", "words", ladders, live,
                                  "Codecs that blocks go through before they are dropped, the "
                                  "gentlest first.")),
       is_ladder),
  codec_key<&cs::ladder_share>(
    row("codec.ladder_share", "share", "1 % to 90 %", live,
        "Of a namespace's bytes, kept in each step before its oldest block goes down.")),
  codec_key<&cs::cpu>(row("codec.cpu", "share of a core", "1 % to 100 %", live,
                          "Time that each of quantizer and compressor may take.")),
  codec_key<&cs::queue>(row("codec.queue", "blocks", "1 to 65536", live,
                            "Blocks that wait for one of them; what does not fit stays raw.")),
  codec_key<&cs::first_raw>(row("codec.first_raw", "tokens", "0 to 65535", live,
                                "Tokens at the begin of a sequence that are never encoded.")),
  codec_key<&cs::last_raw>(row("codec.last_raw", "tokens", "0 to 65535", live,
                               "Tokens at the end of each block that are never encoded.")),
  codec_key<&cs::key_error>(
    row("codec.key_error", "share", "0 % to 100 %", live,
        "Keys that err more, relative to their size, are encoded gentlier; 0: no bound.")),
  codec_key<&cs::value_error>(
    row("codec.value_error", "share", "0 % to 100 %", live, "The same for values.")),
  registered(codec_key<&cs::checksum>(row("codec.checksum", "word", words_only, restart,
                                          "The checksum that new blocks are stored with.")),
             &vocabulary::checksums),
  codec_key<&cs::verify>(
    row("codec.verify", "word", words_only, live,
        "Which blocks a reader checks: those adopted at a restart, always all, or never any.")),
});

template <auto Member>
constexpr auto limit = of<&configuration::limits, Member>;
using lim = limit_settings;
constexpr auto limit_keys = std::to_array<key>({
  limit<&lim::sessions>(
    row("limits.sessions", "sessions", "1 to 65536", live, "Connections at once.")),
  limit<&lim::sessions_per_user>(
    row("limits.sessions_per_user", "sessions a user", "1 to 65536", live,
        "Connections at once of one user at one socket; no more than limits.sessions.")),
  limit<&lim::frame_bytes>(row("limits.frame", "bytes", "4 KiB to 1 MiB", restart,
                               "Largest message; it must fit the socket's send buffer.")),
  limit<&lim::keys_per_request>(row("limits.keys_per_request", "keys", "1 to 16384", restart,
                                    "Keys in one request; limits.frame must hold them.")),
  limit<&lim::requests_in_flight>(
    row("limits.requests_in_flight", "requests a session", "1 to 4096", live,
        "Requests without an answer before the session's socket is no longer read.")),
  limit<&lim::staging_bytes>(row("limits.staging", "bytes a session", "1 MiB to 1 TiB", live,
                                 "Memory in which one session prepares its puts.")),
  limit<&lim::staging_total>(row("limits.staging_total", "bytes or share of capacity",
                                 "1 MiB to 16 TiB or 1 % to 50 %", live,
                                 "The same over all sessions; no session gets more than this.")),
  limit<&lim::leases>(row("limits.leases", "blocks a session", "1 to 16777216", live,
                          "Blocks that one session may hold against eviction while it reads.")),
  limit<&lim::lease_time>(row("limits.lease_time", "time", "100 ms to 1 h", live,
                              "A lease ends this long after its session's last request.")),
  limit<&lim::out_bytes>(row("limits.out_bytes", "bytes a session", "64 KiB to 1 GiB", live,
                             "Unread answers; a client that lets more pile up is dropped.")),
  limit<&lim::pins>(row("limits.pins", "blocks a namespace", "0 to 16777216", live,
                        "Blocks that may be pinned against eviction.")),
  limit<&lim::pin_time>(
    row("limits.pin_time", "time", "1 s to 30 days", live, "Longest time that a pin may ask for.")),
  limit<&lim::namespaces>(
    row("limits.namespaces", "namespaces", "1 to 1024", live, "Namespaces in the daemon.")),
  limit<&lim::namespaces_per_session>(row("limits.namespaces_per_session", "namespaces a session",
                                          "1 to 1024", live,
                                          "Namespaces that one session may have open.")),
  limit<&lim::salts>(row("limits.salts", "salts a namespace", "1 to 65535", live,
                         "Distinct salts; each has a 16-bit number inside its namespace.")),
  limit<&lim::blocks>(row("limits.blocks", "blocks a namespace", "1024 to 1073741824", restart,
                          "Blocks in one namespace; its index grows up to them.")),
  limit<&lim::copy_queue_bytes>(row("limits.copy_queue", "bytes", "1 MiB to 1 TiB", live,
                                    "Committed bytes that wait for a worker; beyond, busy.")),
  limit<&lim::partial_time>(row("limits.partial_time", "time", "100 ms to 1 h", live,
                                "A block whose parts are not all there by then is dropped.")),
  limit<&lim::block_bytes>(row("limits.block", "bytes", "4 KiB to 64 GiB", live, "Largest block.")),
  limit<&lim::inline_block_bytes>(
    row("limits.inline_block", "bytes", "0 or 4 KiB to 1 GiB", live,
        "Largest block that may go through the socket; larger ones need shared memory.")),
  limit<&lim::reservation_time>(
    row("limits.reservation_time", "time", "100 ms to 1 h", live,
        "A key that is reserved and not committed by then is free for others.")),
  limit<&lim::request_deadline>(row("limits.request_deadline", "time", "10 ms to 1 h", live,
                                    "Longest deadline that a client may ask for.")),
});

template <auto Member>
constexpr auto quota_key = each<&configuration::quotas, Member>;
using qs = quota_settings;
constexpr auto quota_keys = std::to_array<key>({
  text(quota_key<&qs::name_space>(row("quota.namespace", "pattern", patterns, live,
                                      "The namespaces that this quota is for, by name.")),
       pattern, "*"),
  text(quota_key<&qs::tenant>(row("quota.tenant", "pattern", patterns, live,
                                  "Only those of these tenants; empty is any.")),
       pattern_or_none),
  quota_key<&qs::guaranteed>(row("quota.guaranteed", "bytes or share of capacity",
                                 "0 to 256 TiB or 0 % to 100 %", live,
                                 "Eviction for others never takes a namespace below this.")),
  quota_key<&qs::maximum>(row("quota.maximum", "bytes or share of capacity",
                              "1 MiB to 256 TiB or 1 % to 100 %", live,
                              "A namespace evicts its own blocks rather than grow over this.")),
  quota_key<&qs::max_age>(row("quota.max_age", "time", "0 or 1 s to 3650 days", live,
                              "Blocks older than this are dropped; 0 keeps them.")),
  registered(quota_key<&qs::codec>(
               row("quota.codec", "word", words_only, live, "codec.policy for these namespaces.")),
             &vocabulary::quota_codecs),
  text(quota_key<&qs::ladder>(
         row("quota.ladder", "words", ladders, live, "codec.ladder for these namespaces.")),
       is_ladder_or_default),
});

constexpr auto log_keys = std::to_array<key>({
  of<&configuration::log, &log_settings::level>(
    row("log.level", "word", words_only, live, "The least severe lines that are logged.")),
  of<&configuration::log, &log_settings::format>(
    row("log.format", "word", words_only, live, "Lines for people, or a JSON object a line.")),
  of<&configuration::log, &log_settings::slow_requests>(
    row("log.slow_requests", "lines a second", "0 to 10000", live,
        "Lines about requests over daemon.slow_request; the next line counts the rest.")),
});

template <auto Member>
constexpr auto metrics_key = of<&configuration::metrics, Member>;
using mets = metrics_settings;
constexpr auto metrics_keys = std::to_array<key>({
  text(metrics_key<&mets::listen>(row(
         "metrics.listen", "address and port", "such as 127.0.0.1:9464 or [::1]:9464, or empty",
         restart, "Where GET /metrics is answered, to all users of this host; empty: nowhere.")),
       address_or_none),
  metrics_key<&mets::connections>(
    row("metrics.connections", "connections", "1 to 1024", restart,
        "Clients of that page at once; one more takes the place of the oldest.")),
  metrics_key<&mets::request_time>(row("metrics.request_time", "time", "100 ms to 1 min", restart,
                                       "Time that one of them has to ask and to take its answer.")),
});

template <auto Member>
constexpr auto statistics_key = of<&configuration::statistics, Member>;
using sts = statistics_settings;
constexpr auto statistics_keys = std::to_array<key>({
  statistics_key<&sts::namespaces>(
    row("statistics.namespaces", "namespaces", "1 to 1024", live,
        "Namespaces, and tenants, with a history of their own: 227 KB each.")),
  statistics_key<&sts::forecast_memory>(
    row("statistics.forecast_memory", "bytes", "0 or 4 MiB to 1 GiB", live,
        "Memory to forecast hit ratios at other sizes, for a namespace each 4 MiB; 0: no "
        "forecast.")),
  statistics_key<&sts::forecast_cpu>(
    row("statistics.forecast_cpu", "share of a core", "0.01 % to 100 %", live,
        "Time that the forecast may take; over it, it samples fewer blocks and begins anew.")),
});

constexpr auto all_sections = std::to_array<section>({
  {"", "", top_keys},
  {"daemon", "The process.", daemon_keys},
  list_of<&configuration::listeners>(
    "listener", "A socket, and with it a tenant. Without any there is one at the default path.",
    listener_keys, 64),
  {"memory", "How much memory, and how it is taken.", memory_keys},
  {"eviction", "Which blocks go when space is needed.", eviction_keys},
  {"codec", "How blocks are stored.", codec_keys},
  {"limits", "What any client may ask of the daemon.", limit_keys},
  list_of<&configuration::quotas>(
    "quota",
    "What a namespace may hold. The first quota that matches counts; without any, all share.",
    quota_keys, 1024),
  {"log", "What is logged, and how.", log_keys},
  {"metrics", "The daemon's numbers as a page for Prometheus.", metrics_keys},
  {"statistics", "What the daemon remembers of its own numbers.", statistics_keys},
});

}  // namespace

std::span<const section> sections() noexcept {
  return all_sections;
}

}  // namespace cellard::config
