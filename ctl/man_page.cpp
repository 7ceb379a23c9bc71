// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include <sstream>

#include "ctl/command_tree.hpp"
#include "ctl/documents.hpp"

namespace cellard::ctl {
namespace {

/// Text as roff takes it: a backslash, a leading dot and a hyphen mean something there.
std::string roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char each : text) {
    if (line_start && (each == '.' || each == '\'')) {
      out += "\\&";
    }
    if (each == '\\') {
      out += "\\e";
    } else if (each == '-') {
      out += "\\-";
    } else {
      out += each;
    }
    line_start = each == '\n';
  }
  return out;
}

void put_option(std::ostream& out, const CLI::Option& option) {
  out << ".TP\n\\fB" << roff(shown_names(option)) << "\\fR";
  if (takes_value(option)) {
    out << " \\fI" << roff(value_name(option)) << "\\fR";
  }
  out << '\n' << roff(option.get_description()) << ".\n";
}

void put_command(std::ostream& out, const CLI::App& command, const std::string& path) {
  const auto parts = parts_of(command);
  if (parts.commands.empty() || !parts.positionals.empty() || runs_itself(command)) {
    out << ".SS \"" << roff(path);
    for (const auto* each : parts.positionals) {
      out << ' ' << each->get_name();
    }
    out << (parts.options.empty() ? "\"\n" : " [OPTION]...\"\n");
    out << roff(command.get_description()) << ".\n";
    for (const auto* each : parts.positionals) {
      out << ".TP\n\\fI" << each->get_name() << "\\fR\n" << roff(each->get_description()) << ".\n";
    }
    for (const auto* each : parts.options) {
      put_option(out, *each);
    }
  }
  for (const auto* each : parts.commands) {
    put_command(out, *each, path + " " + each->get_name());
  }
}

}  // namespace

std::string man_page(const CLI::App& app) {
  std::ostringstream out;
  const auto parts = parts_of(app);
  out << ".TH CELLARCTL 1 \"\" \"cellard " CELLARD_VERSION "\" \"User Commands\"\n"
      << ".SH NAME\ncellarctl \\- " << roff(app.get_description()) << "\n"
      << ".SH SYNOPSIS\n.B cellarctl\n[OPTION]... COMMAND [ARGUMENT]...\n"
      << ".SH OPTIONS\nThese may stand before and behind the command.\n";
  for (const auto* each : parts.options) {
    put_option(out, *each);
  }
  out << ".SH COMMANDS\n";
  for (const auto* each : parts.commands) {
    put_command(out, *each, "cellarctl " + each->get_name());
  }
  out << ".SH NOTES\n.nf\n"
      << roff(app.get_footer()) << "\n.fi\n"
      << ".SH SEE ALSO\n/usr/share/doc/cellard/operations.md\n";
  return out.str();
}

}  // namespace cellard::ctl
