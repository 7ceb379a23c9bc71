// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/npy_header.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "ctl/globals.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

constexpr std::string_view magic{"\x93NUMPY", 6};
constexpr std::size_t most_axes = 8;

/// The dictionary of a header, which is Python's text: `{'descr': '<f2', 'fortran_order': False,
/// 'shape': (6, 12), }`. Reads forwards only, and fails at the first character that it does not
/// expect.
class dictionary {
public:
  dictionary(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  npy_header read() {
    expect('{');
    while (!takes('}')) {
      const auto key = text();
      expect(':');
      if (key == "descr" && !type_) {
        type_ = text();
      } else if (key == "fortran_order" && !fortran_) {
        fortran_ = truth();
      } else if (key == "shape" && !shape_) {
        shape_ = numbers();
      } else {
        fail();
      }
      if (!takes(',')) {
        expect('}');
        break;
      }
    }
    if (!type_ || !fortran_ || !shape_) {
      fail();
    }
    if (*fortran_) {
      throw refused("invalid_argument", fmt::format("{} has its values in Fortran's order; save "
                                                    "numpy.ascontiguousarray(array) instead",
                                                    printable(file_)));
    }
    npy_header found;
    found.type = std::string{*type_};
    found.shape = std::move(*shape_);
    return found;
  }

private:
  [[noreturn]] void fail() const {
    throw refused("invalid_argument",
                  fmt::format("{} has no header as numpy.save writes it", printable(file_)));
  }

  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  bool takes(char wanted) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != wanted) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!takes(wanted)) {
      fail();
    }
  }

  std::string_view text() {
    expect('\'');
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) {
      fail();
    }
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
  }

  bool truth() {
    skip_spaces();
    for (const auto& [word, means] : {std::pair<std::string_view, bool>{"True", true},
                                      std::pair<std::string_view, bool>{"False", false}}) {
      if (rest_.substr(0, word.size()) == word) {
        rest_.remove_prefix(word.size());
        return means;
      }
    }
    fail();
  }

  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> found;
    expect('(');
    while (!takes(')')) {
      skip_spaces();
      std::uint64_t number = 0;
      const auto [end, problem] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
      if (problem != std::errc{} || found.size() == most_axes) {
        fail();
      }
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      found.push_back(number);
      if (!takes(',')) {
        expect(')');
        break;
      }
    }
    return found;
  }

  std::string_view rest_;
  const std::string& file_;
  std::optional<std::string_view> type_;
  std::optional<bool> fortran_;
  std::optional<std::vector<std::uint64_t>> shape_;
};

std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

std::uint64_t npy_header::count() const noexcept {
  std::uint64_t all = 1;
  for (const auto axis : shape) {
    all *= axis;
  }
  return all;
}

npy_header read_npy_header(std::span<const std::byte> begin, const std::string& file) {
  const std::string_view text{reinterpret_cast<const char*>(begin.data()), begin.size()};
  constexpr std::size_t shortest = 10;  // magic, version, a length of two bytes
  constexpr std::size_t longest = 12;   // four bytes from version 2 on
  if (text.size() < longest || text.substr(0, magic.size()) != magic) {
    throw refused("invalid_argument",
                  fmt::format("{} is no .npy file; numpy.save writes one", printable(file)));
  }
  const auto version = byte_at(text, magic.size());
  if (version < 1 || version > 3) {
    throw refused("invalid_argument",
                  fmt::format("{} is a .npy file of version {}; versions 1 to 3 are understood",
                              printable(file), version));
  }
  const std::size_t front = version == 1 ? shortest : longest;
  std::size_t length = byte_at(text, 8) | byte_at(text, 9) << 8U;
  if (version > 1) {
    length |= std::size_t{byte_at(text, 10)} << 16U | std::size_t{byte_at(text, 11)} << 24U;
  }
  if (length > text.size() - front) {
    throw refused("invalid_argument",
                  fmt::format("{} says that its header has {} bytes; at most {} of it are read, "
                              "and the file has to have them",
                              printable(file), length, most_npy_header_bytes - front));
  }
  auto found = dictionary(text.substr(front, length), file).read();
  found.bytes = front + length;
  std::uint64_t all = 1;
  for (const auto axis : found.shape) {
    if (axis == 0 || all > std::numeric_limits<std::int64_t>::max() / 16 / axis) {
      throw refused("invalid_argument", fmt::format("{} has an empty axis, or more values than "
                                                    "memory can hold",
                                                    printable(file)));
    }
    all *= axis;
  }
  return found;
}

}  // namespace cellard::ctl
