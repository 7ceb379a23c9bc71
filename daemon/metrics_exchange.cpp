// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/metrics_exchange.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <limits>
#include <utility>

#include "metrics/families.hpp"

namespace cellard::daemon {

namespace http = boost::beast::http;

metrics_exchange::metrics_exchange(boost::asio::ip::tcp::socket socket,
                                   std::function<void()> wanted, std::function<void()> ended)
  : socket_(std::move(socket)),
    deadline_(socket_.get_executor()),
    wanted_(std::move(wanted)),
    ended_(std::move(ended)) {
  parser_.header_limit(most_head_bytes);
  // No body is read; one that is announced is no reason for another answer.
  parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
}

void metrics_exchange::start(std::chrono::microseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed) {
      self->end();
    }
  });
  http::async_read_header(socket_, buffer_, parser_,
                          [self = shared_from_this()](const boost::system::error_code& failed,
                                                      std::size_t) { self->took(failed); });
}

void metrics_exchange::end() {
  if (const auto ended = std::exchange(ended_, nullptr)) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
    ended();
  }
}

void metrics_exchange::took(const boost::system::error_code& failed) {
  if (!failed) {
    serve();
  } else if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    send(status::request_header_fields_too_large, "the head is over 8 KiB\n");
  } else if (failed.category() == http::make_error_code(http::error::bad_method).category()
             && failed != http::error::end_of_stream && failed != http::error::partial_message) {
    send(status::bad_request, "this is no HTTP request\n");
  } else {
    end();
  }
}

void metrics_exchange::serve() {
  const auto& request = parser_.get();
  const auto target = request.target().substr(0, request.target().find('?'));
  if (target != "/metrics") {
    send(status::not_found, "the numbers are at /metrics\n");
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response_.set(http::field::allow, "GET, HEAD");
    send(status::method_not_allowed, "the numbers can be read only\n");
  } else {
    waits_ = true;
    wanted_();
  }
}

void metrics_exchange::give(const std::optional<std::string>& page) {
  if (!std::exchange(waits_, false) || !ended_) {
    return;
  }
  if (page) {
    send(status::ok, *page, metrics::content_type);
  } else {
    send(status::service_unavailable, "the daemon is stopping\n");
  }
}

void metrics_exchange::send(status code, std::string text, std::string_view type) {
  response_.result(code);
  response_.set(http::field::content_type, boost::beast::string_view(type.data(), type.size()));
  response_.content_length(text.size());
  response_.keep_alive(false);
  if (parser_.get().method() != http::verb::head) {
    response_.body() = std::move(text);
  }
  http::async_write(
    socket_, response_,
    [self = shared_from_this()](const boost::system::error_code&, std::size_t) { self->end(); });
}

}  // namespace cellard::daemon
