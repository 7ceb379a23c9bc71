// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A daemon for tests of the client: one thread, a real socket, real memfds, one namespace, and no
// policy. It answers everything as docs/protocol.md says until a test tells it otherwise: `on` puts
// a handler in front of an opcode, which may answer wrongly, later, or never.
//
// Handlers run on the daemon's thread with its mutex held. All other functions may be called by the
// test's thread.
#pragma once

#include "protocol/fields.hpp"
#include "protocol/requests.hpp"
#include "tests/support/fake_store.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace cellard::testing {

struct fake_settings {
  std::uint32_t keys = 4096;
  std::uint32_t frame_bytes = protocol::default_frame_bytes;
  std::uint64_t staging_bytes = 64U << 20;
  std::uint64_t staging_left = ~std::uint64_t{0};  ///< an area has no more than this
  bool shared_memory = true;
  std::uint8_t verify = protocol::verify_adopted;
  std::uint16_t version = 1;
  std::uint64_t features = protocol::known_features;
};

/// One client's connection, as the daemon sees it.
struct fake_peer {
  explicit fake_peer(int number) : socket(number) {}
  ~fake_peer();
  fake_peer(const fake_peer&) = delete;
  fake_peer& operator=(const fake_peer&) = delete;

  int socket;
  std::uint64_t block_bytes = 0;
  bool segment_sent = false;
  std::unique_ptr<sealed_memory> staging;
};

/// One request. It owns its frame, so that a handler may keep it and answer later.
struct fake_exchange {
  std::shared_ptr<fake_peer> peer;
  std::vector<std::byte> frame;
  protocol::request_header header;
  std::vector<std::uint64_t> releases;
  protocol::request body;

  /// Sends a reply of any type, with these descriptors.
  template <class Reply>
  void reply(const Reply& answer, const std::vector<int>& descriptors = {}) const {
    std::vector<std::byte> bytes;
    protocol::writer out{bytes};
    protocol::encode(out,
                     {static_cast<protocol::opcode>(header.op), header.request_id, flags,
                      static_cast<std::uint32_t>(descriptors.size())},
                     answer);
    send(bytes, descriptors);
  }
  void send(std::span<const std::byte> bytes, const std::vector<int>& descriptors = {}) const;
  /// Ends the connection as a killed daemon does.
  void hang_up() const;

  std::uint8_t flags = 0;  ///< of replies
};

class fake_daemon {
public:
  /// Returns true when the exchange is dealt with; false lets the daemon answer as usual.
  using handler = std::function<bool(fake_exchange&)>;

  explicit fake_daemon(const fake_settings& settings = {});
  ~fake_daemon();
  fake_daemon(const fake_daemon&) = delete;
  fake_daemon& operator=(const fake_daemon&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Ends like a killed process: all sockets close, the path stays. `start` is the next one.
  void stop();
  void start();

  void on(protocol::opcode op, handler handle);
  /// The next `times` requests are kept unanswered until answer_held, and no longer: also those
  /// that were sent before it and come after it.
  void hold(protocol::opcode op, int times = 1);
  void answer_held();

  /// How many requests of this kind came; wait_for ends the test when they do not within 20 s.
  int seen(protocol::opcode op);
  void wait_for(protocol::opcode op, int times);

  /// Does the usual thing, for handlers that change only something else.
  void answer(fake_exchange& exchange);

  /// Blocks and leases, under the mutex.
  template <class Use>
  auto with_store(Use use) {
    const std::lock_guard guard{mutex_};
    return use(*store_);
  }
  std::set<std::uint64_t> leases();
  std::vector<std::uint32_t> aborted();
  int connections();

private:
  struct visitor;

  void run(int listener);
  void accept_peer(int listener, std::vector<std::shared_ptr<fake_peer>>& peers);
  bool serve(const std::shared_ptr<fake_peer>& peer);
  void dispatch(fake_exchange& exchange);

  const fake_settings settings_;
  std::string folder_;
  std::string path_;
  int stop_event_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<protocol::opcode, handler> handlers_;
  std::map<protocol::opcode, int> holding_;
  std::map<protocol::opcode, int> seen_;
  std::vector<std::shared_ptr<fake_exchange>> held_;
  std::unique_ptr<fake_store> store_;
  std::optional<core::layout> layout_;  // of the last open that had one
  std::set<std::uint64_t> leases_;
  std::vector<std::uint32_t> aborted_;
  std::map<std::uint32_t, core::block_key> tickets_;
  std::uint64_t instance_ = 1;
  std::uint64_t last_lease_ = 100;
  std::uint32_t last_ticket_ = 0;
  int connections_ = 0;
};

}  // namespace cellard::testing
