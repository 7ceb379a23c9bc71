// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/space_access.hpp"

#include <fmt/format.h>

#include <charconv>
#include <span>

#include "ctl/connection.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

// Of a namespace that `put` makes: what a client without shared memory can still write
// (limits.inline_block).
constexpr std::uint64_t default_max_bytes = 16U << 20U;

std::optional<json> find(const client& from, const space_name& which) {
  const auto answer = ask(from, "namespaces");
  for (const auto& row : answer.value("namespaces", json::array())) {
    if (text_of(row, "name") == which.name
        && row.value("kv_group", std::uint32_t{0}) == which.kv_group) {
      return row;
    }
  }
  return std::nullopt;
}

space open_opaque(const client& from, const space_name& which, std::uint64_t max_bytes,
                  const std::string& model, std::uint32_t parts) {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_OPAQUE;
  layout.max_bytes = max_bytes;
  layout.kv_group = which.kv_group;
  layout.model = model.empty() ? nullptr : model.c_str();
  layout.parts = parts;
  return from.open(which.name, layout, std::as_bytes(std::span{which.salt}));
}

space open_row(const client& from, const space_name& which, const json& row,
               std::optional<std::uint64_t> max_bytes) {
  if (text_of(row, "dtype") != "opaque") {
    throw refused("layout_mismatch",
                  fmt::format("namespace '{}' holds {} blocks, and a namespace opens only with its "
                              "whole layout, which the daemon does not tell; cellarctl reads and "
                              "writes opaque namespaces",
                              which.name, text_of(row, "dtype")));
  }
  return open_opaque(from, which, max_bytes.value_or(row.value("block_bytes", std::uint64_t{0})),
                     text_of(row, "model"), row.value("parts", 1U));
}

}  // namespace

std::shared_ptr<space_name> space_arguments(CLI::App& command) {
  auto which = std::make_shared<space_name>();
  command.add_option("NAMESPACE", which->name, "the namespace's name")->required();
  command.add_option("--kv-group", which->kv_group, "of the namespaces of that name, this group's");
  command.add_option("--salt", which->salt, "blocks are found only under the salt they had");
  return which;
}

space open_existing(const client& from, const space_name& which) {
  const auto row = find(from, which);
  if (!row) {
    throw refused("not_found", fmt::format("you have no namespace '{}' with group {}; "
                                           "'cellarctl namespaces' lists those there are",
                                           which.name, which.kv_group));
  }
  return open_row(from, which, *row, std::nullopt);
}

space open_or_make(const client& from, const space_name& which,
                   std::optional<std::uint64_t> max_bytes) {
  if (const auto row = find(from, which)) {
    return open_row(from, which, *row, max_bytes);
  }
  return open_opaque(from, which, max_bytes.value_or(default_max_bytes), "", 1);
}

key parse_key(const std::string& text) {
  key out{};
  if (text.size() != 2 * sizeof out.bytes) {
    throw refused("invalid_argument",
                  fmt::format("a key has {} hexadecimal digits, '{}' has {} characters",
                              2 * sizeof out.bytes, printable(text), text.size()));
  }
  for (std::size_t i = 0; i < sizeof out.bytes; ++i) {
    const char* first = text.data() + 2 * i;
    const auto [end, problem] = std::from_chars(first, first + 2, out.bytes[i], 16);
    if (problem != std::errc{} || end != first + 2) {
      throw refused("invalid_argument", fmt::format("'{}' in the key is no hexadecimal number",
                                                    printable(std::string_view{first, 2})));
    }
  }
  return out;
}

std::string key_text(const key& which) {
  std::string out;
  for (const auto byte : which.bytes) {
    out += fmt::format("{:02x}", byte);
  }
  return out;
}

}  // namespace cellard::ctl
