// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The one table of keys. Loading, range checks, printing, comparing, modes and the documents all
// walk it, so a key that is added in keys.cpp (and as a field in config.hpp) exists everywhere at
// once, and nothing can drift. The table is constant; any thread may read it.
#pragma once

#include "config/config.hpp"
#include "config/value.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cellard::config {

/// When a changed key takes effect.
enum class effect : std::uint8_t { live, restart };

/// The names of core's strategies (core/strategies.cpp).
std::vector<std::string> known_strategies();

/// The schemes of gpu/scheme.hpp.
std::vector<std::string> known_codecs();

/// The same and "default".
std::vector<std::string> known_codecs_or_default();

/// The words of keys whose choices other folders make. A strategy that core registers is known at
/// once; a program that knows better what it was built with may pass lists of its own.
struct vocabulary {
  std::vector<std::string> strategies = known_strategies();
  std::vector<std::string> codec_policies = known_codecs();
  std::vector<std::string> quota_codecs = known_codecs_or_default();
  std::vector<std::string> checksums{"xxh3"};
};

/// One key. `element` counts the tables of a list such as [[quota]]; it is 0 for keys of plain
/// tables.
struct key {
  std::string_view name;     ///< "limits.frame"
  std::string_view unit;     ///< what is counted: "bytes", "time", "sessions a user"
  std::string_view allowed;  ///< ranges for `within`; for texts a description; empty for words
  effect when = effect::live;
  std::string_view doc;  ///< one line

  value (*read)(const configuration& from, std::size_t element) = nullptr;
  void (*write)(configuration& to, std::size_t element, const value& any) = nullptr;

  std::span<const std::string_view> words{};                   ///< of an enumeration
  std::vector<std::string> vocabulary::*registered = nullptr;  ///< words of other folders
  bool (*valid)(std::string_view text) = nullptr;              ///< of a free text
  std::string_view example{};  ///< for keys that have no default and must be written

  /// The name without its table: "frame".
  [[nodiscard]] std::string_view leaf() const noexcept;
};

/// A table of the file, or a list of tables.
struct section {
  std::string_view name;  ///< "limits"; empty for the top of the file
  std::string_view doc;
  std::span<const key> keys;
  std::size_t most = 0;  ///< for a list, how many tables it may have
  std::size_t (*count)(const configuration& of) = nullptr;
  void (*resize)(configuration& to, std::size_t tables) = nullptr;

  [[nodiscard]] bool is_list() const noexcept { return count != nullptr; }
  /// As it stands in the file: "[limits]", "[[quota]]".
  [[nodiscard]] std::string header() const;
  /// How many tables there are: 1 unless this is a list.
  [[nodiscard]] std::size_t tables(const configuration& of) const {
    return is_list() ? count(of) : 1;
  }
};

/// All sections in the order of the documents.
std::span<const section> sections() noexcept;

/// The section of that name, or null.
const section* find_section(std::string_view name) noexcept;
/// The key of that full name ("limits.frame"), or null.
const key* find_key(std::string_view name) noexcept;

/// How the key of table `element` is named to people: "limits.frame", "quota[1].maximum".
std::string shown_name(const section& in, const key& of, std::size_t element);

/// The key's value by default in `defaults` (a list's key: that of a new table).
value default_value(const section& in, const key& of, const configuration& defaults);

/// Is the value one that the key may have?
bool allows(const key& of, const value& any, const vocabulary& known);

/// What the key may have, to be read after "allowed are": "4 KiB to 1 MiB".
std::string allowed_text(const key& of, const vocabulary& known);

}  // namespace cellard::config
