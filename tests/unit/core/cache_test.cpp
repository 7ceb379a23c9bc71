// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/cache.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>

namespace {

using namespace cellard::core;
using cellard::tests::key_of;
using cellard::tests::keys_from;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::size_t block_bytes = 64 * 1024;

layout opaque() {
  layout shape;
  shape.max_bytes = block_bytes;
  return shape;
}

/// Keeps every second byte, which is all there is to know when bytes come in equal pairs.
class pairs final : public codec {
public:
  [[nodiscard]] std::string_view name() const noexcept override { return "pairs"; }
  [[nodiscard]] std::uint16_t number() const noexcept override { return 77; }
  [[nodiscard]] std::size_t most_encoded_bytes(const layout&, std::size_t raw) const override {
    return raw / 2;
  }
  result<std::size_t> encode(const layout&, std::uint64_t /*first_token*/,
                             std::span<const std::byte> raw, std::span<std::byte> out) override {
    for (std::size_t i = 0; i < raw.size() / 2; ++i) {
      out[i] = raw[2 * i];
    }
    return raw.size() / 2;
  }
  result<std::size_t> decode(const layout&, std::span<const std::byte> encoded,
                             std::span<std::byte> out) override {
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      out[2 * i] = out[2 * i + 1] = encoded[i];
    }
    return encoded.size() * 2;
  }
};

struct fixture {
  cache kv = std::move(*cache::make(opaque(), 4 * mib));

  std::vector<errc> put(const std::vector<block_key>& keys, int fill) {
    const std::vector<std::byte> block(block_bytes, static_cast<std::byte>(fill));
    const std::vector<std::span<const std::byte>> blocks(keys.size(), block);
    return kv.put(nullptr, keys, blocks);
  }

  /// Leading blocks whose bytes all are `fill`.
  std::uint32_t good(const std::vector<block_key>& keys, int fill) {
    std::uint32_t count = 0;
    kv.get(keys, [&](std::size_t, std::span<const std::byte> bytes) {
      const bool all =
        bytes.size() == block_bytes && std::all_of(bytes.begin(), bytes.end(), [&](std::byte each) {
          return each == static_cast<std::byte>(fill);
        });
      count += all ? 1U : 0U;
    });
    return count;
  }
};

BOOST_FIXTURE_TEST_SUITE(cache_of, fixture)

BOOST_AUTO_TEST_CASE(what_is_put_is_found) {
  BOOST_TEST(kv.find(keys_from(0, 3)) == 0U);
  for (const auto status : put(keys_from(0, 3), 5)) {
    BOOST_TEST(status == errc::ok);
  }
  BOOST_TEST(good(keys_from(0, 5), 5) == 3U);
  BOOST_TEST(put(keys_from(0, 1), 6).front() == errc::exists);
  BOOST_TEST(kv.remove(keys_from(1, 1)) == 2U);
  BOOST_TEST(good(keys_from(0, 3), 5) == 1U);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_chain_makes_room) {
  for (std::uint64_t chain = 0; chain < 100; ++chain) {
    BOOST_TEST(put(keys_from(chain * 10, 1), 1).front() == errc::ok);
    BOOST_TEST_REQUIRE(good(keys_from(0, 1), 1) == 1U);  // the first one is always in use
  }
  // 64 blocks fit; the last segment may be left ungranted because it is too small to be worth a
  // descriptor.
  BOOST_TEST(kv.statistics().blocks.get() <= 64U);
  BOOST_TEST(kv.statistics().blocks.get() > 48U);
  BOOST_TEST(kv.statistics().evicted.get() + kv.statistics().blocks.get() == 100U);
  BOOST_TEST(kv.find(keys_from(10, 1)) == 0U);
  BOOST_TEST(kv.find(keys_from(990, 1)) == 1U);
}

BOOST_AUTO_TEST_CASE(a_chain_longer_than_the_cache_ends_where_it_is_full) {
  const auto statuses = put(keys_from(0, 100), 1);
  // Tails go first, so the head stays as long as anything of the chain does.
  BOOST_TEST(kv.find(keys_from(0, 100)) > 0U);
  BOOST_TEST(kv.statistics().used_bytes.get() <= 4 * mib);
  BOOST_TEST(statuses.front() == errc::ok);
}

BOOST_AUTO_TEST_CASE(less_memory_keeps_less) {
  for (std::uint64_t chain = 0; chain < 60; ++chain) {
    put(keys_from(chain * 10, 1), 1);
  }
  kv.exchange_memory({2 * mib, 0, 0});
  BOOST_TEST(kv.statistics().blocks.get() <= 32U);
  BOOST_TEST(put(keys_from(5000, 1), 2).front() == errc::ok);
  BOOST_TEST(good(keys_from(5000, 1), 2) == 1U);
}

BOOST_AUTO_TEST_CASE(a_codec_counts_for_blocks_from_now_on_and_old_ones_stay_readable) {
  put(keys_from(0, 1), 3);
  kv.exchange_quantizer(std::make_unique<pairs>());
  put(keys_from(10, 1), 4);
  const auto with_codec = kv.statistics().payload_bytes.get();
  BOOST_TEST(with_codec == block_bytes + block_bytes / 2);
  kv.exchange_quantizer(nullptr);
  put(keys_from(20, 1), 5);
  BOOST_TEST(good(keys_from(0, 1), 3) == 1U);
  BOOST_TEST(good(keys_from(10, 1), 4) == 1U);
  BOOST_TEST(good(keys_from(20, 1), 5) == 1U);
}

BOOST_AUTO_TEST_CASE(another_index_begins_empty_and_the_old_one_keeps_its_blocks) {
  put(keys_from(0, 2), 1);
  shard::options options;
  options.id = 2;
  options.shape = opaque();
  const auto old = kv.exchange_index(std::make_unique<shard>(std::move(options)));
  BOOST_TEST(kv.find(keys_from(0, 2)) == 0U);
  BOOST_TEST(old->lookup(0, keys_from(0, 2)).ready == 2U);
  put(keys_from(0, 1), 2);
  BOOST_TEST(good(keys_from(0, 1), 2) == 1U);
}

BOOST_AUTO_TEST_CASE(another_strategy_keeps_the_blocks) {
  put(keys_from(0, 3), 1);
  kv.exchange_strategy("lru");
  BOOST_TEST(kv.order().name() == "lru");
  BOOST_TEST(good(keys_from(0, 3), 1) == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
