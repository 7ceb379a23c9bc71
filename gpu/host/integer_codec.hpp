// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "int8" (symmetric) and "int2" to "int6" (asymmetric): codes of that many bits on steps that a
// channel of keys shares over a tile, and the values of a head of one token. Keys of int2 to int6
// are rotated back first where the segment says how. Formulas: gpu/host/integer_steps.hpp; bytes:
// gpu/host/integer_tiles.hpp, integer_loops.hpp and docs/codec-format.md. Encoders of all levels
// write the same bytes.
#pragma once

#include "gpu/host/integer_codec_base.hpp"
#include "gpu/host/integer_loops.hpp"
#include "gpu/host/integer_tiles.hpp"
#include "gpu/host/number_loops.hpp"
#include "gpu/host/rope_loops.hpp"

namespace cellard::gpu::host {

class integer_codec final : public integer_codec_base {
public:
  /// @pre bits is 8, or 2 to 6
  integer_codec(unsigned bits, level loops);

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  /// Numbers of one tile, and how they lie in memory.
  struct source {
    core::dtype type;
    const std::byte* values;
  };

  core::result<bool> encode_with(const segment& shape, const integer_head& head,
                                 std::span<const std::byte> raw, std::span<std::byte> out,
                                 scratch& work) const;
  source rotated_back(const segment& shape, const integer_tiles::tile& tile, source from,
                      scratch& work) const;
  bool steps_of(const segment& shape, const integer_tiles::tile& tile, step_storage storage,
                source from, step_arrays to, scratch& work) const;
  void encode_token(const segment& shape, source from, step_arrays steps, std::byte* to,
                    scratch& work) const;

  [[nodiscard]] bool read_steps(const integer_tiles::tile& tile, step_storage storage,
                                std::span<const std::byte> encoded, step_arrays to) const;
  void decode_token(const segment& shape, std::uint32_t token, const std::int8_t* from,
                    step_arrays steps, std::byte* to, scratch& work) const;
  void decode_codes(const segment& shape, const std::int8_t* from, step_arrays steps,
                    core::dtype type, std::byte* to) const;

  const number_loops& numbers_;
  const rope_loops& rope_;
  const integer_loops& integers_;
};

}  // namespace cellard::gpu::host
