// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Segments for the conformance suite, and the two calls of a codec with buffers of exactly the size
// that the interface promises, each on the heap: a sanitizer sees the first byte beyond.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/profile.hpp"
#include "gpu/rope_table.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cellard::tests {

enum class numbers { normal, few_directions, zeros, equal, denormal, tiny, huge, largest };

/// How keys were rotated; no channels = not at all.
struct rotation {
  std::uint32_t channels = 0;
  core::rope_descriptor::pairing_kind pairing = core::rope_descriptor::pairing_kind::half;
};

struct codec_case {
  std::string name;
  numbers kind = numbers::normal;
  gpu::segment shape;
  std::vector<std::byte> raw;
  std::shared_ptr<const gpu::rope_table> rope;  // what shape.rope points to
  std::shared_ptr<const gpu::profile> learned;  // what shape.learned points to
};

/// A profile for `shape`, which it points to afterwards: of a layer where there are three heads, of
/// heads otherwise.
std::shared_ptr<const gpu::profile> learn(gpu::segment& shape);

codec_case make_case(core::dtype type, gpu::side what, std::uint32_t tokens, std::uint32_t heads,
                     std::uint32_t dim, numbers kind = numbers::normal, rotation how = {});

/// Normal numbers in all types and shapes: every tail of a vector, one tile and two, and every kind
/// of rotation. And matrices that are sums of two products of a row and a column.
const std::vector<codec_case>& normal_cases();

/// Whether the codec may refuse one of the normal cases: noise has no directions that svd could do
/// without.
bool may_refuse(const gpu::segment_codec& codec, const codec_case& on);

/// Finite numbers that are not normal.
const std::vector<codec_case>& odd_cases();

/// Backends that are compared, the host's scalar one first: host_sets.cpp, device_sets.cpp or
/// cuda_sets.cpp.
const std::vector<gpu::codec_set>& codec_sets();

core::result<std::vector<std::byte>>
encode(const gpu::segment_codec& codec, const gpu::segment& shape, std::span<const std::byte> raw);

core::result<std::vector<std::byte>> decode(const gpu::segment_codec& codec,
                                            const gpu::segment& shape,
                                            std::span<const std::byte> encoded,
                                            gpu::token_range wanted);

std::size_t token_bytes(const gpu::segment& shape);

}  // namespace cellard::tests
