// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/client/client_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

namespace {

int connect_to(const std::string& path, client_handle& client, bool lazy = false,
               std::uint32_t deadline_ms = 20000) {
  auto options = options_for(path, deadline_ms);
  options.lazy = lazy ? 1 : 0;
  cellard_client* made = nullptr;
  const int status = cellard_connect(&options, &made);
  client.reset(made);
  return status;
}

cellard_server_info server_of(cellard_client* client) {
  cellard_server_info info CELLARD_SERVER_INFO_INIT;
  BOOST_TEST(cellard_server(client, &info) == CELLARD_OK);
  return info;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connect_test)

BOOST_AUTO_TEST_CASE(the_servers_facts_come_from_hello) {
  cache fixture;
  const auto info = server_of(fixture.client.get());
  BOOST_TEST(info.connected == 1U);
  BOOST_TEST(info.pid == 4242U);
  BOOST_TEST(info.max_keys == 4096U);
  BOOST_TEST(info.shared_memory == 1U);
  BOOST_TEST(std::string{info.server} == "fake 1.0");
  BOOST_TEST(info.reconnects == 0U);
  BOOST_TEST(cellard_block_bytes(fixture.space.get()) == block_bytes);
}

BOOST_AUTO_TEST_CASE(a_struct_of_an_older_version_is_filled_as_far_as_it_goes) {
  cache fixture;
  cellard_server_info info CELLARD_SERVER_INFO_INIT;
  info.size = offsetof(cellard_server_info, pid);
  info.pid = 77;
  BOOST_TEST(cellard_server(fixture.client.get(), &info) == CELLARD_OK);
  BOOST_TEST(info.instance == 1U);
  BOOST_TEST(info.pid == 77U);
}

BOOST_AUTO_TEST_CASE(an_absent_daemon_is_unavailable_and_the_sentence_names_the_path) {
  client_handle client;
  BOOST_TEST(connect_to("/nonexistent/cellard.sock", client) == CELLARD_UNAVAILABLE);
  BOOST_TEST(client == nullptr);
  BOOST_TEST(std::string{cellard_last_error()}.find("/nonexistent/cellard.sock")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lazy_client_works_as_soon_as_there_is_a_daemon) {
  cache fixture;
  fixture.fill(1);
  fixture.daemon.stop();
  client_handle client;
  BOOST_TEST(connect_to(fixture.daemon.path(), client, true) == CELLARD_OK);
  fixture.client.swap(client);
  const auto layout = small_layout();
  cellard_space* space = nullptr;
  BOOST_TEST(cellard_open(fixture.client.get(), "test", &layout, nullptr, 0, &space) == CELLARD_OK);
  fixture.space.reset(space);
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_UNAVAILABLE);
  BOOST_TEST(server_of(fixture.client.get()).connected == 0U);
  fixture.daemon.start();
  fixture.reconnect();
  BOOST_TEST(fixture.put(1) == 1U);
  BOOST_TEST(fixture.lookup(1) == 1U);
}

BOOST_AUTO_TEST_CASE(an_absent_daemon_costs_no_attempt_before_the_pause_is_over) {
  cache fixture;
  fixture.daemon.stop();
  std::filesystem::remove(fixture.daemon.path());
  bool paused = false;
  for (int i = 0; i < 1000 && !paused; ++i) {
    fixture.lookup(1);
    BOOST_TEST_REQUIRE(fixture.status == CELLARD_UNAVAILABLE);
    paused = std::string{cellard_last_error()}.find("next attempt") != std::string::npos;
  }
  BOOST_TEST(paused);
}

BOOST_AUTO_TEST_CASE(a_restarted_daemon_is_found_by_the_next_call) {
  cache fixture;
  fixture.fill(2);
  auto blocks = fixture.get(2);
  fixture.daemon.stop();
  fixture.daemon.start();
  fixture.lookup(2);
  if (fixture.status == CELLARD_UNAVAILABLE) {
    fixture.lookup(2);  // a connection used within the last millisecond is found lost by its use
  }
  BOOST_TEST(fixture.status == CELLARD_OK);
  BOOST_TEST(fixture.lookup(2) == 0U);  // the new instance is empty
  BOOST_TEST(fixture.put(2) == 2U);
  auto again = fixture.get(2);
  BOOST_TEST_REQUIRE(cellard_blocks_count(again.get()) == 2U);
  BOOST_TEST(same_bytes(again.get(), 1, block_of(1)));
  // Views of the first life are still mapped, and their header has not changed.
  BOOST_TEST(same_bytes(blocks.get(), 1, block_of(1)));
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_OK);
  blocks.reset();
  fixture.lookup(1);
  BOOST_TEST(fixture.daemon.leases().size()
             == 1U);  // the old lease was not given to the new daemon
  const auto info = server_of(fixture.client.get());
  BOOST_TEST(info.reconnects == 1U);
  BOOST_TEST(info.instance == 2U);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_dies_during_a_call_is_unavailable) {
  cache fixture;
  fixture.daemon.on(opcode::lookup, [](fake_exchange& exchange) {
    exchange.hang_up();
    return true;
  });
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_UNAVAILABLE);
  fixture.daemon.on(opcode::lookup, [](fake_exchange&) { return false; });
  fixture.reconnect();
}

BOOST_AUTO_TEST_CASE(garbage_ends_the_connection_and_not_the_process) {
  cache fixture;
  const std::vector<std::vector<std::byte>> frames = {
    {std::byte{1}},
    std::vector<std::byte>(16, std::byte{0xFF}),
    std::vector<std::byte>(500, std::byte{0x5A}),
    std::vector<std::byte>(100000, std::byte{0}),
  };
  for (const auto& frame : frames) {
    fixture.daemon.on(opcode::lookup, [&](fake_exchange& exchange) {
      exchange.send(frame);
      return true;
    });
    fixture.lookup(1);
    BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
    fixture.daemon.on(opcode::lookup, [](fake_exchange&) { return false; });
    fixture.reconnect();
  }
}

BOOST_AUTO_TEST_CASE(a_frame_over_the_limit_ends_the_connection) {
  cache fixture;
  fixture.daemon.on(opcode::lookup, [](fake_exchange& exchange) {
    exchange.send(std::vector<std::byte>(protocol::default_frame_bytes + 1));
    return true;
  });
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_FRAME_TOO_LARGE);
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_opcode_or_an_unknown_id_ends_the_connection) {
  cache fixture;
  for (const std::uint32_t shift : {0U, 100U}) {
    fixture.daemon.on(opcode::lookup, [&](fake_exchange& exchange) {
      exchange.header.op = static_cast<std::uint16_t>(opcode::touch);
      exchange.header.request_id += shift;
      exchange.reply(protocol::match_reply{1, 1, 0});
      return true;
    });
    fixture.lookup(1);
    BOOST_TEST(fixture.status == CELLARD_BAD_FRAME);
    fixture.daemon.on(opcode::lookup, [](fake_exchange&) { return false; });
    fixture.reconnect();
  }
}

BOOST_AUTO_TEST_CASE(another_version_is_refused) {
  fake_settings settings;
  settings.version = 9;
  fake_daemon daemon{settings};
  client_handle client;
  BOOST_TEST(connect_to(daemon.path(), client) == CELLARD_UNSUPPORTED_VERSION);
}

BOOST_AUTO_TEST_CASE(unexpected_descriptors_are_closed) {
  cache fixture;
  const auto before = open_descriptors();
  const sealed_memory memory{4096};
  fixture.daemon.on(opcode::lookup, [&](fake_exchange& exchange) {
    exchange.reply(protocol::match_reply{1, 1, 0}, {memory.descriptor(), memory.descriptor()});
    return true;
  });
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(fixture.lookup(1) == 1U);
  }
  BOOST_TEST(open_descriptors() == before + 1);
}

BOOST_AUTO_TEST_CASE(disabled_means_misses_without_contact) {
  fake_daemon daemon;
  ::setenv("CELLARD_DISABLE", "1", 1);
  client_handle client;
  const int status = connect_to(daemon.path(), client);
  ::unsetenv("CELLARD_DISABLE");
  BOOST_TEST_REQUIRE(status == CELLARD_OK);
  const auto layout = small_layout();
  cellard_space* opened = nullptr;
  BOOST_TEST_REQUIRE(cellard_open(client.get(), "x", &layout, nullptr, 0, &opened) == CELLARD_OK);
  const space_handle space{opened};
  const auto key = key_of(1);
  cellard_match match CELLARD_MATCH_INIT;
  match.matched = 9;
  BOOST_TEST(cellard_lookup(opened, &key, 1, &match) == CELLARD_OK);
  BOOST_TEST(match.matched == 0U);
  cellard_blocks* found = nullptr;
  BOOST_TEST(cellard_get(opened, &key, 1, &found) == CELLARD_OK);
  const blocks_handle blocks{found};
  BOOST_TEST(cellard_blocks_count(found) == 0U);
  BOOST_TEST(cellard_blocks_check(found) == CELLARD_OK);
  const auto bytes = block_of(1);
  const cellard_const_buffer buffer{bytes.data(), bytes.size()};
  int per_key = 0;
  std::size_t stored = 5;
  BOOST_TEST(cellard_put(opened, nullptr, &key, 1, &buffer, 1, &per_key, &stored) == CELLARD_OK);
  BOOST_TEST(per_key == CELLARD_UNAVAILABLE);
  BOOST_TEST(stored == 0U);
  cellard_stage* stage = nullptr;
  BOOST_TEST(cellard_reserve(opened, nullptr, &key, 1, nullptr, &stage) == CELLARD_UNAVAILABLE);
  BOOST_TEST(server_of(client.get()).connected == 0U);
  BOOST_TEST(daemon.connections() == 0);
}

BOOST_AUTO_TEST_CASE(a_childs_handles_are_refused_and_the_parents_go_on) {
  cache fixture;
  fixture.fill(1);
  auto blocks = fixture.get(1);
  const auto child = ::fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    cellard_view view{};
    fixture.lookup(1);
    const bool refused = fixture.status == CELLARD_FORKED
                         && cellard_blocks_view(blocks.get(), 0, &view) == CELLARD_FORKED
                         && cellard_blocks_check(blocks.get()) == CELLARD_FORKED
                         && std::string{cellard_last_error()}.find("fork") != std::string::npos;
    blocks.reset();
    fixture.space.reset();
    fixture.client.reset();
    client_handle own;
    const bool anew = connect_to(fixture.daemon.path(), own) == CELLARD_OK;
    own.reset();
    ::_exit(refused && anew ? 0 : 1);
  }
  int status = -1;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(fixture.lookup(1) == 1U);
  BOOST_TEST(same_bytes(blocks.get(), 0, block_of(0)));
  BOOST_TEST(server_of(fixture.client.get()).reconnects == 0U);
}

BOOST_AUTO_TEST_CASE(handles_may_be_closed_in_any_order) {
  cache fixture;
  fixture.fill(1);
  auto blocks = fixture.get(1);
  fixture.client.reset();
  fixture.lookup(1);
  BOOST_TEST(fixture.status == CELLARD_NOT_OPEN);
  BOOST_TEST(same_bytes(blocks.get(), 0, block_of(0)));
  BOOST_TEST(cellard_blocks_check(blocks.get()) == CELLARD_OK);
  fixture.space.reset();
  blocks.reset();
}

BOOST_AUTO_TEST_CASE(connecting_and_closing_leaves_no_descriptor) {
  fake_daemon daemon;
  client_handle client;
  BOOST_TEST(connect_to(daemon.path(), client) == CELLARD_OK);
  client.reset();
  daemon.stop();
  const auto before = open_descriptors();
  daemon.start();
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(connect_to(daemon.path(), client) == CELLARD_OK);
    client.reset();
  }
  daemon.stop();
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(missing_arguments_are_refused_with_a_sentence) {
  cellard_client* client = nullptr;
  cellard_options options{};
  BOOST_TEST(cellard_connect(&options, &client) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(cellard_connect(nullptr, nullptr) == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(std::string{cellard_last_error()}.find("CELLARD_OPTIONS_INIT") != std::string::npos);
  cellard_close(nullptr);
  cellard_space_close(nullptr);
  cellard_blocks_free(nullptr);
  cellard_stage_free(nullptr);
  cellard_text_free(nullptr);
  cache fixture;
  auto layout = small_layout();
  layout.head_dim = 0;
  cellard_space* space = nullptr;
  BOOST_TEST(cellard_open(fixture.client.get(), "x", &layout, nullptr, 0, &space)
             == CELLARD_INVALID_ARGUMENT);
  BOOST_TEST(std::string{cellard_last_error()}.find("head_dim") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
