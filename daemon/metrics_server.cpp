// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/metrics_server.hpp"

#include "config/address.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <utility>

namespace cellard::daemon {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A failed accept (no descriptor left) would fail again at once.
constexpr std::chrono::seconds pause_after_failure{1};

}  // namespace

metrics_server::metrics_server(asio::io_context& home, config::metrics_settings settings,
                               page_source page)
  : home_(home),
    settings_(std::move(settings)),
    page_(std::move(page)),
    acceptor_(home),
    pause_(home) {
}

core::result<std::shared_ptr<metrics_server>>
metrics_server::open(asio::io_context& home, const config::metrics_settings& settings,
                     page_source page) {
  const std::shared_ptr<metrics_server> made(
    new metrics_server(home, settings, std::move(page)));  // the constructor is private
  try {
    made->listen();
  } catch (const boost::system::system_error& failed) {
    return core::fail(core::errc::io_error,
                      "cannot listen on metrics.listen = \"{}\": {}; take another port or leave it "
                      "empty, and under systemd install the drop-in 30-metrics.conf",
                      settings.listen, failed.code().message());
  }
  return made;
}

void metrics_server::listen() {
  const auto place = config::parse_address(settings_.listen).value();  // validated
  const tcp::endpoint at(asio::ip::make_address(place.host), place.port);
  acceptor_.open(at.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(at);
  acceptor_.listen();
}

std::string metrics_server::url() const {
  const auto at = acceptor_.local_endpoint();
  const auto host = at.address().to_string();
  return fmt::format("http://{}:{}/metrics", at.address().is_v6() ? "[" + host + "]" : host,
                     at.port());
}

void metrics_server::start() {
  asio::post(home_, [self = shared_from_this()] { self->accept(); });
}

void metrics_server::accept() {
  acceptor_.async_accept(
    [self = shared_from_this()](const boost::system::error_code& failed, tcp::socket socket) {
      if (!self->acceptor_.is_open()) {
        return;
      }
      if (!failed) {
        self->admit(std::move(socket));
        self->accept();
        return;
      }
      self->pause_.expires_after(pause_after_failure);
      self->pause_.async_wait([self](const boost::system::error_code& stopped) {
        if (!stopped) {
          self->accept();
        }
      });
    });
}

void metrics_server::admit(tcp::socket socket) {
  if (open_.size() >= settings_.connections) {
    const auto oldest = open_.front();
    oldest->end();
  }
  const auto place = open_.insert(open_.end(), nullptr);
  const auto wanted = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->make_page();
    }
  };
  const auto ended = [weak = weak_from_this(), place] {
    if (const auto self = weak.lock()) {
      self->open_.erase(place);
    }
  };
  *place = std::make_shared<metrics_exchange>(std::move(socket), wanted, ended);
  (*place)->start(settings_.request_time);
}

void metrics_server::make_page() {
  if (std::exchange(making_, true)) {
    return;
  }
  // The page may come when the server has gone: it holds nothing.
  page_([weak = weak_from_this(), home = home_.get_executor()](std::optional<std::string> page) {
    asio::post(home, [weak, page = std::move(page)] {
      if (const auto self = weak.lock()) {
        self->hand_out(page);
      }
    });
  });
}

void metrics_server::hand_out(const std::optional<std::string>& page) {
  making_ = false;
  for (const auto& each : open_) {
    each->give(page);
  }
}

void metrics_server::stop() {
  std::promise<void> done;
  asio::post(home_, [this, &done] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    while (!open_.empty()) {
      const auto each = open_.front();
      each->end();
    }
    page_ = nullptr;  // its handles would keep actors alive
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace cellard::daemon
