// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "pieces.hpp"

namespace nb = nanobind;

namespace cellard::python {
namespace {

/// One array's part of the list: which bytes a block has in each layer.
struct strips {
  strips(const array& source, std::size_t count, std::size_t tokens) : data(source.data()) {
    const auto shape = source.shape();
    const auto strides = source.strides();
    if (shape.size() != 4 || shape[1] / count < tokens)
      throw nb::value_error("the array is smaller than the chain");
    layers = shape[0];
    const auto token_bytes = shape[2] * shape[3] * source.element_bytes();
    block_bytes = tokens * token_bytes;
    layer_bytes = strides[0] * static_cast<std::int64_t>(source.element_bytes());
  }

  void append(std::size_t block, std::vector<cellard_buffer>& out) const {
    for (std::size_t layer = 0; layer < layers; ++layer) {
      auto* start = data + static_cast<std::int64_t>(layer) * layer_bytes;
      out.push_back({start + block * block_bytes, block_bytes});
    }
  }

  std::uint8_t* data;
  std::size_t layers = 0;
  std::size_t block_bytes = 0;
  std::int64_t layer_bytes = 0;
};

}  // namespace

std::vector<cellard_const_buffer> pieces::constant() const {
  std::vector<cellard_const_buffer> result;
  result.reserve(buffers.size());
  for (const auto& [data, length] : buffers)
    result.push_back({data, length});
  return result;
}

pieces chain_pieces(const array& k, const array* v, std::size_t count, std::size_t tokens) {
  pieces result;
  if (count == 0 || tokens == 0)
    return result;
  std::vector<strips> sources{strips(k, count, tokens)};
  if (v != nullptr)
    sources.emplace_back(*v, count, tokens);
  for (const auto& source : sources)
    result.per_block += source.layers;
  result.buffers.reserve(count * result.per_block);
  for (std::size_t block = 0; block < count; ++block) {
    for (const auto& source : sources)
      source.append(block, result.buffers);
  }
  return result;
}

pieces whole_pieces(const std::vector<const array*>& blocks) {
  pieces result;
  result.per_block = 1;
  for (const auto* block : blocks) {
    const auto shape = block->shape();
    if (shape.size() != 1)
      throw nb::value_error("the bytes of a block have to be one-dimensional");
    result.buffers.push_back({block->data(), shape[0] * block->element_bytes()});
  }
  return result;
}

}  // namespace cellard::python
