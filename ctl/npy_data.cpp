// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks out of .npy files, [layers][sequences][tokens][kv_heads][head_dim] or without sequences:
// the tokens of one block lie together in each layer, so that a block is one read a layer, and a
// file may be larger than memory.
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "ctl/globals.hpp"
#include "ctl/npy_header.hpp"
#include "ctl/output.hpp"
#include "ctl/trial_data.hpp"

namespace cellard::ctl {
namespace {

using core::dtype;

// What encoding takes several times of.
constexpr std::uint64_t most_block_bytes = std::uint64_t{1} << 30;

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(number_); }
  [[nodiscard]] int number() const noexcept { return number_; }

private:
  int number_;
};

/// A .npy file that is open, its header read and its length compared with it.
class npy_file {
public:
  explicit npy_file(std::string name)
    : name_(std::move(name)),
      file_(std::make_shared<descriptor>(open(name_.c_str(), O_RDONLY | O_CLOEXEC))) {
    if (file_->number() < 0) {
      fail("open");
    }
    std::vector<std::byte> begin(most_npy_header_bytes);
    const auto got = pread(file_->number(), begin.data(), begin.size(), 0);
    struct stat found {};
    if (got < 0 || fstat(file_->number(), &found) != 0) {
      fail("read");
    }
    head_ = read_npy_header(std::span{begin}.first(static_cast<std::size_t>(got)), name_);
    bytes_ = static_cast<std::uint64_t>(found.st_size);
  }

  [[nodiscard]] const npy_header& header() const noexcept { return head_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  void check_length(std::uint64_t element) const {
    const std::uint64_t wanted = head_.bytes + head_.count() * element;
    if (bytes_ < wanted) {
      throw refused("invalid_argument",
                    fmt::format("{} has {} bytes, and its header promises {}; it was cut off",
                                printable(name_), bytes_, wanted));
    }
  }

  /// `out.size()` bytes from `at` on, counted from the first value.
  void read(std::uint64_t at, std::span<std::byte> out) const {
    while (!out.empty()) {
      const auto got =
        pread(file_->number(), out.data(), out.size(), static_cast<off_t>(head_.bytes + at));
      if (got <= 0) {
        errno = got == 0 ? ENODATA : errno;
        fail("read");
      }
      at += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

private:
  [[noreturn]] void fail(const char* what) const {
    throw refused("io_error",
                  fmt::format("cannot {} {}: {}", what, printable(name_), std::strerror(errno)));
  }

  std::string name_;
  std::shared_ptr<const descriptor> file_;
  npy_header head_;
  std::uint64_t bytes_ = 0;
};

/// The type of the values: as the file says, or, where NumPy has none, as the user says.
dtype type_of(const npy_file& file, const std::string& said) {
  const auto& type = file.header().type;
  if (said.empty()) {
    if (type == "<f2") {
      return dtype::f16;
    }
    if (type == "<f4") {
      return dtype::f32;
    }
  }
  const bool two = type == "<u2" || type == "|V2" || type == "<V2";
  const bool one = type == "|u1" || type == "|V1" || type == "<V1";
  if (said == "bfloat16" && two) {
    return dtype::bf16;
  }
  if (said == "float8_e4m3" && one) {
    return dtype::f8e4m3;
  }
  throw refused("invalid_argument",
                fmt::format("{} has values of type '{}'; there are '<f2', '<f4', and '<u2' with "
                            "--dtype bfloat16 and '|u1' with --dtype float8_e4m3",
                            printable(file.name()), printable(type)));
}

/// The shape with an axis for sequences.
std::array<std::uint64_t, 5> axes_of(const npy_file& file) {
  const auto& shape = file.header().shape;
  std::array<std::uint64_t, 5> axes{};
  if (shape.size() == 5) {
    std::copy(shape.begin(), shape.end(), axes.begin());
  } else if (shape.size() == 4) {
    axes = {shape[0], 1, shape[1], shape[2], shape[3]};
  } else {
    throw refused("invalid_argument",
                  fmt::format("{} has {} axes; 5 are expected, [layers, sequences, tokens, "
                              "kv_heads, head_dim], or 4 without sequences",
                              printable(file.name()), shape.size()));
  }
  return axes;
}

std::uint32_t narrow(std::uint64_t axis) {
  return static_cast<std::uint32_t>(
    std::min<std::uint64_t>(axis, std::numeric_limits<std::uint32_t>::max()));
}

class npy_blocks {
public:
  npy_blocks(const npy_files& files, std::uint64_t most) : tile_(files.tile_tokens) {
    files_.reserve(2);  // `keys` stays where it is
    const auto& keys = files_.emplace_back(files.keys);
    axes_ = axes_of(keys);
    shape_.type = type_of(keys, files.type);
    shape_.layers = narrow(axes_[0]);
    shape_.kv_heads = narrow(axes_[3]);
    shape_.head_dim = narrow(axes_[4]);
    shape_.block_tokens = narrow(std::min<std::uint64_t>(tile_, axes_[2]));
    shape_.rope = files.rope;
    if (!files.values.empty()) {
      add_values(files);
    }
    if (const auto fits = shape_.check(most_block_bytes); !fits) {
      throw refused("invalid_argument",
                    fmt::format("{}: {}", printable(keys.name()), fits.error().context()));
    }
    for (const auto& each : files_) {
      each.check_length(core::element_bytes(shape_.type));
    }
    tiles_ = (axes_[2] + tile_ - 1) / tile_;
    chosen_ = std::min(most, blocks());
  }

  [[nodiscard]] const core::layout& shape() const noexcept { return shape_; }
  [[nodiscard]] std::uint64_t blocks() const noexcept { return axes_[1] * tiles_; }

  bool next(trial_block& into) {
    if (at_ == chosen_) {
      return false;
    }
    // Without overflow: spread over all of them, the first always.
    const std::uint64_t number = blocks() / chosen_ * at_ + blocks() % chosen_ * at_ / chosen_;
    ++at_;
    const std::uint64_t sequence = number / tiles_;
    into.first_token = number % tiles_ * tile_;
    into.tokens = narrow(std::min<std::uint64_t>(tile_, axes_[2] - into.first_token));
    into.raw.clear();
    for (const auto& each : files_) {
      const std::uint64_t token =
        axes_[3] * each.header().shape.back() * core::element_bytes(shape_.type);
      for (std::uint64_t layer = 0; layer < axes_[0]; ++layer) {
        const auto before = into.raw.size();
        into.raw.resize(before + into.tokens * token);
        each.read(((layer * axes_[1] + sequence) * axes_[2] + into.first_token) * token,
                  std::span{into.raw}.subspan(before));
      }
    }
    return true;
  }

private:
  void add_values(const npy_files& files) {
    const auto& values = files_.emplace_back(files.values);
    const auto axes = axes_of(values);
    if (!std::equal(axes.begin(), axes.end() - 1, axes_.begin())
        || type_of(values, files.type) != shape_.type) {
      throw refused("invalid_argument",
                    fmt::format("{} and {} differ in more than head_dim: K and V of the same "
                                "tokens have the same type and axes",
                                printable(files.keys), printable(files.values)));
    }
    shape_.v_head_dim = narrow(axes[4]);
  }

  std::uint64_t tile_;
  std::vector<npy_file> files_;
  std::array<std::uint64_t, 5> axes_{};  ///< of K
  core::layout shape_;
  std::uint64_t tiles_ = 0;  ///< of a sequence
  std::uint64_t chosen_ = 0;
  std::uint64_t at_ = 0;
};

}  // namespace

trial_data npy_data(const npy_files& files, std::uint64_t most) {
  auto blocks = std::make_shared<npy_blocks>(files, most);
  return {blocks->shape(), nullptr, blocks->blocks(), [blocks](trial_block& into) {
            return blocks->next(into);
          }};
}

}  // namespace cellard::ctl
