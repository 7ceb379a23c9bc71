// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// try: what codecs win and cost on the user's own data, side by side. Needs a daemon only for a
// namespace.
#include "gpu/profile.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "ctl/block_file.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/trials.hpp"

namespace cellard::ctl {
namespace {

constexpr double seconds_a_direction = 0.01;  // of each block

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

void print_try(const trial_data& data, const trials_outcome& found, const std::string& backend) {
  print_trials(found.codecs, backend);
  std::cout << fmt::format("{} of {} blocks, {} of {}\n", found.blocks, data.blocks,
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
  const auto found = try_all(codecs, schemes, data, seconds_a_direction);
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

void add_try_command(CLI::App& app, const globals& shared) {
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
  attempt->add_option("--backend", options->backend,
                      "instruction set whose loops run; the best unless given");
  attempt->callback([&shared, options] { run_try(shared, *options); });
}

}  // namespace cellard::ctl
