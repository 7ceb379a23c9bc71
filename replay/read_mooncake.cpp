// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Mooncake's JSON lines: {"timestamp": ms, "input_length": tokens, "hash_ids": [...]} a request.
// Where input_length says that the last block is not full it is left out: it is not stored.
#include "replay/trace.hpp"
#include <nlohmann/json.hpp>

namespace cellard::replay {

core::result<trace> read_mooncake(const std::string& name, std::string_view text,
                                  double block_tokens) {
  trace_builder made(name, block_tokens);
  std::vector<node_id> chain;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.find_first_not_of(" \r\t") == std::string_view::npos) {
      continue;
    }
    try {
      const auto request = nlohmann::json::parse(one);
      const auto& ids = request.at("hash_ids");
      std::size_t full = ids.size();
      if (const auto length = request.find("input_length"); length != request.end()) {
        full = std::min(full, static_cast<std::size_t>(length->get<double>() / block_tokens));
      }
      chain.clear();
      for (std::size_t i = 0; i < full; ++i) {
        chain.push_back(
          made.block(chain.empty() ? no_node : chain.back(), ids[i].get<std::uint64_t>()));
      }
      if (!chain.empty()) {
        made.add(request.at("timestamp").get<double>() / 1000, chain);
      }
    } catch (const nlohmann::json::exception& problem) {
      return core::fail(core::errc::invalid_argument,
                        "{}: line {} is no request of a Mooncake trace: {}", name, line,
                        problem.what());
    }
  }
  return made.take();
}

}  // namespace cellard::replay
