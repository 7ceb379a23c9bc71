// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A session with all the actors behind it, real ones, and a socket that is a list of frames. A
// session finds the time in its requests and in the ticks that the test sends.
#pragma once

#include "actors/encoder.hpp"
#include "actors/eviction.hpp"
#include "actors/memory.hpp"
#include "actors/session.hpp"
#include "actors/settings.hpp"
#include "actors/stats.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker.hpp"
#include "tests/support/printing.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/recording_sink.hpp"
#include "tests/unit/actors/requests.hpp"

namespace cellard::actors::testing {

/// A worker that keeps copies until it is told to answer: a put on its way.
struct slow_worker {
  std::vector<caf::typed_response_promise<std::vector<std::uint64_t>>> kept;
  std::vector<std::size_t> jobs;

  void answer() {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      kept[i].deliver(std::vector<std::uint64_t>(jobs[i], 7));
    }
    kept.clear();
    jobs.clear();
  }
};

inline worker_actor::behavior_type keeping_worker(worker_actor::pointer self,
                                                  std::shared_ptr<slow_worker> what) {
  return {
    [self, what](copy_atom, const copy_batch& work) {
      auto promise = self->make_response_promise<std::vector<std::uint64_t>>();
      what->kept.push_back(promise);
      what->jobs.push_back(work.jobs.size());
      return promise;
    },
    [](corrupt_atom, const std::shared_ptr<core::segment>&, std::uint64_t, std::uint32_t) {
      return std::uint64_t{0};
    },
    [](scrub_atom, const std::vector<core::scrub_job>& jobs) {
      return static_cast<std::uint32_t>(jobs.size());
    },
    [](populate_atom, const std::shared_ptr<core::segment>&, std::uint64_t, std::uint64_t to) {
      return to;
    },
    // Promises are kept on the actor's own turns, so this is how the test says "now".
    [what](punch_atom, const std::shared_ptr<core::segment>& memory) {
      if (memory == nullptr) {
        what->answer();
      }
    },
  };
}

/// One connection. Requests get numbers from 1 on.
class connection_double {
public:
  connection_double(stepped_system& house, session_setup setup) : house_(house) {
    sink = std::make_shared<recording_sink>(setup.counters);
    setup.sink = sink;
    actor = house.spawn(session, std::move(setup));
  }

  /// Sends a request and runs until nothing moves. Returns its number.
  std::uint32_t send(const protocol::request& body, how with = {}) {
    const auto id = start(body, std::move(with));
    house_.run();
    return id;
  }

  /// The same, and nothing runs.
  std::uint32_t start(const protocol::request& body, how with = {}) {
    with.id = ++last_id_;
    const auto request = arriving(body, sink, with);
    sink->last_active = request->arrived;
    sink->counters().requests.fetch_add(1);
    house_.tell(actor, request_atom::value, request);
    return last_id_;
  }

  void tick() {
    house_.tell(actor, tick_atom::value);
    house_.run();
  }

  [[nodiscard]] std::size_t replies(std::uint32_t id) const { return sink->replies(id); }
  [[nodiscard]] protocol::reply_frame reply(std::uint32_t id) const { return sink->reply(id); }

  [[nodiscard]] core::errc status(std::uint32_t id) const {
    return static_cast<core::errc>(reply(id).header.status);
  }

  [[nodiscard]] std::string sentence(std::uint32_t id) const {
    const auto body = reply(id).body;
    return {reinterpret_cast<const char*>(body.data()), body.size()};
  }

  template <class Body>
  Body ask(const protocol::request& body, how with = {}) {
    return sink->reply_as<Body>(send(body, std::move(with)));
  }

  void hello() { static_cast<void>(ask<protocol::hello_reply>(protocol::hello_request{})); }

  std::uint32_t open(const std::string& name) {
    protocol::open_request request;
    request.name = name;
    request.layout = opaque();
    return ask<protocol::open_reply>(request).space;
  }

  void stage() { static_cast<void>(ask<protocol::stage_reply>(protocol::stage_request{mib})); }

  static protocol::put_request put(std::uint32_t space, std::uint64_t first, std::size_t count) {
    return put_of(first, count, block_bytes, space);
  }

  static protocol::chain_request chain(protocol::opcode op, std::uint32_t space,
                                       const std::vector<core::block_key>& keys) {
    return {op, space, 0, 0, 0, keys};
  }

  std::shared_ptr<recording_sink> sink;
  session_actor actor;

private:
  stepped_system& house_;
  std::uint32_t last_id_ = 0;
};

struct daemon_double : stepped_system {
  explicit daemon_double(const config::configuration& wanted = small_configuration())
    : settings(frozen(wanted)) {
    memory = spawn(actors::memory, settings, std::uint64_t{64 * mib}, staging);
    order = spawn(eviction, settings, std::uint64_t{64 * mib});
    statistics = spawn(stats, stats_setup{counters, staging, 64 * mib, settings, order});
    copier = spawn([this](worker_actor::pointer self) { return keeping_worker(self, slow); });
    supervisor_setup with;
    with.settings = settings;
    with.memory = memory;
    with.order = order;
    with.stats = statistics;
    with.copiers = {copier};
    with.housekeeper = spawn(worker, counters);
    with.counters = counters;
    with.make_encoder = [this] {
      encoders.push_back(spawn(encoder, settings));
      return encoders.back();
    };
    with.fatal = [this](const std::string& why) {
      fatal.push_back(why);
    };
    with.restarted = [this](const std::string& what) {
      restarted.push_back(what);
    };
    directory = spawn(supervisor, with);
  }

  connection_double connect(session_id id = 1, const std::string& tenant = "tenant",
                            bool privileged = false) {
    session_setup with;
    with.who = {id, tenant, 1000, 42, privileged, true, {}};
    with.settings = settings;
    with.supervisor = directory;
    with.memory = memory;
    with.stats = statistics;
    with.counters = counters;
    counters->sessions.fetch_add(1);
    return connection_double{*this, std::move(with)};
  }

  /// A session that has said hello, has a namespace open and a staging area.
  connection_double ready(session_id id = 1) {
    auto made = connect(id);
    made.hello();
    BOOST_TEST_REQUIRE(made.open("space") == 1U);
    made.stage();
    return made;
  }

  /// The slow worker is done with what it has.
  void finish_copies() {
    tell(copier, punch_atom::value, std::shared_ptr<core::segment>{});
    run();
  }

  config::snapshot settings;
  std::shared_ptr<core::server_counters> counters = std::make_shared<core::server_counters>();
  std::shared_ptr<core::usage> staging = std::make_shared<core::usage>();
  std::shared_ptr<slow_worker> slow = std::make_shared<slow_worker>();
  std::vector<std::string> fatal;
  std::vector<std::string> restarted;
  std::vector<encoder_actor> encoders;  ///< quantizer, compressor, and who took their places
  memory_actor memory;
  eviction_actor order;
  stats_actor statistics;
  worker_actor copier;
  supervisor_actor directory;
};

using statuses = std::vector<core::errc>;

}  // namespace cellard::actors::testing
