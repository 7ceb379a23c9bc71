// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Any bytes as a configuration file: no crash, and what loads is printed to a file that loads to
// the same. Seeds: config/cellard.example.toml.
#include "config/load.hpp"
#include "config/print.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cellard::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = load_text(text, "fuzz");
  if (loaded) {
    const auto full = load_text(to_toml(*loaded), "full");
    const auto changed = load_text(to_toml(*loaded, style::changed), "changed");
    if (!full || !changed || !(*full == *loaded) || !(*changed == *loaded)) {
      std::abort();
    }
  }
  return 0;
}
