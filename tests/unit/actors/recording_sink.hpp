// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client's socket that is a list of frames.
#pragma once

#include "actors/messages.hpp"
#include "actors/reply_sink.hpp"
#include "actors/route.hpp"
#include "protocol/replies.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace cellard::actors::testing {

class recording_sink final : public reply_sink {
public:
  using reply_sink::reply_sink;

  struct sent {
    std::vector<std::byte> bytes;
    std::size_t descriptors = 0;
  };

  void send(std::span<const std::byte> frame, std::span<const int> passed,
            std::shared_ptr<const void> /*keep*/) override {
    frames.push_back({{frame.begin(), frame.end()}, passed.size()});
  }
  void done() override { ++credits; }
  void wake_at(time_point when) override { wakes.push_back(when); }
  void slow(slow_request what) override { late.push_back(std::move(what)); }
  void shut_down() override { ++shut; }
  void set_route(std::uint32_t handle, std::shared_ptr<const route> way) override {
    routes[handle] = std::move(way);
  }

  /// Replies to this request.
  [[nodiscard]] std::size_t replies(std::uint32_t id) const {
    std::size_t count = 0;
    for (const auto& each : frames) {
      count += frame_of(each).header.request_id == id ? 1U : 0U;
    }
    return count;
  }

  /// Its one reply.
  [[nodiscard]] protocol::reply_frame reply(std::uint32_t id) const {
    BOOST_TEST_REQUIRE(replies(id) == 1U, "not one reply to request " << id);
    for (const auto& each : frames) {
      if (const auto frame = frame_of(each); frame.header.request_id == id) {
        return frame;
      }
    }
    return {};
  }

  template <class Body>
  [[nodiscard]] Body reply_as(std::uint32_t id) const {
    const auto answer = protocol::decode_reply<Body>(reply(id));
    BOOST_TEST_REQUIRE(answer.has_value(), (answer ? "" : answer.error().message()));
    return *answer;
  }

  std::vector<sent> frames;
  int credits = 0;  ///< given back
  int shut = 0;
  std::vector<time_point> wakes;
  std::vector<slow_request> late;
  std::map<std::uint32_t, route_ptr> routes;

private:
  static protocol::reply_frame frame_of(const sent& one) {
    const auto frame = protocol::split_reply(one.bytes);
    BOOST_TEST_REQUIRE(frame.has_value());
    BOOST_TEST_REQUIRE(frame->header.descriptors == one.descriptors);
    return *frame;
  }
};

}  // namespace cellard::actors::testing
