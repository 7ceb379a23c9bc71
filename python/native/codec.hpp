// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The codecs without a daemon: one encoded block from and to raw bytes. cellard/coding.py cuts a
// user's arrays into blocks. Immutable; the GIL is released while a block is encoded or decoded,
// and threads may share one coder.
#pragma once

#include "gpu/block.hpp"
#include "gpu/codec_set.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/profile.hpp"

#include <memory>
#include <string>
#include <tuple>

#include "error.hpp"
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace cellard::python {

/// The value, or the error as an exception. @pre the GIL is held
template <class T>
T value_of(core::result<T> answer) {
  if (!answer)
    raise_error(static_cast<int>(answer.error().code()), answer.error().context());
  return std::move(*answer);
}

/// Never null.
struct shared_profile {
  std::shared_ptr<const gpu::profile> get;
};

/// Shape and rotation of a block, from Python's numbers. It owns what gpu::block points to.
class block_shape {
public:
  /// `rope` is Rope.as_c() or None.
  block_shape(int dtype, std::uint32_t layers, std::uint32_t tokens, std::uint32_t heads,
              std::uint32_t key_dim, std::uint32_t value_dim, std::uint64_t first_position,
              nanobind::handle rope);

  [[nodiscard]] gpu::block block() const;

private:
  gpu::block what_;
  core::rope_descriptor rope_;
};

using raw_bytes = nanobind::ndarray<const std::uint8_t, nanobind::ndim<1>, nanobind::c_contig,
                                    nanobind::device::cpu>;
using out_bytes =
  nanobind::ndarray<std::uint8_t, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;

class coder {
public:
  /// `backend` is a level's name; empty = the best of this machine.
  coder(const std::string& scheme, const std::string& backend, int first_raw,
        std::uint32_t last_raw, bool verify, float key_error, float value_error);

  /// (encoded bytes, largest error of keys, of values, segments that a gentler codec took).
  /// `learned` may be null, here and below.
  [[nodiscard]] nanobind::tuple encode(const block_shape& shape, const raw_bytes& raw,
                                       const shared_profile* learned) const;

  /// The raw block to `out`, its checks compared.
  void decode(const block_shape& shape, const nanobind::bytes& encoded, const out_bytes& out,
              const shared_profile* learned) const;

  [[nodiscard]] std::string backend() const { return codecs_->backend(); }

private:
  std::shared_ptr<const gpu::codec_set> codecs_;
  gpu::container_writer writer_;
};

void bind_codec(nanobind::module_& module);

}  // namespace cellard::python
