// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/protocol/samples.hpp"

#include "protocol/fields.hpp"

#include <algorithm>
#include <random>

namespace cellard::tests {
namespace {

using namespace protocol;

class generator {
public:
  explicit generator(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>{least, most}(engine_);
  }

  template <class T>
  T any() {
    return static_cast<T>(engine_());
  }

  std::string text(std::size_t least, std::size_t most) {
    std::string value(number(least, most), ' ');
    std::ranges::generate(value, [&] { return static_cast<char>(number(0x20, 0x7E)); });
    return value;
  }

  frame_bytes bytes(std::size_t least, std::size_t most) {
    frame_bytes value(number(least, most));
    std::ranges::generate(value, [&] { return any<std::byte>(); });
    return value;
  }

  core::block_key key() {
    core::block_key value;
    std::ranges::generate(value.bytes, [&] { return any<std::uint8_t>(); });
    return value;
  }

  std::vector<core::block_key> keys() {
    std::vector<core::block_key> value(number(1, 12));
    std::ranges::generate(value, [&] { return key(); });
    return value;
  }

private:
  std::mt19937_64 engine_;
};

/// Collects frames; what a request refers to lives until the request is encoded.
class collector {
public:
  explicit collector(std::uint64_t seed) : random(seed) {}

  void add(std::string name, const request& body, bool has_open_end = false) {
    request_header header;
    header.request_id = random.any<std::uint32_t>();
    header.deadline_us = random.any<std::uint32_t>();
    std::vector<std::uint64_t> releases(random.number(0, 3));
    std::ranges::generate(releases, [&] { return random.any<std::uint64_t>(); });
    frame_bytes bytes;
    writer out{bytes};
    encode(out, header, releases, body);
    samples.push_back({std::move(name), std::move(bytes), reencode_request, has_open_end});
  }

  template <class T>
  void add_reply(std::string name, opcode op, const T& body) {
    frame_bytes bytes;
    writer out{bytes};
    encode(
      out,
      {op, random.any<std::uint32_t>(), random.any<std::uint8_t>(), random.any<std::uint32_t>()},
      body);
    samples.push_back({std::move(name), std::move(bytes), reencode_reply<T>, false});
  }

  generator random;
  std::vector<sample> samples;
};

core::layout random_layout(generator& random) {
  core::layout shape;
  shape.type = random.any<core::dtype>();
  shape.layers = random.any<std::uint32_t>();
  shape.kv_heads = random.any<std::uint32_t>();
  shape.head_dim = random.any<std::uint32_t>();
  shape.v_head_dim = random.any<std::uint32_t>();
  shape.block_tokens = random.any<std::uint32_t>();
  shape.max_bytes = random.any<std::uint64_t>();
  shape.parts = static_cast<std::uint16_t>(random.number(1, 64));
  shape.model = random.text(0, 40);
  shape.weights = random.text(0, 40);
  if (random.number(0, 1) == 1) {
    shape.rope.rotary_dim = static_cast<std::uint32_t>(random.number(1, 1024));
    shape.rope.pairing = static_cast<core::rope_descriptor::pairing_kind>(random.number(0, 1));
    shape.rope.first_position = random.any<std::uint32_t>();
    shape.rope.theta = static_cast<double>(random.any<std::uint32_t>());
    shape.rope.scaling = static_cast<double>(random.any<std::uint32_t>()) / 1000;
    shape.rope.inverse_frequencies.resize(random.number(0, 9));
    std::ranges::generate(shape.rope.inverse_frequencies,
                          [&] { return static_cast<float>(random.any<std::uint16_t>()); });
  }
  return shape;
}

void add_session_requests(collector& all) {
  auto& random = all.random;
  const auto text = random.text(0, max_client_name);
  all.add("hello",
          hello_request{random.any<std::uint16_t>(), random.any<std::uint16_t>(),
                        random.any<std::uint64_t>(), text},
          true);
  const auto name = random.text(1, max_name_bytes);
  const auto salt = random.text(0, max_salt_bytes);
  open_request open{name,
                    random.any<std::uint32_t>(),
                    0,
                    random_layout(random),
                    salt,
                    random.number(0, 1) * random.any<std::uint64_t>(),
                    random.number(0, 1) == 1};
  open.part = static_cast<std::uint16_t>(random.number(0, open.layout.parts - 1U));
  all.add("open", open, true);
  all.add("close", close_request{random.any<std::uint32_t>()});
  all.add("salt", salt_request{random.any<std::uint32_t>(), salt}, true);
  all.add("release", release_request{});
  all.add("forget", forget_request{name, random.any<std::uint32_t>()}, true);
  const auto tenant = random.text(0, max_name_bytes);
  all.add("history",
          history_request{random.number(0, 1) == 1,
                          static_cast<std::uint32_t>(random.number(1, max_window_seconds)),
                          static_cast<std::uint32_t>(random.number(0, max_points)),
                          random.any<std::uint32_t>(), name, tenant},
          true);
  std::vector<std::uint64_t> sizes(random.number(0, max_sizes));
  std::ranges::generate(sizes, [&] { return random.any<std::uint64_t>(); });
  all.add(
    "forecast",
    forecast_request{random.number(0, 1) == 1, random.any<std::uint32_t>(), sizes, name, tenant},
    true);
  for (const auto op : {opcode::stats, opcode::health, opcode::namespaces, opcode::sessions,
                        opcode::config, opcode::reload, opcode::drain, opcode::clear}) {
    all.add(std::string{to_string(op)}, admin_request{op, random.number(0, 1) == 1});
  }
}

void add_block_requests(collector& all) {
  auto& random = all.random;
  const auto space = random.any<std::uint32_t>();
  const auto salt = random.any<std::uint16_t>();
  const auto keys = random.keys();
  const auto parent = random.number(0, 1) == 1 ? std::optional{random.key()} : std::nullopt;
  for (const auto op : {opcode::lookup, opcode::get, opcode::touch, opcode::prefetch,
                        opcode::remove, opcode::pin, opcode::unpin}) {
    all.add(std::string{to_string(op)}, chain_request{op, space, salt, random.any<std::uint32_t>(),
                                                      random.any<std::uint32_t>(), keys});
  }
  all.add("reserve", reserve_request{space, salt, parent, keys});
  std::vector<put_entry> entries(random.number(1, 9));
  std::ranges::generate(entries, [&] {
    return put_entry{random.key(), random.any<std::uint64_t>(), random.any<std::uint32_t>(), 0};
  });
  all.add("put", put_request{space, salt, parent, entries});
  std::vector<commit_entry> commits(random.number(1, 9));
  std::ranges::generate(commits, [&] {
    return commit_entry{random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                        random.any<std::uint64_t>()};
  });
  all.add("commit", commit_request{space, commits});
  std::vector<std::uint32_t> tickets(random.number(1, 9));
  std::ranges::generate(tickets, [&] { return random.any<std::uint32_t>(); });
  all.add("abort", abort_request{space, tickets});
  all.add("stage", stage_request{random.any<std::uint64_t>()});
  all.add("stage least",
          stage_request{random.any<std::uint64_t>(), random.any<std::uint64_t>() | 1U}, true);
  const auto payload = random.bytes(0, 100);
  all.add("write", write_request{random.any<std::uint64_t>(), payload}, true);
  all.add("read", read_request{space, salt, random.any<std::uint32_t>(),
                               static_cast<std::uint32_t>(random.number(0, max_inline_bytes)),
                               random.any<std::uint64_t>(), random.key()});
  all.add("list", list_request{space, random.any<std::uint32_t>(), random.any<std::uint64_t>()});
  all.add("corrupt", corrupt_request{space, salt, random.key()});
}

void add_small_replies(collector& all) {
  auto& random = all.random;
  hello_reply hello;
  hello.version = random.any<std::uint16_t>();
  hello.shared_memory = random.number(0, 1) == 1;
  hello.privileged = random.number(0, 1) == 1;
  hello.features = random.any<std::uint64_t>();
  hello.instance = random.any<std::uint64_t>();
  hello.pid = random.any<std::uint32_t>();
  hello.frame_bytes = random.any<std::uint32_t>();
  hello.keys = random.any<std::uint32_t>();
  hello.requests = random.any<std::uint32_t>();
  hello.staging_bytes = random.any<std::uint64_t>();
  hello.block_bytes = random.any<std::uint64_t>();
  hello.leases = random.any<std::uint32_t>();
  hello.lease_ms = random.any<std::uint32_t>();
  hello.server = random.text(0, 40);
  all.add_reply("hello reply", opcode::hello, hello);
  open_reply open{random.any<std::uint32_t>(), random.number(0, 1) == 1, random.any<std::uint8_t>(),
                  random.any<std::uint64_t>()};
  if (random.number(0, 1) == 1) {
    open.layout = random_layout(random);
    open.max_age_ms = random.number(0, 1) * random.any<std::uint64_t>();
  }
  all.add_reply("open reply", opcode::open, open);
  all.add_reply("salt reply", opcode::salt, salt_reply{random.any<std::uint16_t>()});
  all.add_reply("match reply", opcode::lookup,
                match_reply{random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                            random.any<std::uint32_t>()});
  all.add_reply("stage reply", opcode::stage, stage_reply{random.any<std::uint64_t>()});
  all.add_reply("count reply", opcode::remove, count_reply{random.any<std::uint32_t>()});
  all.add_reply("scrub reply", opcode::remove,
                count_reply{random.any<std::uint32_t>(), random.any<std::uint32_t>()});
  all.add_reply("text reply", opcode::stats, text_reply{random.text(0, 300)});
}

void add_list_replies(collector& all) {
  auto& random = all.random;
  get_reply get;
  get.matched = random.any<std::uint32_t>();
  get.loading = random.any<std::uint32_t>();
  get.lease = random.any<std::uint64_t>();
  get.new_segments.resize(random.number(0, 4));
  std::ranges::generate(get.new_segments, [&] {
    return segment_info{random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                        random.any<std::uint64_t>(), random.any<std::uint64_t>()};
  });
  get.places.resize(random.number(0, 9));
  std::ranges::generate(get.places, [&] {
    return place{random.any<std::uint16_t>(), random.any<std::uint16_t>(),
                 random.any<std::uint32_t>(), random.any<std::uint64_t>(),
                 random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                 random.any<std::uint64_t>()};
  });
  get.ready = static_cast<std::uint32_t>(get.places.size());
  get.errors.resize(random.number(0, 1) * get.places.size());
  std::ranges::generate(get.errors, [&] { return random.any<std::uint32_t>(); });
  all.add_reply("get reply", opcode::get, get);
  reserve_reply reserve;
  reserve.entries.resize(random.number(0, 9));
  std::ranges::generate(reserve.entries, [&] {
    return reserve_entry{random.any<core::errc>(), random.any<std::uint32_t>()};
  });
  all.add_reply("reserve reply", opcode::reserve, reserve);
  status_list_reply statuses;
  statuses.statuses.resize(random.number(0, 9));
  std::ranges::generate(statuses.statuses, [&] { return random.any<core::errc>(); });
  all.add_reply("status list reply", opcode::commit, statuses);
  const auto payload = random.bytes(0, 100);
  all.add_reply("read reply", opcode::read,
                read_reply{random.any<std::uint32_t>(), random.any<std::uint32_t>(),
                           random.any<std::uint64_t>(), random.any<std::uint64_t>(), payload});
  list_reply list;
  list.next = random.any<std::uint64_t>();
  list.entries.resize(random.number(0, 5));
  std::ranges::generate(list.entries, [&] {
    return list_entry{random.key(),
                      random.any<std::uint32_t>(),
                      random.any<std::uint32_t>(),
                      random.any<std::uint16_t>(),
                      random.any<std::uint8_t>(),
                      random.any<std::uint8_t>(),
                      random.any<std::uint32_t>()};
  });
  all.add_reply("list reply", opcode::list, list);
}

}  // namespace

std::vector<sample> random_samples(std::uint64_t seed) {
  collector all{seed};
  add_session_requests(all);
  add_block_requests(all);
  add_small_replies(all);
  add_list_replies(all);
  return std::move(all.samples);
}

}  // namespace cellard::tests
