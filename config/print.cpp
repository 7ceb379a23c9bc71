// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/print.hpp"

#include "config/modes.hpp"

namespace cellard::config {
namespace {

constexpr std::string_view file_head =
  "# The configuration of cellard: every key, with its document and its value.\n"
  "# Sizes: \"512 KiB\", \"8 GiB\". Times: \"500 ms\", \"30 s\", \"5 min\", \"2 h\", \"7 days\". "
  "Shares: \"25 %\".\n"
  "# A key that is left out has its default. `cellarctl config check FILE` checks a file.\n";

constexpr std::string_view markdown_head =
  "# Configuration\n\n"
  "<!-- Made by config/print.cpp from the keys in config/keys.cpp. To make it again:\n"
  "     CELLARD_WRITE_DOCS=1 ctest -R config -->\n\n"
  "One TOML file. Every key has a default; a key that is not known is an error. Sizes are written\n"
  "`\"512 KiB\"` or `\"8 GiB\"` (KiB, MiB, GiB, TiB, PiB; kB, MB, GB, TB and PB are powers of ten; "
  "a bare\n"
  "number is bytes), times `\"500 ms\"`, `\"30 s\"`, `\"5 min\"`, `\"2 h\"` or `\"7 days\"` (also "
  "`us`), shares\n"
  "`\"12.5 %\"`. What cannot be exact is refused, never rounded.\n\n"
  "*Live* keys take effect at a reload (`systemctl reload cellard`, `cellarctl reload`, or by "
  "itself when\n"
  "the file changes); a reload takes all of them or, when one is wrong, none, and reports key by "
  "key. The\n"
  "others wait for a restart, and the report says so.\n";

std::string_view when_text(effect when) {
  return when == effect::live ? "live" : "needs a restart";
}

/// `"192 KiB"`, or that the key has no default.
std::string default_text(const section& in, const key& of, const configuration& defaults,
                         const vocabulary& known) {
  const value by_default = default_value(in, of, defaults);
  return allows(of, by_default, known) ? value_toml(by_default) : "none, it must be written";
}

class toml_printer {
public:
  toml_printer(const configuration& settings, style how, const vocabulary& known)
    : settings_(settings),
      defaults_(defaults(settings.mode)),
      how_(how),
      known_(known) {}

  std::string print() {
    if (how_ == style::full) {
      out_ += file_head;
    }
    for (const section& in : sections()) {
      if (!in.is_list()) {
        print_table(in, 0, how_ == style::full);
      } else if (in.tables(settings_) == 0 && how_ == style::full) {
        print_absent_list(in);
      } else {
        for (std::size_t element = 0; element < in.tables(settings_); ++element) {
          print_table(in, element, how_ == style::full && element == 0);
        }
      }
    }
    return std::move(out_);
  }

private:
  /// Is the key one that the file cannot do without?
  bool wanted(const section& in, const key& of, std::size_t element) const {
    // The mode decides what the other defaults are, and a new table has the structs' defaults in
    // any mode.
    const configuration& base = in.name.empty() ? plain_ : defaults_;
    return how_ == style::full || of.read(settings_, element) != default_value(in, of, base);
  }

  void print_table(const section& in, std::size_t element, bool documented) {
    std::string body;
    for (const key& of : in.keys) {
      if (!wanted(in, of, element)) {
        continue;
      }
      if (documented) {
        body += document(in, of);
      }
      body += fmt::format("{} = {}\n", of.leaf(), value_toml(of.read(settings_, element)));
    }
    if (body.empty() && !in.is_list()) {
      return;
    }
    begin_table(in, documented, "");
    out_ += body;
  }

  /// What a table of the list would look like, switched off: without a blank behind the mark.
  void print_absent_list(const section& in) {
    begin_table(in, true, "#");
    for (const key& of : in.keys) {
      const std::string shown =
        of.example.empty() ? value_toml(default_value(in, of, defaults_)) : quoted(of.example);
      out_ += document(in, of) + fmt::format("#{} = {}\n", of.leaf(), shown);
    }
  }

  void begin_table(const section& in, bool documented, std::string_view mark) {
    if (!out_.empty()) {
      out_ += '\n';
    }
    if (documented && !in.doc.empty()) {
      out_ += fmt::format("# {}\n", in.doc);
    }
    if (!in.name.empty()) {
      out_ += fmt::format("{}{}\n", mark, in.header());
    }
  }

  std::string document(const section& in, const key& of) const {
    return fmt::format("# {}\n#   {}; {}; default {}; {}\n", of.doc, of.unit,
                       allowed_text(of, known_), default_text(in, of, defaults_, known_),
                       when_text(of.when));
  }

  const configuration& settings_;
  const configuration plain_;
  const configuration defaults_;
  const style how_;
  const vocabulary& known_;
  std::string out_;
};

/// Bars end a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : std::string(1, c);
  }
  return out;
}

std::string section_markdown(const section& in, const vocabulary& known) {
  const std::string title = in.name.empty() ? "Top of the file" : fmt::format("`{}`", in.header());
  std::string out = fmt::format("\n## {}\n\n", title);
  if (!in.doc.empty()) {
    out += fmt::format("{}\n\n", in.doc);
  }
  out += "| key | default | allowed | unit | effect | |\n|---|---|---|---|---|---|\n";
  for (const key& of : in.keys) {
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", of.leaf(),
                       cell(default_text(in, of, configuration{}, known)),
                       cell(allowed_text(of, known)), of.unit, when_text(of.when), cell(of.doc));
  }
  return out;
}

std::string modes_markdown() {
  std::string out = "\n## Modes\n\nA mode is a named set of defaults. A key that is written in the "
                    "file wins over it.\n";
  for (std::size_t at = 0; at < words<operating_mode>::list.size(); ++at) {
    const auto mode = static_cast<operating_mode>(at);
    out += fmt::format("\n### `mode = \"{}\"`\n\n{}\n", to_string(mode), mode_doc(mode));
    std::string rows;
    for (const mode_default& set : mode_defaults()) {
      if (set.mode == mode) {
        rows += fmt::format("| `{}` | {} | {} | {} |\n", set.key, set.text,
                            value_text(find_key(set.key)->read(configuration{}, 0)), set.why);
      }
    }
    if (!rows.empty()) {
      out += "\n| key | here | otherwise | why |\n|---|---|---|---|\n" + rows;
    }
  }
  return out;
}

}  // namespace

std::string to_toml(const configuration& settings, style how, const vocabulary& known) {
  return toml_printer(settings, how, known).print();
}

std::string to_markdown(const vocabulary& known) {
  std::string out(markdown_head);
  for (const section& in : sections()) {
    out += section_markdown(in, known);
  }
  return out + modes_markdown();
}

}  // namespace cellard::config
