// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// codecs and try: what encoding blocks wins and costs, on made-up values and on the user's own.
// Codecs come from the table of schemes and the sets of the backends, so that a new one is here by
// itself. Needs a daemon only for a namespace.
#include "gpu/host/codecs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "ctl/block_file.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/trial.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr double codecs_seconds = 0.05;  // of each direction, 3 s for all codecs
constexpr double try_seconds = 0.01;     // and block

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

struct outcome {
  std::uint64_t blocks = 0;
  std::uint64_t raw_bytes = 0;
  json codecs = json::array();
};

/// All codecs on one block, then on the next: they see the same values, and one block is in memory.
outcome try_all(const gpu::codec_set& codecs, const std::vector<gpu::scheme>& schemes,
                const trial_data& data, double seconds) {
  std::vector<std::unique_ptr<trial>> trials;
  for (const auto& each : schemes) {
    trials.push_back(std::make_unique<trial>(codecs, each, data, seconds));
  }
  outcome out;
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

void print_outcome(const json& rows) {
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
}

constexpr const char* explanation =
  "BITS: of a value, everything that is stored included. ERROR: norm of the difference over the "
  "norm, the\nworst layer of a block. Speeds: raw bytes that one core ({} loops) does a second, "
  "nothing beside it.\nGENTLER: layers' K or V that a gentler codec took, because this one refused "
  "them or won nothing.\n";

void run_codecs(const globals& shared, const std::string& backend) {
  const auto codecs = codecs_of(backend);
  const auto found = try_all(codecs, schemes_of("all"), made_up_data(), codecs_seconds);
  if (shared.json) {
    print_json(
      {{"backends", backend_names()}, {"measured_on", codecs.backend()}, {"codecs", found.codecs}});
    return;
  }
  print_outcome(found.codecs);
  std::cout << fmt::format(explanation, codecs.backend())
            << "Measured just now on made-up values (256 tokens, 8 heads of 128, float16, keys "
               "rotated): 'cellarctl try' takes yours.\n"
            << fmt::format("Backends of this machine: {}\n", fmt::join(backend_names(), ", "));
}

struct try_options {
  std::string codecs;
  std::string data;
  std::string backend;
  std::string profile;
  std::uint64_t blocks = 32;
  npy_files files;
  space_name space;
  double theta = 0;
  std::uint32_t rotary_dim = 0;
  bool interleaved = false;
};

bool is_npy(const std::string& name) {
  constexpr std::string_view end = ".npy";
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

trial_data npy_data_of(try_options options) {
  auto& rope = options.files.rope;
  options.files.keys = options.data;
  if (options.rotary_dim > 0) {
    rope.rotary_dim = options.rotary_dim;
    rope.theta = options.theta > 0 ? options.theta : 10000;
    rope.pairing = options.interleaved ? core::rope_descriptor::pairing_kind::interleaved
                                       : core::rope_descriptor::pairing_kind::half;
  } else if (options.theta > 0 || options.interleaved) {
    throw refused("invalid_argument", "--rope-theta and --interleaved say how keys were rotated; "
                                      "--rotary-dim says how many channels were");
  }
  return npy_data(options.files, options.blocks);
}

std::shared_ptr<const gpu::profile> profile_of(const std::string& file) {
  if (file.empty()) {
    return nullptr;
  }
  const auto read = gpu::profile::read(read_block_file(file));
  if (!read) {
    throw refused("invalid_argument",
                  fmt::format("{}: {}", printable(file), read.error().context()));
  }
  return *read;
}

void print_try(const trial_data& data, const outcome& found, const std::string& backend) {
  print_outcome(found.codecs);
  std::cout << fmt::format(explanation, backend)
            << fmt::format("{} of {} blocks, {} of {}\n", found.blocks, data.blocks,
                           human_bytes(static_cast<double>(found.raw_bytes)),
                           core::to_string(data.shape.type));
}

void run_try(const globals& shared, const try_options& options) {
  const auto schemes = schemes_of(options.codecs);
  const auto codecs = codecs_of(options.backend);
  const bool file = is_npy(options.data);
  if (!file && !options.files.values.empty()) {
    throw refused("invalid_argument", "--values goes with a .npy file of keys");
  }
  std::optional<client> daemon;
  if (!file) {
    daemon.emplace(connect(shared));
  }
  auto where = options.space;
  where.name = options.data;
  auto data = file ? npy_data_of(options) : space_data(*daemon, where, options.blocks);
  data.learned = profile_of(options.profile);
  const auto found = try_all(codecs, schemes, data, try_seconds);
  if (found.blocks == 0) {
    throw refused("not_found",
                  fmt::format("namespace '{}' has no raw block that can be read under this salt: "
                              "they are encoded already (codec.policy), or there are none",
                              printable(options.data)));
  }
  if (shared.json) {
    print_json({{"data", options.data},
                {"dtype", core::to_string(data.shape.type)},
                {"blocks", found.blocks},
                {"blocks_there", data.blocks},
                {"raw_bytes", found.raw_bytes},
                {"measured_on", codecs.backend()},
                {"codecs", found.codecs}});
  } else {
    print_try(data, found, codecs.backend());
  }
}

}  // namespace

void add_codec_commands(CLI::App& app, const globals& shared) {
  constexpr const char* backend_help = "instruction set whose loops run; the best unless given";
  auto* list = app.add_subcommand(
    "codecs", "List the codecs, with their size, error and speed on this machine, measured now");
  auto backend = std::make_shared<std::string>();
  list->add_option("--backend", *backend, backend_help);
  list->callback([&shared, backend] { run_codecs(shared, *backend); });

  auto* attempt = app.add_subcommand(
    "try", "Try codecs on a .npy file of keys, or on a namespace's raw blocks, side by side");
  auto options = std::make_shared<try_options>();
  attempt->add_option("CODECS", options->codecs, "names with commas between, or 'all'")->required();
  attempt
    ->add_option("FILE", options->data,
                 "K as numpy.save writes it, [layers, sequences, tokens, kv_heads, head_dim] or "
                 "without sequences, ending in .npy; otherwise a namespace's name")
    ->required();
  attempt->add_option("--values", options->files.values, "V of the same tokens, a .npy file");
  attempt->add_option("--blocks", options->blocks, "most blocks to try, 32 unless given")
    ->check(CLI::Range(1, 1'000'000));
  attempt
    ->add_option("--tokens", options->files.tile_tokens, "of a block of a file, 256 unless given")
    ->check(CLI::Range(1, 1'000'000));
  attempt->add_option("--dtype", options->files.type,
                      "bfloat16 or float8_e4m3, which NumPy stores as plain integers");
  attempt->add_option("--rotary-dim", options->rotary_dim,
                      "channels of a head that were rotated in a file's K; 0: none, or not told");
  attempt->add_option("--rope-theta", options->theta, "base of the rotation, 10000 unless given")
    ->check(CLI::PositiveNumber);
  attempt->add_flag("--interleaved", options->interleaved,
                    "pairs are (2i, 2i + 1), not (i, i + half)");
  attempt->add_option("--kv-group", options->space.kv_group,
                      "of the namespaces of that name, this group's");
  attempt->add_option("--salt", options->space.salt,
                      "blocks are found only under the salt they had");
  attempt->add_option("--profile", options->profile,
                      "what was learned of the model, a file; the codecs xtc need it");
  attempt->add_option("--backend", options->backend, backend_help);
  attempt->callback([&shared, options] { run_try(shared, *options); });
}

}  // namespace cellard::ctl
