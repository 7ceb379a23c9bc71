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

// Of a namespace that `put` makes: what a client without shared memory can still write
// (limits.inline_block).
constexpr std::uint64_t default_max_bytes = 16U << 20U;

/// The namespace as it exists.
std::optional<space> find(const client& from, const space_name& which) {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.existing = 1;
  layout.kv_group = which.kv_group;
  cellard_space* opened = nullptr;
  const int status = cellard_open(from.handle(), which.name.c_str(), &layout, which.salt.data(),
                                  which.salt.size(), &opened);
  if (status == CELLARD_NOT_FOUND) {
    return std::nullopt;
  }
  check(status);
  return space{opened};
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
  auto found = find(from, which);
  if (!found) {
    throw refused("not_found", fmt::format("you have no namespace '{}' with group {}; "
                                           "'cellarctl namespaces' lists those there are",
                                           which.name, which.kv_group));
  }
  return std::move(*found);
}

space open_or_make(const client& from, const space_name& which,
                   std::optional<std::uint64_t> max_bytes) {
  auto found = find(from, which);
  if (!found) {
    cellard_layout layout CELLARD_LAYOUT_INIT;
    layout.dtype = CELLARD_OPAQUE;
    layout.max_bytes = max_bytes.value_or(default_max_bytes);
    layout.kv_group = which.kv_group;
    return from.open(which.name, layout, std::as_bytes(std::span{which.salt}));
  }
  // Not left to the daemon: an empty namespace would take the new layout.
  if (max_bytes && *max_bytes != found->layout().max_bytes) {
    throw refused("layout_mismatch",
                  fmt::format("namespace '{}' exists with another layout: its blocks have {} {} "
                              "bytes; leave --max-bytes out",
                              which.name, found->layout().max_bytes == 0 ? "exactly" : "up to",
                              found->block_bytes()));
  }
  return std::move(*found);
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
