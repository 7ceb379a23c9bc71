// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Bytes that no encoder wrote, and bytes that another process changes meanwhile: an answer, the
// same on every level, or errc::corrupt; never a byte outside the buffers.
#include "core/error.hpp"
#include "tests/conformance/codec_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace {

using namespace cellard;
using tests::codec_sets;
using tests::decode;
using tests::encode;

/// Small, but large enough that lossless finds its table worth it.
const std::vector<tests::codec_case>& small_cases() {
  using enum core::dtype;
  using gpu::side;
  static const std::vector<tests::codec_case> all{
    tests::make_case(bf16, side::keys, 24, 2, 17, tests::numbers::normal, {8}),
    tests::make_case(f8e4m3, side::values, 48, 2, 17),
    tests::make_case(f16, side::keys, 20, 2, 17, tests::numbers::few_directions, {8})};
  return all;
}

template <class Visit>
void each_encoded(Visit&& visit) {
  for (const auto& on : small_cases()) {
    for (const auto& codec : codec_sets().front().all()) {
      BOOST_TEST_CONTEXT(codec->name() << ", " << on.name) {
        const auto bytes = encode(*codec, on.shape, on.raw);
        if (!bytes && tests::may_refuse(*codec, on)) {
          continue;
        }
        BOOST_TEST_REQUIRE(bytes.has_value());
        visit(*codec, on.shape, *bytes);
      }
    }
  }
}

/// Whether they were decoded; the same on every level.
bool survives(std::string_view name, const gpu::segment& shape, std::vector<std::byte> bytes) {
  bytes.shrink_to_fit();
  const gpu::token_range wanted{1, shape.tokens - 2};
  const auto plain = decode(*codec_sets().front().find(name), shape, bytes, wanted);
  BOOST_TEST((plain || plain.error().code() == core::errc::corrupt));
  for (const auto& set : std::span(codec_sets()).subspan(1)) {
    const auto other = decode(*set.find(name), shape, bytes, wanted);
    BOOST_TEST((other.has_value() == plain.has_value() && (!other || *other == *plain)),
               set.backend() << " decodes damaged bytes in another way than scalar");
  }
  return plain.has_value();
}

/// A file's pages at two addresses, as the daemon and a client have them; after the last byte of
/// `read` comes a page that nobody may touch.
class shared_bytes {
public:
  explicit shared_bytes(std::span<const std::byte> from) : size_(from.size()) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    whole_ = (size_ + page - 1) / page * page;
    const int file = memfd_create("codec_damage_test", MFD_CLOEXEC);
    BOOST_TEST_REQUIRE(file >= 0);
    BOOST_TEST_REQUIRE(ftruncate(file, static_cast<off_t>(whole_)) == 0);
    reserved_ = whole_ + page;
    read_ = mmap(nullptr, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BOOST_TEST_REQUIRE(read_ != MAP_FAILED);
    BOOST_TEST_REQUIRE(mmap(read_, whole_, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) == read_);
    write_ = mmap(nullptr, whole_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    BOOST_TEST_REQUIRE(write_ != MAP_FAILED);
    close(file);
    std::copy(from.begin(), from.end(), write().begin());
  }
  ~shared_bytes() {
    munmap(read_, reserved_);
    munmap(write_, whole_);
  }
  shared_bytes(const shared_bytes&) = delete;
  shared_bytes& operator=(const shared_bytes&) = delete;

  [[nodiscard]] std::span<const std::byte> read() const {
    return {static_cast<const std::byte*>(read_) + whole_ - size_, size_};
  }
  [[nodiscard]] std::span<std::byte> write() const {
    return {static_cast<std::byte*>(write_) + whole_ - size_, size_};
  }

private:
  std::size_t size_;
  std::size_t whole_ = 0;
  std::size_t reserved_ = 0;
  void* read_ = nullptr;
  void* write_ = nullptr;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_damage)

BOOST_AUTO_TEST_CASE(any_byte_may_be_another) {
  std::mt19937 random(3);
  each_encoded([&](const gpu::segment_codec& codec, const gpu::segment& shape,
                   const std::vector<std::byte>& bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
      survives(codec.name(), shape, std::move(damaged));
    }
  });
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_or_added_is_noticed) {
  each_encoded([&](const gpu::segment_codec& codec, const gpu::segment& shape,
                   const std::vector<std::byte>& bytes) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      auto cut = bytes;
      cut.resize(size);
      BOOST_TEST(!survives(codec.name(), shape, std::move(cut)), size << " bytes were enough");
    }
    auto longer = bytes;
    longer.push_back(std::byte{0});
    survives(codec.name(), shape, std::move(longer));
  });
}

BOOST_AUTO_TEST_CASE(random_bytes_behind_any_part_of_a_good_beginning) {
  std::mt19937 random(5);
  each_encoded([&](const gpu::segment_codec& codec, const gpu::segment& shape,
                   const std::vector<std::byte>& bytes) {
    for (int round = 0; round < 200; ++round) {
      auto noise = bytes;
      const std::size_t from = random() % (round % 2 == 0 ? noise.size() : 20);
      std::generate(noise.begin() + static_cast<std::ptrdiff_t>(from), noise.end(),
                    [&] { return static_cast<std::byte>(random()); });
      survives(codec.name(), shape, std::move(noise));
    }
  });
}

BOOST_AUTO_TEST_CASE(bytes_may_change_while_they_are_decoded) {
  each_encoded([&](const gpu::segment_codec& codec, const gpu::segment& shape,
                   const std::vector<std::byte>& bytes) {
    const shared_bytes shared(bytes);
    std::atomic<std::size_t> changes{0};
    std::atomic<bool> enough{false};
    std::thread other([&] {
      std::mt19937 random(9);
      std::size_t changed = 0;
      while (!enough) {
        // One byte is wrong at a time, so that a decoder gets far; half of the time it is one where
        // lengths and tables are.
        const std::size_t most = random() % 2 == 0 ? 8 : bytes.size();
        const_cast<volatile std::byte&>(shared.write()[changed]) = bytes[changed];
        changed = random() % most;
        const_cast<volatile std::byte&>(shared.write()[changed]) = static_cast<std::byte>(random());
        ++changes;
      }
    });
    // On one core as on many there have been changes between and within the calls then.
    while (changes < 2'000'000) {
      for (const auto& set : codec_sets()) {
        static_cast<void>(decode(*set.find(codec.name()), shape, shared.read(), {0, shape.tokens}));
      }
    }
    enough = true;
    other.join();
  });
}

BOOST_AUTO_TEST_SUITE_END()
