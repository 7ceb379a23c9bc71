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
  scheme{"xtc-1", family::compressor, "xtc-1", "xtc-1", 4, "calibrated transform, step 1/16"},
  scheme{"xtc-2", family::compressor, "xtc-2", "xtc-2", 4, "calibrated transform, step 1/8"},
  scheme{"xtc-3", family::compressor, "xtc-3", "xtc-3", 4, "calibrated transform, step 1/4"},
  scheme{"xtc-4", family::compressor, "xtc-4", "xtc-4", 4, "calibrated transform, step 1/2"},
  scheme{"xtc-5", family::compressor, "xtc-5", "xtc-5", 4, "calibrated transform, step 1"},
  scheme{"svd", family::compressor, "svd", "svd", 0,
         "truncated SVD with int8 factors: larger and slower than int4"},
  scheme{"lowrank", family::compressor, "lowrank", "lowrank", 0,
         "rank 16 and a 4-bit rest: larger than int4"},
  scheme{"sparse", family::compressor, "sparse", "sparse", 0,
         "the largest half of the values: experimental"},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> milder{{
  {"int2", "int3"},
  {"int3", "int4"},
  {"int4", "int5"},
  {"int5", "int6"},
  {"int6", "int8"},
  {"int8", "lossless"},
  {"xtc-5", "xtc-4"},
  {"xtc-4", "xtc-3"},
  {"xtc-3", "xtc-2"},
  {"xtc-2", "xtc-1"},
  {"xtc-1", "int8"},
  {"svd", "int8"},
  {"lowrank", "int8"},
  {"sparse", "int8"},
  {"lossless-rans", "lossless"},
  {"lossless", "raw"},
  {"raw", "raw"},
}};

}  // namespace

std::span<const scheme> schemes() noexcept {
  return known;
}

core::result<scheme> find_scheme(std::string_view name) {
  const auto wanted = name == "xtc" ? std::string_view{"xtc-3"} : name;
  const auto* const found =
    std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.name == wanted; });
  if (found != known.end()) {
    return *found;
  }
  std::string names = "xtc";
  for (const auto& each : known) {
    names.append(", ").append(each.name);
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
