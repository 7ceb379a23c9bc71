// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/trial.hpp"

#include "gpu/container_reader.hpp"
#include "gpu/fidelity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "ctl/globals.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Calls until `least` seconds have passed; adds calls times `bytes`, and the time.
template <class Call>
void timed(Call call, double least, std::size_t bytes, double& bytes_sum, double& seconds_sum) {
  call();  // memory and code are there now
  const double began = thread_seconds();
  double now = began;
  do {
    call();
    bytes_sum += static_cast<double>(bytes);
    now = thread_seconds();
  } while (now - began < least);
  seconds_sum += now - began;
}

std::string obstacle_of(const gpu::codec_set& codecs, const gpu::scheme& by, bool learned) {
  for (const auto name : {by.keys, by.values}) {
    const auto* const one = codecs.find(name);
    if (one == nullptr && name != "raw") {
      return "not on this backend";
    }
    if (one != nullptr && one->needs_profile() && !learned) {
      return "needs a profile";
    }
  }
  return {};
}

template <class T>
const T& value_of(const core::result<T>& answer, std::string_view codec) {
  if (!answer) {
    throw refused(std::string{core::to_string(answer.error().code())},
                  fmt::format("{}: {}", codec, answer.error().context()));
  }
  return *answer;
}

json per_second(double bytes, double seconds) {
  return seconds > 0 ? json(bytes / seconds) : json(nullptr);
}

}  // namespace

trial::trial(const gpu::codec_set& codecs, const gpu::scheme& by, const trial_data& on,
             double seconds)
  : codecs_(codecs),
    by_(by),
    on_(on),
    writer_(codecs, by, {.first_raw = by.first_tokens, .verify = false}),
    seconds_(seconds),
    obstacle_(obstacle_of(codecs, by, on.learned != nullptr)) {
}

void trial::add(const trial_block& block) {
  auto what = gpu::block::of(on_.shape, block.tokens, block.first_token);
  what.learned = on_.learned.get();
  encoded_.resize(writer_.bound(what));
  decoded_.resize(block.raw.size());
  gpu::encode_report report;
  timed([&] { report = value_of(writer_.encode(what, block.raw, encoded_, work_), by_.name); },
        seconds_, block.raw.size(), encode_bytes_, encode_seconds_);
  const auto whole = std::span<const std::byte>{encoded_}.first(report.bytes);
  timed(
    [&] {
      const auto reader = gpu::container_reader::open(codecs_, what, whole);
      value_of(value_of(reader, by_.name).decode_all(decoded_, work_), by_.name);
    },
    seconds_, block.raw.size(), decode_bytes_, decode_seconds_);
  raw_bytes_ += block.raw.size();
  values_ += block.raw.size() / core::element_bytes(on_.shape.type);
  encoded_bytes_ += report.bytes;
  gentler_ += report.gentler;
  compare(what, block);
}

void trial::compare(const gpu::block& what, const trial_block& block) {
  const std::span<const std::byte> before{block.raw};
  const std::span<const std::byte> after{decoded_};
  for (std::uint32_t i = 0; i < what.layers * what.sides(); ++i) {
    const auto side = static_cast<gpu::side>(i % what.sides());
    const auto segment = what.at(i / what.sides(), side);
    const std::size_t at = what.raw_offset(segment.layer, side);
    const auto found = gpu::measure(what.type, before.subspan(at, segment.raw_bytes()),
                                    after.subspan(at, segment.raw_bytes()));
    auto& sum = side == gpu::side::keys ? keys_ : of_values_;
    sum.most = std::max(sum.most, double{found.relative});
    sum.sum += double{found.relative};
    ++sum.segments;
  }
}

json trial::error::to_json() const {
  if (segments == 0) {
    return nullptr;
  }
  return {{"most", most}, {"mean", sum / static_cast<double>(segments)}};
}

json trial::to_json() const {
  json out{{"codec", by_.name},
           {"by", by_.by == gpu::family::none        ? "nobody"
                  : by_.by == gpu::family::quantizer ? "quantizer"
                                                     : "compressor"},
           {"keys", by_.keys},
           {"values", by_.values},
           {"description", by_.description}};
  if (!obstacle_.empty() || encoded_bytes_ == 0) {
    out["not_measured"] = obstacle_;
    return out;
  }
  const auto bytes = static_cast<double>(encoded_bytes_);
  out["bits_per_value"] = 8 * bytes / static_cast<double>(values_);
  out["ratio"] = static_cast<double>(raw_bytes_) / bytes;
  out["key_error"] = keys_.to_json();
  out["value_error"] = of_values_.to_json();
  out["segments"] = keys_.segments + of_values_.segments;
  out["gentler"] = gentler_;
  out["encode_bytes_per_second"] = per_second(encode_bytes_, encode_seconds_);
  out["decode_bytes_per_second"] = per_second(decode_bytes_, decode_seconds_);
  return out;
}

}  // namespace cellard::ctl
