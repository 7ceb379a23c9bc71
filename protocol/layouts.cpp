// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/layouts.hpp"

#include "protocol/fields.hpp"
#include "protocol/text.hpp"

#include <utility>

namespace cellard::protocol {
namespace {

using core::errc;
using core::fail;

core::result<core::rope_descriptor> decode_rope(bytes_view value) {
  reader in{value};
  const auto fixed = in.read<rope_body>();
  core::rope_descriptor rope;
  rope.rotary_dim = fixed.rotary_dim;
  rope.pairing = static_cast<core::rope_descriptor::pairing_kind>(fixed.pairing);
  rope.first_position = fixed.first_position;
  rope.theta = fixed.theta;
  rope.scaling = fixed.scaling;
  rope.inverse_frequencies = in.read_vector<float>(fixed.frequencies);
  if (in.failed() || in.left() != 0 || fixed.pairing > 1) {
    return fail(errc::invalid_argument, "open: the rope field is malformed");
  }
  return rope;
}

}  // namespace

open_body fixed_of(const core::layout& shape) noexcept {
  open_body fixed{};
  fixed.dtype = static_cast<std::uint8_t>(shape.type);
  fixed.layers = shape.layers;
  fixed.kv_heads = shape.kv_heads;
  fixed.head_dim = shape.head_dim;
  fixed.v_head_dim = shape.v_head_dim;
  fixed.block_tokens = shape.block_tokens;
  fixed.max_bytes = shape.max_bytes;
  fixed.parts = shape.parts;
  return fixed;
}

core::layout layout_of(const open_body& fixed) {
  core::layout shape;
  shape.type = static_cast<core::dtype>(fixed.dtype);
  shape.layers = fixed.layers;
  shape.kv_heads = fixed.kv_heads;
  shape.head_dim = fixed.head_dim;
  shape.v_head_dim = fixed.v_head_dim;
  shape.block_tokens = fixed.block_tokens;
  shape.max_bytes = fixed.max_bytes;
  shape.parts = fixed.parts;
  return shape;
}

core::result<bool> take_layout_field(core::layout& shape, std::uint16_t type, bytes_view value) {
  switch (type) {
  case open_model:
    shape.model = as_text(value);
    return true;
  case open_weights:
    shape.weights = as_text(value);
    return true;
  case open_rope: {
    auto rope = decode_rope(value);
    CELLARD_TRY(rope);
    shape.rope = std::move(*rope);
    return true;
  }
  default:
    return false;
  }
}

core::result<core::ok_t> check_layout_names(const core::layout& shape) {
  for (const auto& [what, text] : {std::pair<const char*, const std::string&>{"model", shape.model},
                                   {"weights", shape.weights}}) {
    if (!is_printable(text)) {
      return fail(errc::invalid_argument, "open: {} is not UTF-8 without control characters", what);
    }
  }
  return core::ok_t{};
}

void write_layout_names(writer& out, const core::layout& shape) {
  if (!shape.model.empty()) {
    write_field(out, open_model, shape.model);
  }
  if (!shape.weights.empty()) {
    write_field(out, open_weights, shape.weights);
  }
}

void write_layout_rope(writer& out, const core::layout& shape) {
  const auto& rope = shape.rope;
  if (rope.rotary_dim == 0) {
    return;
  }
  std::vector<std::byte> bytes;
  writer field{bytes};
  field.write(rope_body{
    rope.rotary_dim, static_cast<std::uint32_t>(rope.pairing), rope.first_position,
    static_cast<std::uint32_t>(rope.inverse_frequencies.size()), rope.theta, rope.scaling});
  field.write_span<float>(rope.inverse_frequencies);
  write_field(out, open_rope, bytes_view{bytes});
}

}  // namespace cellard::protocol
