// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/layout.hpp"

#include <array>

namespace cellard::core {
namespace {

/// Large enough for every model that exists, small enough that no product of the five axes
/// overflows 64 bits.
constexpr std::uint32_t max_axis = 1U << 20;

struct axis {
  std::string_view name;
  std::uint32_t value;
  std::uint32_t least;
};

std::array<axis, 5> axes_of(const layout& shape) {
  return {{{"layers", shape.layers, 1},
           {"kv_heads", shape.kv_heads, 1},
           {"head_dim", shape.head_dim, 1},
           {"v_head_dim", shape.v_head_dim, 0},
           {"block_tokens", shape.block_tokens, 1}}};
}

result<ok_t> check_shape(const layout& shape, std::uint64_t limit_bytes) {
  std::uint64_t bytes = element_bytes(shape.type);
  for (const auto& [name, value, least] : axes_of(shape)) {
    if (value < least || value > max_axis) {
      return fail(errc::invalid_argument, "layout: {} is {}, allowed are {} to {}", name, value,
                  least, max_axis);
    }
  }
  // Multiply one axis at a time: each factor is below 2^21, so a product that was below 2^42 cannot
  // wrap.
  for (const std::uint64_t factor :
       {std::uint64_t{shape.layers}, std::uint64_t{shape.block_tokens},
        std::uint64_t{shape.kv_heads}, std::uint64_t{shape.head_dim} + shape.v_head_dim}) {
    bytes *= factor;
    if (bytes > limit_bytes) {
      return fail(errc::invalid_argument,
                  "layout: a block of {} layers x {} tokens x {} heads x ({} + {}) {} is larger "
                  "than limits.block ({} bytes); use smaller blocks or raise the limit",
                  shape.layers, shape.block_tokens, shape.kv_heads, shape.head_dim,
                  shape.v_head_dim, to_string(shape.type), limit_bytes);
    }
  }
  return ok_t{};
}

}  // namespace

std::string_view to_string(dtype type) noexcept {
  switch (type) {
  case dtype::opaque:
    return "opaque";
  case dtype::f32:
    return "float32";
  case dtype::f16:
    return "float16";
  case dtype::bf16:
    return "bfloat16";
  case dtype::f8e4m3:
    return "float8_e4m3";
  }
  return "unknown";
}

std::uint64_t element_bytes(dtype type) noexcept {
  switch (type) {
  case dtype::f32:
    return 4;
  case dtype::f16:
  case dtype::bf16:
    return 2;
  case dtype::f8e4m3:
    return 1;
  case dtype::opaque:
    return 0;
  }
  return 0;
}

std::uint64_t layout::block_bytes() const noexcept {
  if (type == dtype::opaque) {
    return max_bytes;
  }
  return element_bytes(type) * layers * block_tokens * kv_heads
         * (std::uint64_t{head_dim} + v_head_dim);
}

result<ok_t> layout::check(std::uint64_t limit_bytes) const {
  if (parts < 1 || parts > max_parts) {
    return fail(errc::invalid_argument, "layout: parts is {}, allowed are 1 to {}", parts,
                max_parts);
  }
  if (model.size() > max_model_bytes || weights.size() > max_weights_bytes) {
    return fail(errc::invalid_argument,
                "layout: model and weights may have {} and {} bytes, not {} and {}",
                max_model_bytes, max_weights_bytes, model.size(), weights.size());
  }
  if (rope.rotary_dim > head_dim || rope.rotary_dim % 2 != 0) {
    return fail(errc::invalid_argument,
                "layout: rope.rotary_dim is {}, it has to be even and at most head_dim ({})",
                rope.rotary_dim, head_dim);
  }
  if (!rope.inverse_frequencies.empty() && rope.inverse_frequencies.size() != rope.rotary_dim / 2) {
    return fail(errc::invalid_argument,
                "layout: rope has {} inverse frequencies, rotary_dim {} asks for {}",
                rope.inverse_frequencies.size(), rope.rotary_dim, rope.rotary_dim / 2);
  }
  if (type == dtype::opaque) {
    if (max_bytes < 1 || max_bytes > limit_bytes) {
      return fail(errc::invalid_argument,
                  "layout: max_bytes is {}, allowed are 1 to limits.block ({} bytes)", max_bytes,
                  limit_bytes);
    }
    return ok_t{};
  }
  if (element_bytes(type) == 0) {
    return fail(errc::invalid_argument, "layout: dtype number {} is not known",
                static_cast<unsigned>(type));
  }
  return check_shape(*this, limit_bytes);
}

std::string layout::difference(const layout& wanted) const {
  if (type != wanted.type) {
    return fmt::format("dtype is {}, not {}", to_string(type), to_string(wanted.type));
  }
  const auto mine = axes_of(*this);
  const auto theirs = axes_of(wanted);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (mine[i].value != theirs[i].value) {
      return fmt::format("{} is {}, not {}", mine[i].name, mine[i].value, theirs[i].value);
    }
  }
  if (max_bytes != wanted.max_bytes) {
    return fmt::format("max_bytes is {}, not {}", max_bytes, wanted.max_bytes);
  }
  if (parts != wanted.parts) {
    return fmt::format("parts is {}, not {}", parts, wanted.parts);
  }
  if (model != wanted.model) {
    return fmt::format("model is '{}', not '{}'", model, wanted.model);
  }
  if (weights != wanted.weights) {
    return fmt::format("weights is '{}', not '{}'", weights, wanted.weights);
  }
  return rope == wanted.rope ? "" : "rope differs";
}

}  // namespace cellard::core
