// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace cellard::daemon {
namespace {

/// %J: the message as a JSON string.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const nlohmann::json text(std::string(line.payload.data(), line.payload.size()));
    const auto quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

}  // namespace

void set_logging(const config::log_settings& settings) {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("cellard",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    spdlog::set_default_logger(made);
    return made;
  }();
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (settings.format == config::log_format::json) {
    formatter->add_flag<json_message>('J').set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%J})");
  } else {
    formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  }
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(std::string{config::to_string(settings.level)}));
  logger->flush_on(spdlog::level::info);
}

}  // namespace cellard::daemon
