// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/scheme.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace cellard::gpu {
namespace {

constexpr std::array known{
  scheme{"raw", family::none, "raw", "raw", 0, "as it is"},
  scheme{"lossless", family::compressor, "lossless", "lossless", 0,
         "exact; exponents as nibbles, at memory speed"},
  scheme{"lossless-rans", family::compressor, "lossless-rans", "lossless-rans", 0,
         "exact; exponents by rANS"},
  scheme{"svd", family::compressor, "svd", "svd", 0,
         "two thin factors in 8 bits, where they are small enough: for experiments"},
  scheme{"lowrank", family::compressor, "lowrank", "lowrank", 0,
         "sixteen directions in 8 bits and the rest in 4: for experiments"},
  scheme{"lowrank-3", family::compressor, "lowrank-3", "lowrank-3", 0, "and the rest in 3"},
  scheme{"sparse", family::compressor, "sparse", "sparse", 0,
         "the larger half of each token's values in 8 bits: for experiments"},
  scheme{"int8", family::quantizer, "int8", "int8", 0,
         "8 bits; K per channel, V per token and head"},
  scheme{"mixed-hi", family::quantizer, "int8", "int4", 0, "K in 8 bits, V in 4"},
  scheme{"int6", family::quantizer, "int6", "int6", 0,
         "6 bits; K before rotation where that is known"},
  scheme{"int5", family::quantizer, "int5", "int5", 0, "5 bits"},
  scheme{"mixed", family::quantizer, "int6", "int4", 0, "K in 6 bits, V in 4"},
  scheme{"int4", family::quantizer, "int4", "int4", 0, "4 bits"},
  scheme{"int3", family::quantizer, "int3", "int3", 0, "3 bits"},
  scheme{"int2", family::quantizer, "int2", "int2", 0, "2 bits: for experiments"},
  scheme{"xtc-1", family::compressor, "xtc-1", "xtc-1", 4,
         "about 5 bits, by a profile of the model", true},
  scheme{"xtc-2", family::compressor, "xtc-2", "xtc-2", 4, "about 4 bits, by a profile", true},
  scheme{"xtc-3", family::compressor, "xtc-3", "xtc-3", 4, "about 3 bits, by a profile", true},
  scheme{"xtc", family::compressor, "xtc-3", "xtc-3", 4, "xtc-3", true},
  scheme{"xtc-4", family::compressor, "xtc-4", "xtc-4", 4, "about 2 bits, by a profile", true},
  scheme{"xtc-5", family::compressor, "xtc-5", "xtc-5", 4, "about 1 bit, by a profile", true},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> milder{{
  {"lowrank-3", "lowrank"},
  {"lowrank", "int6"},
  {"svd", "int4"},
  {"sparse", "int4"},
  {"xtc-5", "xtc-4"},
  {"xtc-4", "xtc-3"},
  {"xtc-3", "xtc-2"},
  {"xtc-2", "xtc-1"},
  {"xtc-1", "int8"},
  {"int2", "int3"},
  {"int3", "int4"},
  {"int4", "int5"},
  {"int5", "int6"},
  {"int6", "int8"},
  {"int8", "lossless"},
  {"lossless-rans", "lossless"},
  {"lossless", "raw"},
  {"raw", "raw"},
}};

}  // namespace

std::span<const scheme> schemes() noexcept {
  return known;
}

core::result<scheme> find_scheme(std::string_view name) {
  const auto* const found =
    std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.name == name; });
  if (found != known.end()) {
    return *found;
  }
  std::string names;
  for (const auto& each : known) {
    names.append(names.empty() ? "" : ", ").append(each.name);
  }
  return core::fail(core::errc::invalid_argument, "there is no codec \"{}\" (there are: {})", name,
                    names);
}

core::result<scheme> find_scheme(std::string_view name, family by) {
  auto found = find_scheme(name);
  if (found && found->by != by) {
    return core::fail(core::errc::invalid_argument, "codec \"{}\" is none of the {}", name,
                      by == family::quantizer ? "quantizer" : "compressor");
  }
  return found;
}

std::string_view gentler(std::string_view codec) noexcept {
  const auto* const found = std::find_if(milder.begin(), milder.end(),
                                         [&](const auto& each) { return each.first == codec; });
  return found == milder.end() ? std::string_view{"lossless"} : found->second;
}

}  // namespace cellard::gpu
