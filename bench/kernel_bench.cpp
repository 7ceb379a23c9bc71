// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What kernels reach on a device, beside its own copies: one segment of many tiles, so that a
// launch moves a gigabyte. Rates are of fp16 bytes a second; a kernel and the copy take turns,
// medians count. The device is a matter of linking: bench/support/cuda_device.cpp, or
// emulated_device.cpp, whose rates mean nothing and whose input is small.
#include "bench/support/device.hpp"
#include "bench/support/rows.hpp"
#include "gpu/device_codecs/integer_launch.hpp"
#include "gpu/host/integer_tiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

namespace {

using namespace cellard;
using gpu::host::integer_head;
using gpu::host::integer_tiles;
using gpu::host::step_storage;

template <class T>
T need(core::result<T> value) {
  if (!value) {
    fmt::print(stderr, "kernel_bench: {}\n", value.error().message());
    std::exit(value.error().code() == core::errc::unavailable ? 77 : 1);
  }
  return std::move(*value);
}

/// Seconds that the device needs for `queue`d work, the median of `rounds`.
double seconds(gpu::stream& on, unsigned rounds, const std::function<void()>& queue) {
  std::vector<double> times;
  for (unsigned i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    queue();
    need(on.wait());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    times.push_back(took.count());
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

struct shape_of {
  gpu::side what;
  unsigned bits;
  double goal;  ///< GB/s on an H200, codecs.md 7
};

class kernel_bench {
public:
  kernel_bench(std::shared_ptr<gpu::device> device, const bench::device_size& size)
    : device_(std::move(device)),
      size_(size),
      on_(need(device_->open())) {
    shape_.type = core::dtype::f16;
    shape_.tokens = size.tokens;
    shape_.heads = 8;
    shape_.dim = 128;
    raw_ = need(on_->take(0, shape_.raw_bytes()));
    out_ = need(on_->take(1, shape_.raw_bytes()));
    found_ = need(on_->take(2, sizeof(unsigned)));
    // Normal numbers of f16, neither tiny nor huge.
    std::vector<std::uint16_t> values(shape_.count());
    std::minstd_rand random(1);
    for (auto& each : values) {
      each = static_cast<std::uint16_t>((random() & 0x8fffU) | 0x3000U);
    }
    on_->copy(raw_, values.data(), shape_.raw_bytes());
    host_.resize(shape_.raw_bytes());
    need(on_->wait());
  }

  void ceilings() {
    report("copy", seconds(*on_, size_.rounds, [&] { on_->copy(out_, raw_, bytes()); }), {});
    report("to the device, pageable",
           seconds(*on_, 3, [&] { on_->copy(out_, host_.data(), bytes()); }), {});
    report("from the device, pageable",
           seconds(*on_, 3, [&] { on_->copy(host_.data(), raw_, bytes()); }), {});
  }

  void kernels(const shape_of& how) {
    shape_.what = how.what;
    const integer_head head{static_cast<std::uint8_t>(how.bits), step_storage::f16, false};
    const integer_tiles tiles(shape_, head);
    gpu::kernels::integer_segment with;
    with.encoded = need(on_->take(3, tiles.bytes()));
    with.found = reinterpret_cast<unsigned*>(found_);
    with.tokens = shape_.tokens;
    with.tiles = tiles.count();
    with.heads = shape_.heads;
    with.dim = shape_.dim;
    with.bits = how.bits;
    with.keys = how.what == gpu::side::keys;
    with.reach = gpu::host::f16_reach;
    const auto name =
      fmt::format("int{}/{}", how.bits, how.what == gpu::side::keys ? "keys" : "values");
    report(name + "/encode",
           seconds(*on_, size_.rounds, [&] { gpu::launch_encode(*on_, shape_.type, with, raw_); }),
           how.goal);
    report(
      name + "/decode",
      seconds(
        *on_, size_.rounds,
        [&] {
          gpu::launch_decode(*on_, shape_.type, with, {0, with.tiles}, {0, shape_.tokens}, out_);
        }),
      how.goal);
  }

private:
  [[nodiscard]] std::size_t bytes() const { return shape_.raw_bytes(); }

  void report(const std::string& name, double time, std::optional<double> goal) {
    bench::row row;
    row.bench = "kernel/" + name;
    row.value = static_cast<double>(bytes()) / time / 1e9;
    row.unit = "GB/s";
    row.goal = goal;
    row.met = !goal || *row.value >= *goal;
    row.note = device_->name();
    bench::print(row);
  }

  std::shared_ptr<gpu::device> device_;
  bench::device_size size_;
  std::unique_ptr<gpu::stream> on_;
  gpu::segment shape_;
  std::byte* raw_ = nullptr;
  std::byte* out_ = nullptr;
  std::byte* found_ = nullptr;
  std::vector<std::byte> host_;
};

}  // namespace

int main() {
  bench::device_size size{};
  kernel_bench bench(need(bench::open_device(size)), size);
  bench.ceilings();
  for (const auto what : {gpu::side::keys, gpu::side::values}) {
    bench.kernels({what, 8, 2000});
    bench.kernels({what, 4, 1800});
  }
}
