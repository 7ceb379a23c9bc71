// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The man page and the shells' completions, made by walking CLI11's tree: the same source as
// --help. Pure functions.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace cellard::ctl {

/// roff, for man(1).
std::string man_page(const CLI::App& app);
/// A script for bash to source.
std::string bash_completion(const CLI::App& app);
/// A file for a folder of zsh's fpath, named _cellarctl.
std::string zsh_completion(const CLI::App& app);

}  // namespace cellard::ctl
