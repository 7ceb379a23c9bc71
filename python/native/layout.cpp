// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "layout.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

template <class T>
void read(const nb::dict& fields, const char* name, T& value) {
  value = nb::cast<T>(fields[name]);
}

}  // namespace

layout::layout(const nb::dict& fields) {
  read(fields, "dtype", raw_.dtype);
  read(fields, "layers", raw_.layers);
  read(fields, "kv_heads", raw_.kv_heads);
  read(fields, "head_dim", raw_.head_dim);
  read(fields, "v_head_dim", raw_.v_head_dim);
  read(fields, "block_tokens", raw_.block_tokens);
  read(fields, "max_bytes", raw_.max_bytes);
  read(fields, "kv_group", raw_.kv_group);
  read(fields, "parts", raw_.parts);
  read(fields, "part", raw_.part);
  read(fields, "max_age_ms", raw_.max_age_ms);
  read(fields, "existing", raw_.existing);
  read(fields, "model", model_);
  read(fields, "weights", weights_);
  raw_.model = model_.empty() ? nullptr : model_.c_str();
  raw_.weights = weights_.empty() ? nullptr : weights_.c_str();
  const nb::object rope = fields["rope"];
  if (!rope.is_none())
    set_rope(nb::cast<nb::dict>(rope));
}

void layout::set_rope(const nb::dict& fields) {
  read(fields, "rotary_dim", rope_.rotary_dim);
  read(fields, "interleaved", rope_.interleaved);
  read(fields, "first_position", rope_.first_position);
  read(fields, "theta", rope_.theta);
  read(fields, "scaling", rope_.scaling);
  read(fields, "inverse_frequencies", frequencies_);
  rope_.frequencies = static_cast<std::uint32_t>(frequencies_.size());
  rope_.inverse_frequencies = frequencies_.empty() ? nullptr : frequencies_.data();
  raw_.rope = &rope_;
}

nb::dict describe(const cellard_layout& shape) {
  nb::dict fields;
  fields["dtype"] = shape.dtype;
  fields["layers"] = shape.layers;
  fields["kv_heads"] = shape.kv_heads;
  fields["head_dim"] = shape.head_dim;
  fields["v_head_dim"] = shape.v_head_dim;
  fields["block_tokens"] = shape.block_tokens;
  fields["max_bytes"] = shape.max_bytes;
  fields["parts"] = shape.parts;
  fields["part"] = shape.part;
  fields["model"] = shape.model == nullptr ? "" : shape.model;
  fields["rope"] = nb::none();
  if (shape.rope != nullptr) {
    const auto* first = shape.rope->inverse_frequencies;
    nb::dict rope;
    rope["rotary_dim"] = shape.rope->rotary_dim;
    rope["interleaved"] = shape.rope->interleaved;
    rope["first_position"] = shape.rope->first_position;
    rope["theta"] = shape.rope->theta;
    rope["scaling"] = shape.rope->scaling;
    rope["inverse_frequencies"] = std::vector<float>(first, first + shape.rope->frequencies);
    fields["rope"] = rope;
  }
  return fields;
}

}  // namespace cellard::python
