// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Both scripts find the command by the words typed so far ("namespaces rm") and offer what stands
// in its case: subcommands, options and, where an argument is a file, files.
#include <sstream>

#include "ctl/command_tree.hpp"
#include "ctl/documents.hpp"

namespace cellard::ctl {
namespace {

void add_options(std::vector<std::string>& words, const command_parts& parts) {
  for (const auto* each : parts.options) {
    for (const auto& name : dashed_names(*each)) {
      words.push_back(name);
    }
  }
}

bool wants_file(const command_parts& parts) {
  for (const auto* each : parts.positionals) {
    if (names_file(*each)) {
      return true;
    }
  }
  return false;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& each : words) {
    out += (out.empty() ? "" : between) + each;
  }
  return out;
}

/// Calls `put(path, command)` for every command below, "" for the top.
template <class Put>
void walk(const CLI::App& command, const std::string& path, const Put& put) {
  put(path, command);
  for (const auto* each : parts_of(command).commands) {
    walk(*each, path.empty() ? each->get_name() : path + " " + each->get_name(), put);
  }
}

/// Options whose value is the next word, so that it is taken for no command.
std::string value_options(const CLI::App& app, bool only_files) {
  std::vector<std::string> names;
  walk(app, "", [&](const std::string&, const CLI::App& command) {
    for (const auto* each : parts_of(command).options) {
      if (takes_value(*each) && (!only_files || names_file(*each))) {
        for (const auto& name : dashed_names(*each)) {
          if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
          }
        }
      }
    }
  });
  return joined(names, "|");
}

std::vector<std::string> words_for_bash(const CLI::App& app, const CLI::App& command) {
  std::vector<std::string> words;
  const auto parts = parts_of(command);
  for (const auto* each : parts.commands) {
    words.push_back(each->get_name());
  }
  if (command.get_name() == "completion") {
    words.insert(words.end(), {"bash", "zsh"});
  }
  add_options(words, parts);
  if (&app != &command) {
    add_options(words, parts_of(app));
  }
  words.emplace_back("--help");
  return words;
}

/// Inside single quotes for zsh's _describe, where a colon ends the word.
std::string quoted(const std::string& word, const std::string& text) {
  std::string out = "'" + word + ":";
  for (const char each : text) {
    out += each == '\''  ? std::string{"'\\''"}
           : each == ':' ? std::string{"\\:"}
                         : std::string{each};
  }
  return out + "'";
}

void put_zsh_case(std::ostream& out, const std::string& path, const CLI::App& app,
                  const CLI::App& command) {
  const auto parts = parts_of(command);
  out << "    '" << path << "')\n      commands=(";
  for (const auto* each : parts.commands) {
    out << ' ' << quoted(each->get_name(), each->get_description());
  }
  if (command.get_name() == "completion") {
    out << " bash zsh";
  }
  out << " )\n      options=(";
  for (const auto& list :
       {parts.options, &app == &command ? decltype(parts.options){} : parts_of(app).options}) {
    for (const auto* each : list) {
      for (const auto& name : dashed_names(*each)) {
        out << ' ' << quoted(name, each->get_description());
      }
    }
  }
  out << " )\n      files=" << (wants_file(parts) ? 1 : 0) << " ;;\n";
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::ostringstream out;
  std::vector<std::string> paths;
  walk(app, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) {
      paths.push_back("\"" + path + "\"");
    }
  });
  out << "# cellarctl completion bash; made from the tree of commands\n"
         "_cellarctl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local path='' next i words='' files=0\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      "
      << value_options(app, false)
      << ") ((++i)) ; continue ;;\n"
         "      -*) continue ;;\n"
         "    esac\n"
         "    next=\"${path:+$path }${COMP_WORDS[i]}\"\n"
         "    case $next in\n"
         "      "
      << joined(paths, "|")
      << ") path=$next ;;\n"
         "    esac\n"
         "  done\n"
         "  case $previous in\n"
         "    "
      << value_options(app, true)
      << ") mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ; return ;;\n"
         "    "
      << value_options(app, false)
      << ") COMPREPLY=() ; return ;;\n"
         "  esac\n"
         "  case $path in\n";
  walk(app, "", [&](const std::string& path, const CLI::App& command) {
    out << "    '" << path << "') words='" << joined(words_for_bash(app, command), " ") << "'"
        << (wants_file(parts_of(command)) ? " files=1" : "") << " ;;\n";
  });
  out << "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"; "
         "((files)) && compgen -f -- \"$current\")\n"
         "}\n"
         "complete -o filenames -F _cellarctl cellarctl\n";
  return out.str();
}

std::string zsh_completion(const CLI::App& app) {
  std::ostringstream out;
  std::vector<std::string> paths;
  walk(app, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) {
      paths.push_back("'" + path + "'");
    }
  });
  out << "#compdef cellarctl\n"
         "# cellarctl completion zsh; made from the tree of commands\n"
         "_cellarctl() {\n"
         "  local path_='' next i files=0\n"
         "  local -a commands options\n"
         "  for ((i = 2; i < CURRENT; ++i)); do\n"
         "    case ${words[i]} in\n"
         "      "
      << value_options(app, false)
      << ") ((++i)); continue ;;\n"
         "      -*) continue ;;\n"
         "    esac\n"
         "    next=\"${path_:+$path_ }${words[i]}\"\n"
         "    case $next in\n"
         "      "
      << joined(paths, "|")
      << ") path_=$next ;;\n"
         "    esac\n"
         "  done\n"
         "  case ${words[CURRENT-1]} in\n"
         "    "
      << value_options(app, true)
      << ") _files; return ;;\n"
         "    "
      << value_options(app, false)
      << ") return ;;\n"
         "  esac\n"
         "  case $path_ in\n";
  walk(app, "", [&](const std::string& path, const CLI::App& command) {
    put_zsh_case(out, path, app, command);
  });
  out << "  esac\n"
         "  (( $#commands )) && _describe command commands\n"
         "  (( files )) && _files\n"
         "  [[ $PREFIX == -* || $#commands -eq 0 ]] && _describe option options\n"
         "}\n"
         "_cellarctl \"$@\"\n";
  return out.str();
}

}  // namespace cellard::ctl
