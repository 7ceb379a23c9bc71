// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The page of numbers: GET /metrics by HTTP, on the loopback address of metrics.listen, for
// Prometheus. It accepts, and gives each client an exchange (metrics_exchange.hpp). At most
// metrics.connections are open; a newcomer beyond takes the place of the oldest, so that clients
// who dawdle keep nobody out for longer than it takes to be the oldest.
//
// One page is made at a time, and all who wait get it: what clients ask of the statistics is
// bounded by how fast these are, not by how fast clients come.
//
// Threads: accepting and exchanges on one thread of the pool; start and stop from any other; the
// page may come from any.
#pragma once

#include "config/config.hpp"
#include "core/result.hpp"
#include "daemon/metrics_exchange.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace cellard::daemon {

/// Makes the page; `answer` is called once, on any thread, with nothing when there is none.
using page_source = std::function<void(std::function<void(std::optional<std::string>)> answer)>;

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
  void make_page();
  void hand_out(const std::optional<std::string>& page);

  boost::asio::io_context& home_;
  config::metrics_settings settings_;
  page_source page_;
  bool making_ = false;  ///< a page is on its way
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::list<std::shared_ptr<metrics_exchange>> open_;  // the oldest first
};

}  // namespace cellard::daemon
