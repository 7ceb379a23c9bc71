// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The quantizer (and the compressor, which is the same code): its queue, its rest, its errors.
#include "actors/encoder.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;
using answer = core::result<encoded_block>;

struct encoder_house : stepped_system {
  explicit encoder_house(std::uint32_t queue, std::uint32_t cpu_millionths) {
    auto settings = small_configuration();
    settings.codec.queue = queue;
    settings.codec.cpu = config::percent{cpu_millionths};
    one = spawn(encoder, frozen(settings));
    shape.type = core::dtype::f16;
    shape.layers = 1;
    shape.kv_heads = 1;
    shape.head_dim = 64;
    shape.v_head_dim = 64;
    shape.block_tokens = 64;
    raw.assign(shape.block_bytes(), std::byte{0x3a});
  }

  encode_job job(const std::string& codec = "int8") { return {codec, shape, 0, 0, raw, nullptr}; }

  core::layout shape;
  std::vector<std::byte> raw;
  encoder_actor one;
};

BOOST_AUTO_TEST_SUITE(encoder_test)

BOOST_AUTO_TEST_CASE(a_block_is_answered_with_fewer_bytes_and_its_error) {
  encoder_house house(4, 1'000'000);
  const auto done = *house.ask<answer>(house.one, encode_atom::value, house.job());
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->bytes->size() < house.raw.size() * 6 / 10);
  BOOST_TEST(done->codec == 1);
}

BOOST_AUTO_TEST_CASE(what_no_codec_can_take_is_refused_and_the_next_is_served) {
  encoder_house house(4, 1'000'000);
  auto wrong = house.job();
  wrong.bytes = wrong.bytes.first(7);
  const auto refused = *house.ask<answer>(house.one, encode_atom::value, wrong);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == errc::invalid_argument));
  BOOST_TEST((house.ask<answer>(house.one, encode_atom::value, house.job())->has_value()));
}

BOOST_AUTO_TEST_CASE(a_block_for_which_there_is_no_memory_is_refused_and_the_next_is_served) {
  encoder_house house(4, 1'000'000);
  auto huge = house.job();
  huge.shape.layers = huge.shape.kv_heads = huge.shape.head_dim = huge.shape.v_head_dim = 1U << 15;
  huge.shape.block_tokens = 1U << 15;
  // No vector can be as long as its encoding; the bytes themselves are not looked at.
  huge.bytes = {house.raw.data(), huge.shape.block_bytes()};
  const auto refused = *house.ask<answer>(house.one, encode_atom::value, huge);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == errc::out_of_memory));
  BOOST_TEST((house.ask<answer>(house.one, encode_atom::value, house.job())->has_value()));
}

BOOST_AUTO_TEST_CASE(it_rests_between_blocks_and_its_queue_is_bounded) {
  encoder_house house(1, 10'000);  // 1 %: after a block it rests 99 times as long
  const auto first = house.start_asking<answer>(house.one, encode_atom::value, house.job());
  const auto second = house.start_asking<answer>(house.one, encode_atom::value, house.job());
  const auto third = house.start_asking<answer>(house.one, encode_atom::value, house.job());
  house.run();
  BOOST_TEST((first->value && first->value->has_value()));
  BOOST_TEST(!second->value.has_value());  // it waits
  BOOST_TEST_REQUIRE(third->value.has_value());
  BOOST_TEST((third->value->error().code() == errc::busy));
  BOOST_TEST(third->value->error().context().find("codec.queue") != std::string::npos);
  house.advance(std::chrono::hours(1));
  house.run();
  BOOST_TEST((second->value && second->value->has_value()));
}

BOOST_AUTO_TEST_CASE(its_end_answers_what_waits) {
  encoder_house house(4, 10'000);
  house.start_asking<answer>(house.one, encode_atom::value, house.job());
  const auto waits = house.start_asking<answer>(house.one, encode_atom::value, house.job());
  house.run();
  house.end(house.one);
  BOOST_TEST_REQUIRE((waits->value || waits->gone));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
