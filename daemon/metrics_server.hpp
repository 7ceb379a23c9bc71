// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The page of numbers: GET /metrics by HTTP, on the loopback address of metrics.listen, for
// Prometheus. It accepts, and gives each client an exchange (metrics_exchange.hpp). At most
// metrics.connections are open; a newcomer beyond takes the place of the oldest, so that clients
// who dawdle keep nobody out for longer than it takes to be the oldest.
//
// Threads: accepting and exchanges on one thread of the pool; start and stop from any other.
#pragma once

#include "config/config.hpp"
#include "core/result.hpp"
#include "daemon/metrics_exchange.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <string>

namespace cellard::daemon {

class metrics_server : public std::enable_shared_from_this<metrics_server> {
public:
  /// Listens on `settings.listen`. io_error
  static core::result<std::shared_ptr<metrics_server>>
  open(boost::asio::io_context& home, const config::metrics_settings& settings, page_source page);

  /// "http://127.0.0.1:9464/metrics", with the port that the kernel chose for port 0.
  [[nodiscard]] std::string url() const;

  void start();
  /// Closes all sockets and forgets the source of pages; returns when it is done.
  void stop();

private:
  metrics_server(boost::asio::io_context& home, config::metrics_settings settings,
                 page_source page);

  void listen();
  void accept();
  void admit(boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& home_;
  config::metrics_settings settings_;
  page_source page_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::list<std::shared_ptr<metrics_exchange>> open_;  // the oldest first
};

}  // namespace cellard::daemon
