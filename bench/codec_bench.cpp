// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How fast does one core encode and decode? Keys and values of one layer, 256 tokens, 8 heads of
// 128, a megabyte of f16, rotated keys rotated back where the codec does so; every codec of every
// level that this processor has, lossless ones in bf16 too. Calibrated ones get numbers that vary
// as a model's do, in directions that their profile knows. memcpy, a plain non-temporal copy,
// encode and decode take turns, each on its own part of rings that no cache of a core holds;
// medians, of the thread's own time. One JSON line a codec, level and direction: `value` is GB/s of
// raw bytes, `reference` memcpy's. A goal is met by the rate or by the ratio: rates were set on a
// machine whose memcpy does 15 GB/s (codecs.md 7).
//
//   codec_bench [codec] [level]
#include "bench/support/rows.hpp"
#include "bench/support/stream_copy.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/host/number_loops.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/profile_draft.hpp"

#include <fmt/format.h>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <ctime>
#include <new>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace {

using namespace cellard;
using gpu::host::level;

constexpr std::uint32_t tokens = 256;
constexpr std::uint32_t heads = 8;
constexpr std::uint32_t dim = 128;
constexpr std::size_t values = std::size_t{tokens} * heads * dim;
constexpr std::size_t ring_bytes = std::size_t{1} << 30;
constexpr double goals_memcpy = 15;
constexpr double avx2_share = 0.55;
constexpr double seconds_a_codec = 0.7;

struct goal {
  std::string_view codec;
  core::dtype type;
  double encode;
  double decode;
};
constexpr std::array goals{
  goal{"int8", core::dtype::f16, 9, 14},       goal{"int4", core::dtype::f16, 6, 10},
  goal{"lossless", core::dtype::bf16, 12, 12}, goal{"lossless-rans", core::dtype::bf16, 0.8, 4},
  goal{"xtc-3", core::dtype::f16, 0.4, 1.2},   goal{"xtc-4", core::dtype::f16, 0.4, 1.2}};

/// Memory that is written round and round, so that no piece is still in the cache.
class ring {
public:
  ring() {
    void* made =
      mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) {
      throw std::bad_alloc();
    }
    begin_ = static_cast<std::byte*>(made);
    std::memset(begin_, 1, ring_bytes);
  }

  void fill(std::span<const std::byte> with) {
    for (std::size_t at = 0; at + with.size() <= ring_bytes; at += with.size()) {
      std::copy(with.begin(), with.end(), begin_ + at);
    }
  }

  /// The next piece; all pieces of one ring have the same size.
  std::span<std::byte> next(std::size_t bytes) {
    at_ = at_ + 2 * bytes > ring_bytes ? 0 : at_ + bytes;
    return {begin_ + at_, bytes};
  }

private:
  std::byte* begin_ = nullptr;  // until the process ends
  std::size_t at_ = 0;
};

// This thread's own time: what other processes run meanwhile on a busy host is no one's merit.
double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double>& rates) {
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

/// Half octaves of the deviation of a component: four octaves from the first to the last, which
/// makes about as many bits of xtc as a model's keys and values do.
std::int8_t spread_of(std::size_t component) {
  return static_cast<std::int8_t>(2 - static_cast<int>(component * 8 / dim));
}

/// Its basis is a reflection, so every channel has a part of every component.
std::shared_ptr<const gpu::profile> profile_of(core::dtype type) {
  constexpr std::int16_t one = 1 << gpu::basis_bits;
  const gpu::profile_shape shape{type, gpu::profile_scope::head, true, 1, heads, dim, dim};
  gpu::profile_draft draft(shape, tokens);
  for (const gpu::side what : {gpu::side::keys, gpu::side::values}) {
    const auto part = draft.at(0, what);
    std::fill(part.scales.begin(), part.scales.end(), 1.0F);
    for (std::size_t head = 0; head < heads; ++head) {
      const auto basis = part.basis.subspan(head * shape.basis_size(what));
      for (std::size_t i = 0; i < dim; ++i) {
        part.spreads[head * dim + i] = spread_of(i);
        for (std::size_t channel = 0; channel < dim; ++channel) {
          basis[gpu::basis_index(dim, i, channel)] =
            static_cast<std::int16_t>((i == channel ? one : 0) - 2 * one / static_cast<int>(dim));
        }
      }
    }
  }
  return draft.finish().value();
}

/// Channels of different sizes and means.
std::vector<float> channels_apart() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> out(2 * values);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto channel = static_cast<float>(i % (heads * dim));
    out[i] = normal(random) * (0.5F + std::fmod(channel * 0.37F, 1.0F)) + std::sin(channel);
  }
  return out;
}

/// Components of the profile, turned into channels.
std::vector<float> channels_together(const gpu::profile_part& part) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> out(2 * values);
  for (std::size_t at = 0; at < out.size(); at += dim) {
    for (std::size_t i = 0; i < dim; ++i) {
      const float component = normal(random) * std::exp2(0.5F * part.spreads[i]) / 4096;
      for (std::size_t channel = 0; channel < dim; ++channel) {
        out[at + channel] += component * part.basis[gpu::basis_index(dim, i, channel)];
      }
    }
  }
  return out;
}

/// Keys, as an engine rotated them, and values.
class tensor {
public:
  tensor(core::dtype type, bool learned)
    : rope_(rotation(), 4096, tokens),
      learned_(learned ? profile_of(type) : nullptr) {
    auto wide = learned ? channels_together(learned_->part(0, gpu::side::keys)) : channels_apart();
    gpu::host::rope_loops_of(gpu::host::best_level())
      .rotate(rope_, {0, tokens}, heads, dim, wide.data());
    raw_.resize(wide.size() * core::element_bytes(type));
    gpu::host::number_loops_of(gpu::host::best_level())
      .narrow(type, wide.data(), wide.size(), raw_.data());
    for (const gpu::side what : {gpu::side::keys, gpu::side::values}) {
      auto& shape = shapes_[static_cast<std::size_t>(what)];
      shape.type = type;
      shape.what = what;
      shape.tokens = tokens;
      shape.heads = heads;
      shape.dim = dim;
      shape.learned = learned_.get();
    }
    shapes_[0].rope = &rope_;
  }
  tensor(const tensor&) = delete;  // shapes point to the table
  tensor& operator=(const tensor&) = delete;

  [[nodiscard]] std::span<const std::byte> raw() const { return raw_; }
  [[nodiscard]] const std::array<gpu::segment, 2>& shapes() const { return shapes_; }

private:
  static core::rope_descriptor rotation() {
    core::rope_descriptor how;
    how.rotary_dim = dim;
    how.theta = 10000;
    return how;
  }

  gpu::rope_table rope_;
  std::shared_ptr<const gpu::profile> learned_;
  std::vector<std::byte> raw_;
  std::array<gpu::segment, 2> shapes_;
};

class measurement {
public:
  measurement(const gpu::segment_codec& codec, const tensor& what, ring& from, ring& to)
    : codec_(codec),
      what_(what),
      from_(from),
      to_(to),
      segment_bytes_(what.raw().size() / 2) {
    for (std::size_t i = 0; i < 2; ++i) {
      encoded_[i].resize(codec.bound(what.shapes()[i]));
    }
  }

  /// What it says when the codec refuses.
  std::optional<std::string> run() {
    encode(from_.next(what_.raw().size()));  // so that there is something to decode
    const double began = seconds_now();
    for (std::size_t round = 0; !refused_ && (seconds_now() - began < seconds_a_codec || round < 3);
         ++round) {
      // Who begins changes, so that nobody always writes where another wrote past the cache.
      for (std::size_t turn = 0; turn < 4; ++turn) {
        take_turn((round + turn) % 4);
      }
    }
    return refused_;
  }

  void report(const std::string& name, const goal* wanted, double share) {
    const double reference = median(memcpy_);
    const double bits = 8.0 * static_cast<double>(sizes_[0] + sizes_[1]) / (2 * values);
    const auto line = [&](const char* direction, std::vector<double>& rates, double rate) {
      bench::row row;
      row.bench = fmt::format("{}/{}", name, direction);
      row.value = median(rates);
      row.unit = "GB/s";
      row.reference = reference;
      row.ratio = *row.value / reference;
      row.met = true;
      if (rate > 0) {
        row.goal = rate * share / goals_memcpy;
        row.met = *row.value >= rate * share || *row.ratio >= *row.goal;
      }
      row.note = fmt::format("{:.3f} bits a value", bits);
      bench::print(row);
    };
    line("encode", encode_, wanted == nullptr ? 0 : wanted->encode);
    line("decode", decode_, wanted == nullptr ? 0 : wanted->decode);
  }

  double stream() { return median(stream_); }
  double copy() { return median(memcpy_); }

private:
  void take_turn(std::size_t way) {
    const auto in = from_.next(what_.raw().size());
    const auto out = to_.next(what_.raw().size());
    switch (way) {
    case 0:
      note(memcpy_, [&] { std::memcpy(out.data(), in.data(), in.size()); });
      break;
    case 1:
      note(stream_, [&] { bench::stream_copy(out.data(), in.data(), in.size()); });
      break;
    case 2:
      note(encode_, [&] { encode(in); });
      break;
    default:
      note(decode_, [&] { decode(out); });
    }
  }

  template <class Work>
  void note(std::vector<double>& rates, Work&& work) const {
    const double began = seconds_now();
    work();
    rates.push_back(static_cast<double>(what_.raw().size()) / (seconds_now() - began) * 1e-9);
  }

  void encode(std::span<const std::byte> raw) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto size = codec_.encode(
        what_.shapes()[i], raw.subspan(i * segment_bytes_, segment_bytes_), encoded_[i], work_);
      if (!size) {
        refused_ = size.error().message();
        return;
      }
      sizes_[i] = *size;
    }
  }

  void decode(std::span<std::byte> out) {
    for (std::size_t i = 0; i < 2 && !refused_; ++i) {
      const auto done =
        codec_.decode(what_.shapes()[i], std::span(encoded_[i]).first(sizes_[i]), {0, tokens},
                      out.subspan(i * segment_bytes_, segment_bytes_), work_);
      if (!done) {
        refused_ = done.error().message();
      }
    }
  }

  const gpu::segment_codec& codec_;
  const tensor& what_;
  ring& from_;
  ring& to_;
  std::size_t segment_bytes_;
  gpu::scratch work_;
  std::array<std::vector<std::byte>, 2> encoded_;
  std::array<std::size_t, 2> sizes_{};
  std::optional<std::string> refused_;
  std::vector<double> memcpy_;
  std::vector<double> stream_;
  std::vector<double> encode_;
  std::vector<double> decode_;
};

const goal* goal_of(std::string_view codec, core::dtype type) {
  const auto found = std::find_if(goals.begin(), goals.end(), [&](const goal& each) {
    return each.codec == codec && each.type == type;
  });
  return found == goals.end() ? nullptr : found;
}

class bench_run {
public:
  void measure(const gpu::segment_codec& codec, level loops, core::dtype type) {
    const auto name =
      fmt::format("codec/{}/{}/{}", codec.name(), core::to_string(type), to_string(loops));
    const std::pair of_what{type, codec.needs_profile()};
    const tensor what(type, of_what.second);
    if (filled_ != of_what) {
      from_.fill(what.raw());
      filled_ = of_what;
    }
    measurement of(codec, what, from_, to_);
    if (const auto refused = of.run()) {
      fmt::print("{}: {}\n", name, *refused);
      return;
    }
    // Goals are for the two levels that servers have.
    const bool fast = loops >= level::avx512 && loops <= level::avx512dl;
    const bool counts = fast || loops == level::avx2;
    of.report(name, counts ? goal_of(codec.name(), type) : nullptr, fast ? 1 : avx2_share);
    copies_.push_back(of.copy());
    streams_.push_back(of.stream());
  }

  void report_copies() {
    if (copies_.empty()) {
      return;
    }
    bench::row row;
    row.bench = "codec/non_temporal_copy";
    row.value = median(streams_);
    row.unit = "GB/s";
    row.reference = median(copies_);
    row.ratio = *row.value / *row.reference;
    row.met = true;
    bench::print(row);
  }

private:
  ring from_;
  ring to_;
  std::pair<core::dtype, bool> filled_{core::dtype::opaque, false};
  std::vector<double> copies_;
  std::vector<double> streams_;
};

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): no memory, no benchmark
  const std::string_view only_codec = argc > 1 ? argv[1] : "";
  const std::string_view only_level = argc > 2 ? argv[2] : "";
  bench_run run;
  for (const level loops : gpu::host::supported_levels()) {
    if (!only_level.empty() && only_level != to_string(loops)) {
      continue;
    }
    const auto set = gpu::host::make_codecs(loops);
    for (const auto& codec : set.all()) {
      if (!only_codec.empty() && only_codec != codec->name()) {
        continue;
      }
      run.measure(*codec, loops, core::dtype::f16);
      if (!codec->lossy()) {
        run.measure(*codec, loops, core::dtype::bf16);
      }
    }
  }
  run.report_copies();
}
