// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/codecs.hpp"

#include "gpu/host/integer_codec.hpp"
#include "gpu/host/lossless.hpp"
#include "gpu/host/lowrank_codec.hpp"
#include "gpu/host/sparse_codec.hpp"
#include "gpu/host/svd_codec.hpp"
#include "gpu/host/xtc_codec.hpp"

namespace cellard::gpu::host {

std::vector<std::unique_ptr<segment_codec>> every_codec(level loops) {
  std::vector<std::unique_ptr<segment_codec>> all;
  all.push_back(std::make_unique<lossless_codec>(lossless_codec::strength::nibbles, loops));
  all.push_back(std::make_unique<lossless_codec>(lossless_codec::strength::rans, loops));
  for (const unsigned bits : {8U, 6U, 5U, 4U, 3U, 2U}) {
    all.push_back(std::make_unique<integer_codec>(bits, loops));
  }
  all.push_back(std::make_unique<svd_codec>(loops));
  for (const unsigned bits : {4U, 3U}) {
    all.push_back(std::make_unique<lowrank_codec>(bits, loops));
  }
  all.push_back(std::make_unique<sparse_codec>(loops));
  for (unsigned number = 1; number <= xtc_most_level + 1; ++number) {
    all.push_back(std::make_unique<xtc_codec>(number, loops));
  }
  return all;
}

codec_set make_codecs(level loops) {
  return codec_set(std::string(to_string(loops)), every_codec(loops));
}

const codec_set& best_codecs() {
  static const codec_set best = make_codecs(best_level());
  return best;
}

}  // namespace cellard::gpu::host
