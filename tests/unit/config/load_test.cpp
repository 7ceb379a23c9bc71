// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/load.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cellard::config {
namespace {

using core::errc;

std::string error_of(std::string_view text, const vocabulary& known = {}) {
  const auto loaded = load_text(text, "cellard.toml", known);
  if (loaded) {
    return "accepted";
  }
  BOOST_TEST((loaded.error().code() == errc::config_invalid));
  return loaded.error().context();
}

configuration loaded(std::string_view text) {
  auto settings = load_text(text, "cellard.toml");
  BOOST_TEST_REQUIRE(settings.has_value(), (settings ? "" : settings.error().context()));
  return *settings;
}

struct temporary_file {
  std::filesystem::path path =
    std::filesystem::temp_directory_path() / ("cellard_config_test." + std::to_string(::getpid()));
  temporary_file() = default;
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::filesystem::remove(path); }
};

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(an_empty_file_is_the_defaults) {
  BOOST_TEST((loaded("") == configuration{}));
  BOOST_TEST((loaded("# nothing\n\n[limits]\n") == configuration{}));
}

BOOST_AUTO_TEST_CASE(every_type_of_key_is_loaded) {
  const configuration settings = loaded(R"(
    [daemon]
    threads = 3
    watch_file = false
    slow_request = "1.5 ms"
    [[listener]]
    path = "/run/cellard/a.sock"
    mode = "0600"
    group = "gpu"
    [[listener]]
    path = '/run/cellard/b.sock'
    tenant = "team-b"
    allow_root = true
    [memory]
    capacity = "8 GiB"
    low_watermark = "80 %"
    hugepages = "thp"
    segment = 67108864
    [limits]
    staging_total = "1 GiB"
    [[quota]]
    namespace = "llama*"
    guaranteed = "10 %"
    maximum = "4 GiB"
    max_age = "2 days"
    [log]
    level = "off"
  )");
  BOOST_TEST(settings.daemon.threads == 3U);
  BOOST_TEST(!settings.daemon.watch_file);
  BOOST_TEST((settings.daemon.slow_request == std::chrono::microseconds(1500)));
  BOOST_TEST_REQUIRE(settings.listeners.size() == 2U);
  BOOST_TEST(settings.listeners[0].mode.bits == 0600U);
  BOOST_TEST(settings.listeners[0].group == "gpu");
  BOOST_TEST(settings.listeners[1].path == "/run/cellard/b.sock");
  BOOST_TEST(settings.listeners[1].mode.bits == 0660U);
  BOOST_TEST(settings.listeners[1].allow_root);
  BOOST_TEST(settings.memory.capacity.resolve(0) == 8 * gib);
  BOOST_TEST(settings.memory.low_watermark.millionths == 800'000U);
  BOOST_TEST((settings.memory.hugepages == hugepages_use::thp));
  BOOST_TEST(settings.memory.segment_bytes == 64 * mib);
  BOOST_TEST(settings.limits.staging_total.resolve(0) == gib);
  BOOST_TEST_REQUIRE(settings.quotas.size() == 1U);
  BOOST_TEST(settings.quotas[0].name_space == "llama*");
  BOOST_TEST(settings.quotas[0].guaranteed.resolve(100) == 10U);
  BOOST_TEST((settings.quotas[0].max_age == std::chrono::hours(48)));
  BOOST_TEST((settings.log.level == log_level::off));
}

BOOST_AUTO_TEST_CASE(a_value_outside_its_range_is_named_with_place_and_range) {
  BOOST_TEST(error_of("[limits]\nframe = \"9 GiB\"")
             == "cellard.toml:2:9: limits.frame = \"9 GiB\": allowed are 4 KiB to 1 MiB");
  BOOST_TEST(error_of("[daemon]\nworkers = 17")
             == "cellard.toml:2:11: daemon.workers = 17: allowed are 1 to 16");
  BOOST_TEST(error_of("[limits]\nsessions = 99999999999999")
             == "cellard.toml:2:12: limits.sessions = 99999999999999: allowed are 1 to 65536");
  BOOST_TEST(error_of("[daemon]\nthreads = -1")
             == "cellard.toml:2:11: daemon.threads = -1: allowed are 0 to 64");
  BOOST_TEST(error_of("[memory]\nsegment = \"1 KiB\"")
             == "cellard.toml:2:11: memory.segment = \"1 KiB\": allowed are 0 or 1 MiB to 1 TiB");
  BOOST_TEST(error_of("[memory]\ncapacity = \"99 %\"")
             == "cellard.toml:2:12: memory.capacity = \"99 %\": allowed are "
                "16 MiB to 256 TiB or 1 % to 95 %");
  BOOST_TEST(error_of("[limits]\nlease_time = \"2 days\"")
             == "cellard.toml:2:14: limits.lease_time = \"2 days\": allowed are 100 ms to 1 h");
  BOOST_TEST(error_of("[[listener]]\npath = \"/a\"\nmode = \"1777\"")
             == "cellard.toml:3:8: listener[0].mode = \"1777\": allowed are 0000 to 0777");
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_says_what_is_wanted) {
  BOOST_TEST(error_of("[limits]\nframe = \"9 gib\"")
             == "cellard.toml:2:9: limits.frame = \"9 gib\": not a size such as \"512 KiB\"; "
                "allowed are 4 KiB to 1 MiB");
  BOOST_TEST(error_of("[limits]\nsessions = \"4096\"")
             == "cellard.toml:2:12: limits.sessions = \"4096\": not a whole number; "
                "allowed are 1 to 65536");
  BOOST_TEST(error_of("[limits]\nsessions = 1.5")
             == "cellard.toml:2:12: limits.sessions = 1.5: not a whole number; "
                "allowed are 1 to 65536");
  BOOST_TEST(
    error_of("[limits]\nlease_time = 30")
    == "cellard.toml:2:14: limits.lease_time = 30: not a time such as \"500 ms\", \"30 s\" "
       "or \"2 h\"; allowed are 100 ms to 1 h");
  BOOST_TEST(error_of("[daemon]\nwatch_file = \"yes\"")
             == "cellard.toml:2:14: daemon.watch_file = \"yes\": allowed are true and false");
  BOOST_TEST(error_of("[log]\nlevel = 3")
             == "cellard.toml:2:9: log.level = 3: not a text in quotes; "
                "allowed are trace, debug, info, warn, error, critical, off");
  BOOST_TEST(error_of("[memory]\ncapacity = []")
             == "cellard.toml:2:12: memory.capacity = an array: not a size such as \"512 KiB\"; "
                "allowed are 16 MiB to 256 TiB or 1 % to 95 %");
  BOOST_TEST(error_of("mode = { a = 1 }")
             == "cellard.toml:1:8: mode = a table: not a text in quotes; "
                "allowed are inference, interactive, bulk, streaming, training");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_not_known_gets_the_list) {
  BOOST_TEST(error_of("mode = \"turbo\"")
             == "cellard.toml:1:8: mode = \"turbo\": allowed are "
                "inference, interactive, bulk, streaming, training");
  vocabulary known;
  known.strategies = {"lru"};
  BOOST_TEST(error_of("[eviction]\nstrategy = \"fifo\"", known)
             == "cellard.toml:2:12: eviction.strategy = \"fifo\": allowed are lru");
  known.strategies.emplace_back("fifo");
  BOOST_TEST(error_of("[eviction]\nstrategy = \"fifo\"", known) == "accepted");
  BOOST_TEST(error_of("[eviction]\nstrategy = \"x\"", known)
             == "cellard.toml:2:12: eviction.strategy = \"x\": allowed are lru, fifo");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_suggests_the_nearest_known_one) {
  BOOST_TEST(error_of("[limits]\nsesions = 4")
             == "cellard.toml:2:1: unknown key limits.sesions; did you mean limits.sessions?");
  BOOST_TEST(error_of("[log]\ncapacity = 4")
             == "cellard.toml:2:1: unknown key log.capacity; did you mean memory.capacity?");
  BOOST_TEST(error_of("limits.farme = 4")
             == "cellard.toml:1:8: unknown key limits.farme; did you mean limits.frame?");
  BOOST_TEST(error_of("sessions = 4")
             == "cellard.toml:1:1: unknown key sessions; did you mean limits.sessions?");
  BOOST_TEST(error_of("[[quota]]\nnamespace = \"a\"\nmaximun = 4")
             == "cellard.toml:3:1: unknown key quota.maximun; did you mean quota.maximum?");
  BOOST_TEST(error_of("[memroy]\ncapacity = 4")
             == "cellard.toml:1:2: unknown table memroy; did you mean memory?");
  BOOST_TEST(error_of("xyzzy = 4") == "cellard.toml:1:1: unknown key xyzzy");
}

BOOST_AUTO_TEST_CASE(a_table_of_another_kind_says_how_it_is_written) {
  BOOST_TEST(error_of("limits = 4") == "cellard.toml:1:10: limits = 4: must be a table: [limits]");
  BOOST_TEST(error_of("[[limits]]\nsessions = 4")
             == "cellard.toml:1:1: limits = an array: must be a table: [limits]");
  BOOST_TEST(error_of("[quota]\nnamespace = \"a\"")
             == "cellard.toml:1:1: quota = a table: must be a list of tables: [[quota]]");
  BOOST_TEST(error_of("listener = [1]")
             == "cellard.toml:1:12: listener = an array: must be a list of tables: [[listener]]");
}

BOOST_AUTO_TEST_CASE(a_key_without_a_default_has_to_be_written) {
  BOOST_TEST(
    error_of("[[listener]]\n[[listener]]\npath = \"/a\"")
    == "cellard.toml:1:1: listener[0].path is missing; allowed are absolute paths of up to "
       "107 bytes");
  BOOST_TEST(
    error_of("[[quota]]\nmaximum = \"1 GiB\"")
    == "cellard.toml:1:1: quota[0].namespace is missing; allowed are patterns of up to 255 "
       "bytes, * and ? being wild");
}

BOOST_AUTO_TEST_CASE(rules_across_keys_point_at_a_key_that_was_written) {
  BOOST_TEST(error_of("[memory]\nlow_watermark = \"96 %\"")
             == "cellard.toml:2:17: memory.low_watermark = \"96 %\" must be below "
                "memory.high_watermark = \"95 %\"");
  BOOST_TEST(error_of("[memory]\n\nhigh_watermark = \"50 %\"")
             == "cellard.toml:3:18: memory.low_watermark = \"90 %\" must be below "
                "memory.high_watermark = \"50 %\"");
  BOOST_TEST(error_of("[[listener]]\npath = \"/a\"\n[[listener]]\npath = \"/a\"")
             == "cellard.toml:4:8: listener[1].path = \"/a\" is the path of listener[0] too");
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_reported_in_the_order_of_the_file) {
  BOOST_TEST(error_of("[memory]\nprefault = 1\n[log]\nlevel = \"a\"\n[daemon]\nworkers = 0")
             == "cellard.toml:2:12: memory.prefault = 1: allowed are true and false\n"
                "cellard.toml:4:9: log.level = \"a\": allowed are "
                "trace, debug, info, warn, error, critical, off\n"
                "cellard.toml:6:11: daemon.workers = 0: allowed are 1 to 16");
}

BOOST_AUTO_TEST_CASE(no_more_than_twenty_mistakes_are_told) {
  std::string text;
  for (int at = 100; at < 125; ++at) {
    text += "zzzzzz" + std::to_string(at) + " = 1\n";
  }
  const std::string error = error_of(text);
  BOOST_TEST(std::count(error.begin(), error.end(), '\n') == 20);
  BOOST_TEST(error.ends_with("\ncellard.toml: and 5 more"));
}

BOOST_AUTO_TEST_CASE(what_is_no_toml_is_named_with_its_place) {
  BOOST_TEST(error_of("[limits]\nframe = ").starts_with("cellard.toml:2:"));
  BOOST_TEST(error_of("[limits\n").starts_with("cellard.toml:1:"));
  BOOST_TEST(error_of("a = 1\na = 2\n").starts_with("cellard.toml:2:"));
}

BOOST_AUTO_TEST_CASE(errors_show_no_control_characters_and_no_more_than_a_line_of_a_value) {
  const std::string error =
    error_of("[log]\nlevel = \"\\u001b[31m\\n" + std::string(1000, 'x') + "\"");
  BOOST_TEST(error.starts_with("cellard.toml:2:9: log.level = \"\\u001B[31m\\u000Axxx"));
  BOOST_TEST(error.size() < 300U);
  BOOST_TEST(error_of("\"a\\u0007\" = 1") == "cellard.toml:1:1: unknown key a\\u0007");
}

BOOST_AUTO_TEST_CASE(a_file_is_loaded_and_named_by_its_path) {
  const temporary_file file;
  std::ofstream(file.path) << "[limits]\nsessions = 7\n";
  BOOST_TEST(load_file(file.path).value().limits.sessions == 7U);
  std::ofstream(file.path) << "[limits]\nsessions = 0\n";
  BOOST_TEST(load_file(file.path).error().context()
             == file.path.string() + ":2:12: limits.sessions = 0: allowed are 1 to 65536");
}

BOOST_AUTO_TEST_CASE(what_is_no_readable_small_file_is_refused) {
  const temporary_file file;
  const std::string name = file.path.string();
  const auto missing = load_file(file.path);
  BOOST_TEST((missing.error().code() == errc::io_error));
  BOOST_TEST(missing.error().context() == name + ": open: No such file or directory");

  std::ofstream(file.path) << std::string(most_file_bytes + 1, '#');
  BOOST_TEST(load_file(file.path).error().context() == name + ": larger than 1 MiB");
  std::ofstream(file.path) << std::string(most_file_bytes, '#');
  BOOST_TEST(load_file(file.path).has_value());

  std::filesystem::remove(file.path);
  BOOST_TEST_REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
  BOOST_TEST(load_file(file.path).error().context() == name + ": not a regular file");
  BOOST_TEST(load_file("/tmp").error().context() == "/tmp: not a regular file");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
