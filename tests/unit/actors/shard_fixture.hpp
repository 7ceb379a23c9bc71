// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A shard with a real strategy and real workers, and a memory manager that does what the test says:
// it keeps the wishes, and the test grants or denies.
#pragma once

#include "actors/encoder.hpp"
#include "actors/eviction.hpp"
#include "actors/lease_number.hpp"
#include "actors/shard.hpp"
#include "actors/worker.hpp"
#include "core/arena.hpp"
#include "tests/support/printing.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/recording_sink.hpp"
#include "tests/unit/actors/requests.hpp"

#include <set>

namespace cellard::actors::testing {

struct wishes {
  int asked = 0;
  int asked_in_need = 0;
  std::vector<std::uint64_t> freed;
};

inline memory_actor::behavior_type listening_memory(std::shared_ptr<wishes> what) {
  return {
    [what](grant_atom, space_id, std::uint64_t, std::uint32_t, bool needed) {
      ++(needed ? what->asked_in_need : what->asked);
    },
    [what](freed_atom, space_id, std::uint64_t bytes) { what->freed.push_back(bytes); },
    [](stage_atom, std::uint64_t, std::uint64_t) -> core::result<core::staging_ptr> {
      return core::fail(core::errc::internal, "a double");
    },
    [](join_atom, const space_description&, const shard_actor&) {},
    [](forget_atom, space_id) {},
    [](apply_atom, const config::snapshot&) {},
  };
}

struct shard_house : stepped_system {
  explicit shard_house(const config::configuration& settings = small_configuration(),
                       const core::layout& shape = opaque())
    : space(start(settings, shape)) {
    run();
  }

  shard_actor start(const config::configuration& settings, const core::layout& shape) {
    setup.what = {1, "tenant", "space", 0, shape, numbers};
    setup.settings = frozen(settings);
    setup.memory = spawn([this](memory_actor::pointer) { return listening_memory(heard_of); });
    setup.order = spawn(eviction, setup.settings, std::uint64_t{64 * mib});
    copier = spawn(worker, server);
    setup.copiers = {copier};
    setup.housekeeper = spawn(worker, server);
    setup.quantizer = spawn(encoder, setup.settings);
    setup.compressor = spawn(encoder, setup.settings);
    setup.counters = server;
    return spawn(actors::shard, setup);
  }

  /// A segment of so many blocks, whose pages are made present.
  void give_segment(std::uint64_t blocks) {
    auto made =
      *core::segment::create("test", core::arena::segment_bytes_for(blocks * block_bytes, 4096));
    tell(space, segment_atom::value, made);
    run();
    memory = made;
  }

  void deny() {
    tell(space, denied_atom::value, false);
    run();
  }

  write_call write(const protocol::request& body, session_id who = 1) {
    return {arriving(body, nobody), {who, 0}, 0, staging};
  }

  std::shared_ptr<answer_to<std::vector<core::errc>>>
  start_put(std::uint64_t first, std::size_t count, session_id who = 1) {
    return start_asking<std::vector<core::errc>>(space, put_atom::value,
                                                 write(put_of(first, count, block_bytes), who));
  }

  std::vector<core::errc> put(std::uint64_t first, std::size_t count = 1, session_id who = 1) {
    const auto answer = start_put(first, count, who);
    run();
    BOOST_TEST_REQUIRE(answer->value.has_value(), "the put is not answered");
    return *answer->value;
  }

  /// What the shard itself answers the client.
  template <class Body>
  Body serve(protocol::opcode op, std::uint64_t first, std::size_t count, session_id who = 1) {
    const auto keys = keys_from(first, count);
    how with;
    with.id = ++last_id;
    tell(space, chain_atom::value,
         chain_call{
           arriving(protocol::chain_request{op, 1, 0, 0, 0, keys}, client, with), {who, 0}, 0});
    run();
    return client->reply_as<Body>(last_id);
  }

  std::uint32_t found(std::uint64_t first, std::size_t count = 1) {
    return serve<protocol::match_reply>(protocol::opcode::lookup, first, count).ready;
  }

  /// The session opens the namespace first, as handle 1.
  protocol::get_reply get(std::uint64_t first, std::size_t count = 1, session_id who = 1) {
    if (joined.insert(who).second) {
      static_cast<void>(ask<core::result<std::uint16_t>>(space, join_atom::value, who,
                                                         std::uint32_t{1}, std::string{}));
    }
    return serve<protocol::get_reply>(protocol::opcode::get, first, count, who);
  }

  void release(std::uint64_t lease, session_id who = 1) {
    tell(space, release_atom::value, who,
         std::vector<std::uint64_t>{lease_number::split(lease).second});
    run();
  }

  std::shared_ptr<core::shard_counters> numbers = std::make_shared<core::shard_counters>();
  std::shared_ptr<core::server_counters> server = std::make_shared<core::server_counters>();
  std::shared_ptr<core::usage> used = std::make_shared<core::usage>();
  core::staging_ptr staging =
    std::make_shared<core::staging_area>(*core::segment::create_staging(2 * mib), used);
  std::shared_ptr<wishes> heard_of = std::make_shared<wishes>();
  std::shared_ptr<recording_sink> client = std::make_shared<recording_sink>(server);
  /// Of what the shard answers to its session, which is the test.
  std::shared_ptr<recording_sink> nobody = std::make_shared<recording_sink>(server);
  std::shared_ptr<core::segment> memory;  ///< the last that was given
  std::set<session_id> joined;
  std::uint32_t last_id = 0;
  worker_actor copier;
  shard_setup setup;
  shard_actor space;
};

using statuses = std::vector<core::errc>;

}  // namespace cellard::actors::testing
