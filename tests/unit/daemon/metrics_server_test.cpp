// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The page of numbers over real sockets, with a source of pages that the test holds in its hand:
// what it answers, and what clients that are slow, wrong or too many get.
#include "daemon/metrics_server.hpp"

#include "daemon/io_pool.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <future>
#include <list>

namespace cellard::daemon::testing {
namespace {

using boost::asio::ip::tcp;

constexpr int patience_seconds = 30;

/// A client that reads until the server closes.
class client {
public:
  explicit client(const metrics_server& server) : socket_(context_) {
    const auto url = server.url();
    const auto port = std::stoi(url.substr(url.rfind(':') + 1));
    socket_.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    const timeval limit{patience_seconds, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  void say(const std::string& text) {
    boost::system::error_code cut_off;  // it may have an answer already
    boost::asio::write(socket_, boost::asio::buffer(text), cut_off);
  }

  /// All that comes until the end; throws when no end comes.
  std::string hear() {
    std::string all;
    boost::system::error_code end;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(all), end);
    if (end != boost::asio::error::eof && end != boost::asio::error::connection_reset) {
      throw std::runtime_error("the server does not end the connection: " + end.message());
    }
    return all;
  }

  std::string ask(const std::string& request) {
    say(request);
    return hear();
  }

private:
  boost::asio::io_context context_;
  tcp::socket socket_;
};

/// A server whose pages say "x 1".
struct page_fixture {
  page_fixture() = default;
  ~page_fixture() {
    if (server) {
      server->stop();
    }
    pool.stop();
  }
  page_fixture(const page_fixture&) = delete;
  page_fixture& operator=(const page_fixture&) = delete;

  metrics_server& run(config::duration request_time = std::chrono::seconds(patience_seconds),
                      std::uint32_t connections = 2) {
    config::metrics_settings settings;
    settings.listen = "127.0.0.1:0";
    settings.request_time = request_time;
    settings.connections = connections;
    server = metrics_server::open(pool.context(0), settings, source).value();
    pool.start();
    server->start();
    return *server;
  }

  io_pool pool{1};
  page_source source = [](const auto& answer) {
    answer("x 1\n");
  };
  std::shared_ptr<metrics_server> server;
};

std::string get(const std::string& target = "/metrics", const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

bool begins(const std::string& text, const std::string& beginning) {
  return text.compare(0, beginning.size(), beginning) == 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics_page, page_fixture)

BOOST_AUTO_TEST_CASE(the_page_comes_with_its_type_and_the_connection_ends) {
  const auto answer = client(run()).ask(get("/metrics?module=all"));
  BOOST_TEST(begins(answer, "HTTP/1.1 200 OK\r\n"), answer);
  BOOST_TEST(answer.find("Content-Type: text/plain; version=0.0.4") != std::string::npos, answer);
  BOOST_TEST(answer.find("Connection: close\r\n") != std::string::npos, answer);
  BOOST_TEST(answer.find("Content-Length: 4\r\n") != std::string::npos, answer);
  BOOST_TEST(answer.ends_with("\r\n\r\nx 1\n"), answer);
}

BOOST_AUTO_TEST_CASE(head_gets_the_head_alone) {
  const auto answer = client(run()).ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(begins(answer, "HTTP/1.1 200 OK\r\n"), answer);
  BOOST_TEST(answer.find("Content-Length: 4\r\n") != std::string::npos, answer);
  BOOST_TEST(answer.ends_with("\r\n\r\n"), answer);
}

BOOST_AUTO_TEST_CASE(wrong_requests_are_told_what_is_wrong) {
  run();
  const auto status_of = [&](const std::string& request) {
    return client(*server).ask(request).substr(0, 12);
  };
  BOOST_TEST(status_of(get("/")) == "HTTP/1.1 404");
  BOOST_TEST(status_of(get("/metrics/")) == "HTTP/1.1 404");
  BOOST_TEST(status_of("DELETE /metrics HTTP/1.1\r\n\r\n") == "HTTP/1.1 405");
  BOOST_TEST(status_of("POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\nabc")
             == "HTTP/1.1 405");
  BOOST_TEST(status_of("\x16\x03\x01 not http at all\r\n\r\n") == "HTTP/1.1 400");
  BOOST_TEST(status_of("GET /metrics HTTP/9.9\r\n\r\n") == "HTTP/1.1 400");
  BOOST_TEST(status_of(get("/metrics", "X: " + std::string(most_head_bytes, 'x') + "\r\n"))
             == "HTTP/1.1 431");
  BOOST_TEST(status_of(get("/" + std::string(10 * most_head_bytes, 'x'))) == "HTTP/1.1 431");
  BOOST_TEST(status_of(get()) == "HTTP/1.1 200");
}

BOOST_AUTO_TEST_CASE(half_a_request_ends_without_an_answer_when_its_time_is_over) {
  run(std::chrono::milliseconds(100));
  BOOST_TEST(client(*server).ask("") == "");
  BOOST_TEST(client(*server).ask("GET /metrics HTTP/1.1\r\nHo") == "");
}

BOOST_AUTO_TEST_CASE(a_page_that_does_not_come_holds_nobody_longer_than_the_time) {
  source = [](const auto&) {
  };
  run(std::chrono::milliseconds(100));
  BOOST_TEST(client(*server).ask(get()) == "");
}

BOOST_AUTO_TEST_CASE(one_page_is_made_for_all_who_wait_and_a_new_one_for_who_comes_later) {
  std::promise<std::function<void(std::optional<std::string>)>> first;
  std::atomic<int> asked = 0;
  source = [&](auto answer) {
    if (++asked == 1) {
      first.set_value(std::move(answer));
    } else {
      answer("x 2\n");
    }
  };
  run(std::chrono::seconds(patience_seconds), 3);
  std::list<client> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(*server);
    waiting.back().say(get());
  }
  const auto answer = first.get_future().get();
  // Each that comes takes the place of the oldest, and asks: no further page is made for it.
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(*server);
    waiting.back().say(get());
  }
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(waiting.front().hear() == "");
    waiting.pop_front();
  }
  BOOST_TEST(asked == 1);
  answer("x 1\n");
  for (auto& each : waiting) {
    BOOST_TEST(begins(each.hear(), "HTTP/1.1 200"));
  }
  BOOST_TEST(client(*server).ask(get()).ends_with("x 2\n"));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_statistics_says_so) {
  source = [](const auto& answer) {
    answer(std::nullopt);
  };
  BOOST_TEST(begins(client(run()).ask(get()), "HTTP/1.1 503"));
}

BOOST_AUTO_TEST_CASE(who_dawdles_makes_room_for_who_comes) {
  run(std::chrono::seconds(patience_seconds), 2);
  std::list<client> slow;
  for (int i = 0; i < 100; ++i) {
    slow.emplace_back(*server);
    slow.back().say("GET /metr");
  }
  BOOST_TEST(begins(client(*server).ask(get()), "HTTP/1.1 200"));
  BOOST_TEST(slow.front().hear() == "");
}

BOOST_AUTO_TEST_CASE(stopping_ends_who_is_connected_and_a_late_page_is_dropped) {
  std::promise<std::function<void(std::optional<std::string>)>> asked;
  source = [&](auto answer) {
    asked.set_value(std::move(answer));
  };
  run();
  client waits(*server);
  waits.say(get());
  const auto answer = asked.get_future().get();
  server->stop();
  answer("too late\n");
  BOOST_TEST(waits.hear() == "");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_is_refused_by_name) {
  const auto url = run().url();
  config::metrics_settings settings;
  settings.listen = url.substr(7, url.rfind('/') - 7);
  const auto second = metrics_server::open(pool.context(0), settings, source);
  BOOST_TEST_REQUIRE(!second.has_value());
  BOOST_TEST(second.error().context().find(settings.listen) != std::string::npos);
  BOOST_TEST(second.error().context().find("in use") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cellard::daemon::testing
