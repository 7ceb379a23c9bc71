// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/load.hpp"

#include "config/modes.hpp"
#include "config/nesting.hpp"
#include "config/read_file.hpp"
#include "config/suggest.hpp"
#include "config/validate.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

namespace cellard::config {
namespace {

using core::errc;
using core::fail;
using core::result;

constexpr std::size_t most_reported = 20;
/// A hostile file can have a mistake in every few bytes; the first thousand make the point.
constexpr std::size_t most_collected = 1000;
constexpr std::size_t most_shown_bytes = 80;

/// What a person sees of a name or text from the file: bounded, and nothing that moves a cursor.
std::string shown(std::string_view text) {
  std::string out = quoted(text.substr(0, most_shown_bytes));
  if (text.size() > most_shown_bytes) {
    out.insert(out.size() - 1, "...");
  }
  return out;
}

std::string shown_key(std::string_view name) {
  const std::string safe = shown(name);
  return safe.substr(1, safe.size() - 2);
}

std::string shown_node(const toml::node& node) {
  return node.visit([](const auto& any) -> std::string {
    using node_type = std::remove_cvref_t<decltype(any)>;
    if constexpr (std::is_same_v<node_type, toml::table>) {
      return "a table";
    } else if constexpr (std::is_same_v<node_type, toml::array>) {
      return "an array";
    } else if constexpr (std::is_same_v<node_type, toml::value<std::string>>) {
      return shown(any.get());
    } else if constexpr (std::is_same_v<node_type, toml::value<bool>>) {
      return any.get() ? "true" : "false";
    } else {
      std::ostringstream out;
      out << any.get();
      return out.str();
    }
  });
}

/// The mistakes found so far, with their places.
class report {
public:
  explicit report(std::string_view file) : file_(file) {}

  void add(toml::source_position at, std::string text) {
    if (mistakes_.size() < most_collected) {
      mistakes_.push_back({at, std::move(text)});
    }
  }

  [[nodiscard]] bool empty() const noexcept { return mistakes_.empty(); }
  [[nodiscard]] bool full() const noexcept { return mistakes_.size() >= most_collected; }

  /// All of it as one error.
  [[nodiscard]] tl::unexpected<core::error> take() {
    // toml++ sorts tables by key; people read from the top of the file.
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const auto& left, const auto& right) {
      return std::pair(left.at.line, left.at.column) < std::pair(right.at.line, right.at.column);
    });
    std::string text;
    for (const auto& [at, what] :
         std::span(mistakes_).first(std::min(mistakes_.size(), most_reported))) {
      text += text.empty() ? "" : "\n";
      text += at ? fmt::format("{}:{}:{}: {}", file_, at.line, at.column, what)
                 : fmt::format("{}: {}", file_, what);
    }
    if (mistakes_.size() > most_reported) {
      text += fmt::format("\n{}: and {}{} more", file_, full() ? "at least " : "",
                          mistakes_.size() - most_reported);
    }
    return fail(errc::config_invalid, "{}", text);
  }

private:
  struct mistake {
    toml::source_position at;
    std::string text;
  };

  std::string_view file_;
  std::vector<mistake> mistakes_;
};

/// A node as a value of the type that the key has. Text, except for switches and counts, which are
/// bare; sizes may be both.
result<value> to_value(const toml::node& node, const value& like) {
  const bool bare =
    std::holds_alternative<bool>(like) || std::holds_alternative<std::uint32_t>(like);
  if (const auto* text = node.as_string(); text != nullptr && !bare) {
    return parse_like(like, text->get());
  }
  if (const auto* flag = node.as_boolean(); flag != nullptr && std::holds_alternative<bool>(like)) {
    return value(flag->get());
  }
  if (const auto* number = node.as_integer()) {
    const std::int64_t whole = number->get();
    if (std::holds_alternative<std::uint32_t>(like)) {
      if (whole < 0 || whole > std::numeric_limits<std::uint32_t>::max()) {
        return fail(errc::config_invalid, "");  // a whole number, only out of range
      }
      return value(static_cast<std::uint32_t>(whole));
    }
    if (std::holds_alternative<std::uint64_t>(like) && whole >= 0) {
      return value(static_cast<std::uint64_t>(whole));
    }
    if (std::holds_alternative<size_or_percent>(like) && whole >= 0) {
      return value(size_or_percent{static_cast<std::uint64_t>(whole)});
    }
  }
  if (std::holds_alternative<bool>(like)) {
    return fail(errc::config_invalid, "");  // what is allowed says it all
  }
  if (std::holds_alternative<std::string>(like)) {
    return fail(errc::config_invalid, "not a text in quotes");
  }
  // No text is of this kind: the parser's own sentence tells what would be.
  return parse_like(like, "");
}

class loader {
public:
  loader(const vocabulary& known, report& mistakes) : known_(known), mistakes_(mistakes) {}

  configuration load(const toml::table& root) {
    if (const toml::node* mode = root.get("mode")) {
      const key& of = sections()[0].keys[0];
      apply(sections()[0], of, *mode, 0);
      settings_ = defaults(settings_.mode);
    }
    for (const auto& [name, node] : root) {
      if (mistakes_.full()) {
        break;
      }
      const section* in = find_section(name.str());
      if (name.str() == "mode") {
        continue;
      }
      if (in == nullptr || in->name.empty()) {
        unknown_at_top(name, node);
      } else if (in->is_list()) {
        apply_list(*in, node);
      } else if (const toml::table* table = node.as_table()) {
        apply_table(*in, *table, 0);
      } else {
        mistakes_.add(node.source().begin, fmt::format("{} = {}: must be a table: {}", in->name,
                                                       shown_node(node), in->header()));
      }
    }
    return std::move(settings_);
  }

  /// Where the key was written, or nowhere.
  [[nodiscard]] toml::source_position place(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? toml::source_position{} : found->second;
  }

private:
  void unknown_at_top(const toml::key& name, const toml::node& node) {
    const bool table = node.is_table() || node.is_array_of_tables();
    const std::string_view near = table ? nearest_section(name.str()) : nearest_key(name.str());
    const std::string_view what = table ? "table" : "key";
    mistakes_.add(name.source().begin, near.empty()
                                         ? fmt::format("unknown {} {}", what, shown_key(name.str()))
                                         : fmt::format("unknown {} {}; did you mean {}?", what,
                                                       shown_key(name.str()), near));
  }

  void unknown_key(const section& in, const toml::key& name) {
    const std::string full = fmt::format("{}.{}", in.name, name.str());
    const std::string_view near = nearest_key(full);
    mistakes_.add(name.source().begin,
                  near.empty()
                    ? fmt::format("unknown key {}", shown_key(full))
                    : fmt::format("unknown key {}; did you mean {}?", shown_key(full), near));
  }

  void apply_list(const section& in, const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const toml::node& element) {
          return element.is_table();
        })) {
      mistakes_.add(node.source().begin, fmt::format("{} = {}: must be a list of tables: {}",
                                                     in.name, shown_node(node), in.header()));
      return;
    }
    if (list->size() > in.most) {
      mistakes_.add(list->get(in.most)->source().begin,
                    fmt::format("{} {}: allowed are up to {}", list->size(), in.header(), in.most));
      return;
    }
    in.resize(settings_, list->size());
    for (std::size_t element = 0; element < list->size(); ++element) {
      const toml::table& table = *list->get(element)->as_table();
      apply_table(in, table, element);
      require_keys(in, table, element);
    }
  }

  void apply_table(const section& in, const toml::table& table, std::size_t element) {
    for (const auto& [name, node] : table) {
      if (mistakes_.full()) {
        return;
      }
      const std::string_view leaf = name.str();
      const auto found = std::find_if(in.keys.begin(), in.keys.end(), [&](const key& candidate) {
        return candidate.leaf() == leaf;
      });
      if (found == in.keys.end()) {
        unknown_key(in, name);
      } else {
        apply(in, *found, node, element);
      }
    }
  }

  /// A key whose default is not allowed has none: it must be written.
  void require_keys(const section& in, const toml::table& table, std::size_t element) {
    for (const key& of : in.keys) {
      if (!table.contains(of.leaf()) && !allows(of, default_value(in, of, settings_), known_)) {
        mistakes_.add(table.source().begin,
                      fmt::format("{} is missing; allowed are {}", shown_name(in, of, element),
                                  allowed_text(of, known_)));
      }
    }
  }

  void apply(const section& in, const key& of, const toml::node& node, std::size_t element) {
    const std::string name = shown_name(in, of, element);
    const auto parsed = to_value(node, of.read(settings_, element));
    if (parsed && allows(of, *parsed, known_)) {
      of.write(settings_, element, *parsed);
      places_.emplace(name, node.source().begin);
      return;
    }
    mistakes_.add(node.source().begin,
                  range_problem(name, shown_node(node), parsed ? "" : parsed.error().context(),
                                allowed_text(of, known_)));
  }

  const vocabulary& known_;
  report& mistakes_;
  configuration settings_;
  std::map<std::string, toml::source_position> places_;
};

/// The rules across keys, at the first of their keys that was written.
void add_problems(report& mistakes, const loader& from, const configuration& settings) {
  for (const problem& broken : validate(settings)) {
    toml::source_position at{};
    for (const std::string& name : broken.keys) {
      at = at ? at : from.place(name);
    }
    mistakes.add(at, broken.text);
  }
}

/// toml++'s sentence, which may quote the file.
std::string safe_description(std::string_view description) {
  return shown_key(description);
}

}  // namespace

result<configuration> load_text(std::string_view text, std::string_view name,
                                const vocabulary& known) {
  if (text.size() > most_file_bytes) {
    return fail(errc::config_invalid, "{}: larger than {}", name, bytes_text(most_file_bytes));
  }
  if (const std::size_t line = line_nested_too_deep(text); line != 0) {
    return fail(errc::config_invalid, "{}:{}: nested too deep; no key has more than one dot", name,
                line);
  }
  report mistakes(name);
  try {
    const toml::table root = toml::parse(text, std::string_view{});
    loader reader(known, mistakes);
    configuration settings = reader.load(root);
    // After a mistake the rules would only report what follows from it.
    if (mistakes.empty()) {
      add_problems(mistakes, reader, settings);
    }
    if (mistakes.empty()) {
      return settings;
    }
  } catch (const toml::parse_error& broken) {
    mistakes.add(broken.source().begin, safe_description(broken.description()));
  }
  return mistakes.take();
}

result<configuration> load_file(const std::filesystem::path& path, const vocabulary& known) {
  const auto text = read_file(path, most_file_bytes);
  if (!text) {
    return tl::unexpected<core::error>(text.error());
  }
  return load_text(*text, path.string(), known);
}

}  // namespace cellard::config
