// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/trials.hpp"

#include "gpu/host/codecs.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <sstream>

#include "ctl/globals.hpp"
#include "ctl/output.hpp"
#include "ctl/trial.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr const char* explanation =
  "BITS: of a value, everything that is stored included. ERROR: norm of the difference over the "
  "norm, the\nworst layer of a block. Speeds: raw bytes that one core ({} loops) does a second, "
  "nothing beside it.\nGENTLER: layers' K or V that a gentler codec took, because this one refused "
  "them or won nothing.\n";

std::string shown_error(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_object()) {
    return "";
  }
  const double most = number(*found, "most");
  return most == 0 ? "exact" : fmt::format("{:.2f} %", 100 * most);
}

std::string shown_rate(const json& row, const char* key) {
  const double rate = number(row, key);
  return rate < 1e8 ? fmt::format("{:.1f} MB/s", rate / 1e6)
                    : fmt::format("{:.2f} GB/s", rate / 1e9);
}

}  // namespace

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const auto each : gpu::host::supported_levels()) {
    names.emplace_back(gpu::host::to_string(each));
  }
  return names;
}

gpu::codec_set codecs_of(const std::string& backend) {
  for (const auto each : gpu::host::supported_levels()) {
    if (backend == gpu::host::to_string(each)) {
      return gpu::host::make_codecs(each);
    }
  }
  if (!backend.empty()) {
    throw refused("invalid_argument",
                  fmt::format("there is no backend '{}' on this machine, there are {}",
                              printable(backend), fmt::join(backend_names(), ", ")));
  }
  return gpu::host::make_codecs(gpu::host::best_level());
}

/// "int8,int4", or "all".
std::vector<gpu::scheme> schemes_of(const std::string& list) {
  const auto all = gpu::schemes();
  if (list == "all") {
    return {all.begin(), all.end()};
  }
  std::vector<gpu::scheme> found;
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const auto one = gpu::find_scheme(name);
    if (!one) {
      throw refused("invalid_argument", printable(one.error().context()));
    }
    found.push_back(*one);
  }
  if (found.empty()) {
    throw refused("invalid_argument", "no codec was named; 'cellarctl codecs' lists them");
  }
  return found;
}

trials_outcome try_all(const gpu::codec_set& codecs, const std::vector<gpu::scheme>& schemes,
                       const trial_data& data, double seconds) {
  std::vector<std::unique_ptr<trial>> trials;
  for (const auto& each : schemes) {
    trials.push_back(std::make_unique<trial>(codecs, each, data, seconds));
  }
  trials_outcome out;
  for (trial_block block; data.next(block);) {
    for (const auto& each : trials) {
      if (each->obstacle().empty()) {
        each->add(block);
      }
    }
    ++out.blocks;
    out.raw_bytes += block.raw.size();
  }
  for (const auto& each : trials) {
    out.codecs.push_back(each->to_json());
  }
  return out;
}

void print_trials(const json& rows, const std::string& backend) {
  table out({{"CODEC"},
             {"BITS", true},
             {"RATIO", true},
             {"K ERROR", true},
             {"V ERROR", true},
             {"ENCODE", true},
             {"DECODE", true},
             {"GENTLER", true},
             {""}});
  for (const auto& row : rows) {
    const auto name = text_of(row, "codec");
    if (const auto why = text_of(row, "not_measured"); !why.empty()) {
      out.add({name, "", "", "", "", "", "", "", text_of(row, "description") + "; " + why});
      continue;
    }
    out.add({name, fmt::format("{:.3f}", number(row, "bits_per_value")),
             fmt::format("{:.2f}", number(row, "ratio")), shown_error(row, "key_error"),
             shown_error(row, "value_error"), shown_rate(row, "encode_bytes_per_second"),
             shown_rate(row, "decode_bytes_per_second"),
             fmt::format("{:.0f} of {:.0f}", number(row, "gentler"), number(row, "segments")),
             text_of(row, "description")});
  }
  out.print(std::cout);
  std::cout << fmt::format(explanation, backend);
}

}  // namespace cellard::ctl
