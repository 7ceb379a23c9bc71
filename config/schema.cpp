// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/schema.hpp"

#include "core/strategy.hpp"
#include "gpu/scheme.hpp"

#include <algorithm>

namespace cellard::config {
namespace {

bool contains(const auto& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool equal_in(const section& in, const configuration& left, const configuration& right) {
  const std::size_t tables = in.tables(left);
  if (tables != in.tables(right)) {
    return false;
  }
  for (std::size_t element = 0; element < tables; ++element) {
    if (!std::all_of(in.keys.begin(), in.keys.end(), [&](const key& of) {
          return of.read(left, element) == of.read(right, element);
        })) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<std::string> known_codecs() {
  std::vector<std::string> names;
  for (const auto& each : gpu::schemes()) {
    if (!each.learned) {  // the daemon learns no profiles
      names.emplace_back(each.name);
    }
  }
  return names;
}

std::vector<std::string> known_codecs_or_default() {
  auto names = known_codecs();
  names.insert(names.begin(), "default");
  return names;
}

std::vector<std::string> known_strategies() {
  const auto names = core::strategy_names();
  return {names.begin(), names.end()};
}

std::string_view key::leaf() const noexcept {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string section::header() const {
  return is_list() ? fmt::format("[[{}]]", name) : fmt::format("[{}]", name);
}

const section* find_section(std::string_view name) noexcept {
  for (const section& candidate : sections()) {
    if (candidate.name == name) {
      return &candidate;
    }
  }
  return nullptr;
}

const key* find_key(std::string_view name) noexcept {
  for (const section& in : sections()) {
    for (const key& candidate : in.keys) {
      if (candidate.name == name) {
        return &candidate;
      }
    }
  }
  return nullptr;
}

std::string shown_name(const section& in, const key& of, std::size_t element) {
  if (!in.is_list()) {
    return std::string(of.name);
  }
  return fmt::format("{}[{}].{}", in.name, element, of.leaf());
}

value default_value(const section& in, const key& of, const configuration& defaults) {
  if (!in.is_list()) {
    return of.read(defaults, 0);
  }
  configuration one_table;
  in.resize(one_table, 1);
  return of.read(one_table, 0);
}

bool allows(const key& of, const value& any, const vocabulary& known) {
  const auto* text = std::get_if<std::string>(&any);
  if (text == nullptr) {
    return std::holds_alternative<bool>(any) || within(of.allowed, any);
  }
  if (of.registered != nullptr) {
    return contains(known.*of.registered, *text);
  }
  if (!of.words.empty()) {
    return contains(of.words, *text);
  }
  return of.valid == nullptr || of.valid(*text);
}

std::string allowed_text(const key& of, const vocabulary& known) {
  if (of.registered != nullptr) {
    return fmt::format("{}", fmt::join(known.*of.registered, ", "));
  }
  if (!of.words.empty()) {
    return fmt::format("{}", fmt::join(of.words, ", "));
  }
  return std::string(of.allowed);
}

bool operator==(const configuration& left, const configuration& right) {
  return std::all_of(sections().begin(), sections().end(),
                     [&](const section& in) { return equal_in(in, left, right); });
}

snapshot make_snapshot(configuration settings, std::uint64_t version) {
  settings.version = version;
  return std::make_shared<const configuration>(std::move(settings));
}

}  // namespace cellard::config
