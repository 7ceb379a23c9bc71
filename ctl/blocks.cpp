// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// ls, get, put and rm: the blocks of one namespace.
#include "config/units.hpp"

#include <fmt/format.h>

#include <iostream>
#include <tuple>

#include "ctl/block_file.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/space_access.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t page_items = 1024;

json to_json(const cellard_list_item& item) {
  return {{"key", key_text(item.key)},
          {"bytes", item.length},
          {"depth", item.depth},
          {"codec", item.codec},
          {"children", item.children},
          {"visible", item.state == 0},
          {"leased", (item.flags & 1) != 0},
          {"pinned", (item.flags & 2) != 0}};
}

std::vector<cellard_list_item> list_all(const space& from) {
  std::vector<cellard_list_item> items;
  std::uint64_t cursor = 0;
  do {
    const auto before = items.size();
    items.resize(before + page_items);
    std::size_t count = 0;
    check(cellard_list(from.handle(), &cursor, items.data() + before, page_items, &count));
    items.resize(before + count);
  } while (cursor != 0);
  return items;
}

void run_list(const globals& shared, const space_name& which) {
  const auto daemon = connect(shared);
  const auto items = list_all(open_existing(daemon, which));
  if (shared.json) {
    json rows = json::array();
    for (const auto& item : items) {
      rows.push_back(to_json(item));
    }
    print_json({{"namespace", which.name}, {"blocks", std::move(rows)}});
    return;
  }
  table out({{"KEY"}, {"BYTES", true}, {"DEPTH", true}, {"CHILDREN", true}, {"STATE"}});
  for (const auto& item : items) {
    out.add({key_text(item.key), human_bytes(item.length), fmt::format("{}", item.depth),
             fmt::format("{}", item.children),
             fmt::format("{}{}{}", item.state == 0 ? "visible" : "being written",
                         (item.flags & 1) != 0 ? ", leased" : "",
                         (item.flags & 2) != 0 ? ", pinned" : "")});
  }
  out.print(std::cout);
}

void run_get(const globals& shared, const space_name& which, const std::string& key_hex,
             const std::string& file) {
  if (shared.json && file == "-") {
    throw refused("invalid_argument", "get --json needs -o FILE: standard output is the JSON's");
  }
  const auto wanted = parse_key(key_hex);
  const auto daemon = connect(shared);
  const auto from = open_existing(daemon, which);
  const auto found = from.get({&wanted, 1});
  if (found.size() == 0) {
    throw refused("not_found", fmt::format("namespace '{}' has no such block", which.name));
  }
  const std::vector<std::byte> bytes(found[0].begin(), found[0].end());
  if (!found.intact()) {
    throw refused("gone", "the block was taken back while it was read");
  }
  write_block_file(file, bytes);
  if (shared.json) {
    print_json({{"key", key_hex}, {"bytes", bytes.size()}, {"file", file}});
  }
}

struct put_options {
  std::string key;
  std::string file;
  std::string parent;
  std::string max_bytes;
};

void run_put(const globals& shared, const space_name& which, const put_options& options) {
  const auto name = parse_key(options.key);
  const auto parent = options.parent.empty() ? key{} : parse_key(options.parent);
  std::optional<std::uint64_t> max_bytes;
  if (!options.max_bytes.empty()) {
    const auto parsed = config::parse_bytes(options.max_bytes);
    if (!parsed) {
      throw refused("invalid_argument", "--max-bytes: " + parsed.error().context());
    }
    max_bytes = *parsed;
  }
  auto bytes = read_block_file(options.file);
  const auto daemon = connect(shared);
  const auto into = open_or_make(daemon, which, max_bytes);
  const cellard_const_buffer buffer{bytes.data(), bytes.size()};
  int status = CELLARD_OK;
  std::size_t stored = 0;
  check(cellard_put(into.handle(), options.parent.empty() ? nullptr : &parent, &name, 1, &buffer, 1,
                    &status, &stored));
  if (stored == 0) {
    throw refused(cellard_status_name(status),
                  fmt::format("the block was not stored: {}", cellard_status_name(status)));
  }
  const bool there = status == CELLARD_EXISTS;
  if (shared.json) {
    print_json(
      {{"key", options.key}, {"bytes", bytes.size()}, {"status", there ? "exists" : "ok"}});
  } else {
    std::cout << (there
                    ? "it was there already, nothing was written\n"
                    : fmt::format("stored {}\n", human_bytes(static_cast<double>(bytes.size()))));
  }
}

void run_remove(const globals& shared, const space_name& which, const std::string& key_hex,
                bool scrubs) {
  const auto unwanted = parse_key(key_hex);
  const auto daemon = connect(shared);
  const auto from = open_existing(daemon, which);
  std::uint32_t removed = 0;
  std::uint32_t later = 0;
  if (scrubs) {
    std::tie(removed, later) = from.scrub({&unwanted, 1});
  } else {
    removed = from.remove({&unwanted, 1});
  }
  if (removed == 0) {
    throw refused("not_found", fmt::format("namespace '{}' has no such block", which.name));
  }
  if (shared.json) {
    print_json({{"removed", removed}, {"later", later}});
    return;
  }
  std::cout << fmt::format("removed {} block{}", removed, removed == 1 ? "" : "s");
  if (scrubs) {
    std::cout
      << (later == 0
            ? " and overwrote the bytes"
            : "; somebody reads in the namespace, the bytes are overwritten when that ends");
  }
  std::cout << '\n';
}

}  // namespace

void add_block_commands(CLI::App& app, const globals& shared) {
  auto* list = app.add_subcommand("ls", "List the blocks of a namespace");
  list->callback([&shared, which = space_arguments(*list)] { run_list(shared, *which); });

  auto* get = app.add_subcommand("get", "Read a block");
  auto wanted = space_arguments(*get);
  auto key_hex = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>("-");
  get->add_option("KEY", *key_hex, "64 hexadecimal digits")->required();
  get->add_option("-o,--output", *file, "write the bytes there; '-' is standard output");
  get->callback([=, &shared] { run_get(shared, *wanted, *key_hex, *file); });

  auto* put = app.add_subcommand(
    "put", "Store a file as a block; makes an opaque namespace where there is none");
  auto into = space_arguments(*put);
  auto options = std::make_shared<put_options>();
  put->add_option("KEY", options->key, "64 hexadecimal digits")->required();
  put->add_option("FILE", options->file, "the bytes; '-' is standard input")->required();
  put->add_option("--parent", options->parent, "the key before it in its chain; none: a root");
  put->add_option("--max-bytes", options->max_bytes,
                  "largest block of a namespace that is made, 16 MiB unless given");
  put->callback([=, &shared] { run_put(shared, *into, *options); });

  auto* remove = app.add_subcommand("rm", "Remove a block and what continues it");
  auto from = space_arguments(*remove);
  auto unwanted = std::make_shared<std::string>();
  remove->add_option("KEY", *unwanted, "64 hexadecimal digits")->required();
  auto scrubs = std::make_shared<bool>(false);
  remove->add_flag("--scrub", *scrubs, "overwrite the bytes, too, before it says that it is done");
  remove->callback([=, &shared] { run_remove(shared, *from, *unwanted, *scrubs); });
}

}  // namespace cellard::ctl
