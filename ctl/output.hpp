// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Text for people: aligned tables, and numbers in units that can be read at a glance. Whatever came
// from a client (names) passes `printable`, so that it cannot steer the terminal. Pure functions,
// except print_json; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/json_fields.hpp"
#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// Control characters become '?'.
std::string printable(std::string_view text);

/// "1.5 GiB", "812 B".
std::string human_bytes(double bytes);
/// "1.5 M", "812".
std::string human_count(double count);
/// "3 d 4 h", "12 min 3 s", "1.5 s".
std::string human_time(double seconds);
/// "93.1 %"
std::string human_share(double share);

/// Columns on a screen: code points, since no name here has wide characters worth more.
std::size_t columns_of(std::string_view text);

/// `text` cut or filled with spaces to `width` columns.
std::string fitted(std::string_view text, std::size_t width, bool right = false);

/// A table; numbers stand to the right, texts to the left.
class table {
public:
  struct column {
    std::string name;
    bool right = false;
  };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns; each is made printable.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::vector<std::string> lines() const;
  void print(std::ostream& out) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One JSON value and a line break on standard output.
void print_json(const nlohmann::json& value);

using metrics::number;
using metrics::text_of;

}  // namespace cellard::ctl
