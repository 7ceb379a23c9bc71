// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One client of the page of numbers: reads the head of one HTTP request, answers it and ends. What
// the client may cost is known from the start: one head of `most_head_bytes`, a copy of the page,
// and the time of metrics.request_time for everything together, its own slowness included. A body
// is not read, and a second request neither.
//
// Threads: all on the thread of its socket. Whoever made it owns it until it says that it ended.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cellard::daemon {

/// Prometheus sends some 300 bytes; what proxies add has room.
inline constexpr std::size_t most_head_bytes = 8 * 1024;

class metrics_exchange : public std::enable_shared_from_this<metrics_exchange> {
public:
  /// Calls `wanted` when the client asks for the page; `give` follows.
  metrics_exchange(boost::asio::ip::tcp::socket socket, std::function<void()> wanted,
                   std::function<void()> ended);

  /// Begins to read; ends after `time`, whatever was reached.
  void start(std::chrono::microseconds time);
  /// The page, or nothing when there is none: for the client, if it waits for it.
  void give(const std::optional<std::string>& page);
  /// Ends it now. Idempotent.
  void end();

private:
  using status = boost::beast::http::status;

  void took(const boost::system::error_code& failed);
  void serve();
  void send(status code, std::string text, std::string_view type = "text/plain");

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::function<void()> wanted_;
  std::function<void()> ended_;
  bool waits_ = false;  ///< for the page
  boost::beast::flat_static_buffer<most_head_bytes> buffer_;
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
};

}  // namespace cellard::daemon
