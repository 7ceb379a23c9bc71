// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "int8" and "int2" to "int6" by kernels: the bytes of gpu/host's codecs. One call copies a segment
// to the device, runs two kernels, and copies the result back; each call has a stream of its own,
// so any number of threads may share a codec.
#pragma once

#include "gpu/device.hpp"
#include "gpu/host/integer_codec_base.hpp"
#include "gpu/kernels/integer_segment.cuh"

namespace cellard::gpu {

class device_integer_codec final : public host::integer_codec_base {
public:
  device_integer_codec(unsigned bits, std::shared_ptr<device> on);

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  core::result<kernels::integer_segment> prepare(const segment& shape,
                                                 const host::integer_head& head, stream& on) const;

  std::shared_ptr<device> device_;
};

}  // namespace cellard::gpu
