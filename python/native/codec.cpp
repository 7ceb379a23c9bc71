// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "codec.hpp"

#include "gpu/container_reader.hpp"
#include "gpu/host/codecs.hpp"

#include <algorithm>
#include <vector>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace cellard::python {
namespace {

gpu::host::level level_named(const std::string& name) {
  const auto& all = gpu::host::supported_levels();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](auto each) { return gpu::host::to_string(each) == name; });
  if (found != all.end())
    return *found;
  std::string names;
  for (const auto each : all)
    names.append(names.empty() ? "" : ", ").append(gpu::host::to_string(each));
  const auto message = "backend is \"" + name + "\", this machine has " + names;
  throw nb::value_error(message.c_str());
}

std::shared_ptr<const gpu::codec_set> codecs_of(const std::string& backend) {
  const auto level = backend.empty() ? gpu::host::best_level() : level_named(backend);
  return std::make_shared<const gpu::codec_set>(gpu::host::make_codecs(level));
}

gpu::encode_options options_of(const gpu::scheme& by, int first_raw, std::uint32_t last_raw,
                               bool verify, float key_error, float value_error) {
  gpu::encode_options options;
  options.first_raw = first_raw < 0 ? by.first_tokens : static_cast<std::uint32_t>(first_raw);
  options.last_raw = last_raw;
  options.verify = verify;
  options.key_error = key_error;
  options.value_error = value_error;
  return options;
}

gpu::block block_of(const block_shape& shape, const shared_profile* learned) {
  auto what = shape.block();
  what.learned = learned == nullptr ? nullptr : learned->get.get();
  return what;
}

core::result<core::ok_t> decode_checked(const gpu::codec_set& codecs, const gpu::block& what,
                                        std::span<const std::byte> encoded,
                                        std::span<std::byte> out) {
  gpu::scratch work;
  const auto reader = gpu::container_reader::open(codecs, what, encoded);
  CELLARD_TRY(reader);
  CELLARD_TRY(reader->decode_all(out, work));
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (std::uint32_t i = 0; i < what.sides(); ++i) {
      const auto which = static_cast<gpu::side>(i);
      CELLARD_TRY(reader->verify(
        layer, which,
        out.subspan(what.raw_offset(layer, which), what.at(layer, which).raw_bytes())));
    }
  }
  return core::ok_t{};
}

}  // namespace

block_shape::block_shape(int dtype, std::uint32_t layers, std::uint32_t tokens, std::uint32_t heads,
                         std::uint32_t key_dim, std::uint32_t value_dim,
                         std::uint64_t first_position, nb::handle rope) {
  what_.type = static_cast<core::dtype>(dtype);
  what_.layers = layers;
  what_.tokens = tokens;
  what_.heads = heads;
  what_.key_dim = key_dim;
  what_.value_dim = value_dim;
  what_.first_position = first_position;
  if (rope.is_none())
    return;
  const auto fields = nb::cast<nb::dict>(rope);
  rope_.rotary_dim = nb::cast<std::uint32_t>(fields["rotary_dim"]);
  rope_.pairing = nb::cast<int>(fields["interleaved"]) != 0
                    ? core::rope_descriptor::pairing_kind::interleaved
                    : core::rope_descriptor::pairing_kind::half;
  rope_.first_position = nb::cast<std::uint32_t>(fields["first_position"]);
  rope_.theta = nb::cast<double>(fields["theta"]);
  rope_.scaling = nb::cast<double>(fields["scaling"]);
  rope_.inverse_frequencies = nb::cast<std::vector<float>>(fields["inverse_frequencies"]);
}

gpu::block block_shape::block() const {
  gpu::block what = what_;
  what.rope = rope_.rotary_dim > 0 ? &rope_ : nullptr;
  return what;
}

coder::coder(const std::string& scheme, const std::string& backend, int first_raw,
             std::uint32_t last_raw, bool verify, float key_error, float value_error)
  : codecs_(codecs_of(backend)),
    writer_(*codecs_, value_of(gpu::find_scheme(scheme)),
            options_of(value_of(gpu::find_scheme(scheme)), first_raw, last_raw, verify, key_error,
                       value_error)) {
}

nb::tuple coder::encode(const block_shape& shape, const raw_bytes& raw,
                        const shared_profile* learned) const {
  const auto what = block_of(shape, learned);
  std::vector<std::byte> out;
  core::result<gpu::encode_report> done = gpu::encode_report{};
  {
    const nb::gil_scoped_release unlocked;
    gpu::scratch work;
    out.resize(writer_.bound(what));
    done =
      writer_.encode(what, {reinterpret_cast<const std::byte*>(raw.data()), raw.size()}, out, work);
  }
  const auto report = value_of(std::move(done));
  return nb::make_tuple(nb::bytes(out.data(), report.bytes), report.key_error, report.value_error,
                        report.gentler);
}

void coder::decode(const block_shape& shape, const nb::bytes& encoded, const out_bytes& out,
                   const shared_profile* learned) const {
  const auto what = block_of(shape, learned);
  if (out.size() != what.raw_bytes())
    throw nb::value_error("decode: the output has another size than the block");
  core::result<core::ok_t> done = core::ok_t{};
  {
    const nb::gil_scoped_release unlocked;
    done = decode_checked(*codecs_, what,
                          {reinterpret_cast<const std::byte*>(encoded.c_str()), encoded.size()},
                          {reinterpret_cast<std::byte*>(out.data()), out.size()});
  }
  value_of(std::move(done));
}

void bind_codec(nb::module_& module) {
  nb::class_<block_shape>(module, "BlockShape")
    .def(nb::init<int, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t,
                  std::uint64_t, nb::handle>(),
         nb::arg("dtype"), nb::arg("layers"), nb::arg("tokens"), nb::arg("heads"),
         nb::arg("key_dim"), nb::arg("value_dim"), nb::arg("first_position"),
         nb::arg("rope").none());
  nb::class_<coder>(module, "Coder")
    .def(nb::init<const std::string&, const std::string&, int, std::uint32_t, bool, float, float>(),
         nb::arg("scheme"), nb::arg("backend"), nb::arg("first_raw"), nb::arg("last_raw"),
         nb::arg("verify"), nb::arg("key_error"), nb::arg("value_error"))
    .def("encode", &coder::encode, nb::arg("shape"), nb::arg("raw"), nb::arg("profile").none())
    .def("decode", &coder::decode, nb::arg("shape"), nb::arg("encoded"), nb::arg("out"),
         nb::arg("profile").none())
    .def_prop_ro("backend", &coder::backend);
  module.def("codec_names", [] {
    nb::list names;
    for (const auto& each : gpu::schemes())
      names.append(
        nb::make_tuple(std::string(each.name), std::string(each.description), each.learned));
    return names;
  });
  module.def("codec_backends", [] {
    nb::list names;
    for (const auto each : gpu::host::supported_levels())
      names.append(std::string(gpu::host::to_string(each)));
    return names;
  });
}

}  // namespace cellard::python
