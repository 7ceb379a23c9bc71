// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/protocol/examples.hpp"

namespace cellard::tests {
namespace {

using namespace protocol;
using examples = std::vector<std::pair<std::string, frame_bytes>>;

constexpr std::uint32_t space = 1;

/// first, first + 1, ...
core::block_key key(unsigned first) {
  core::block_key value;
  for (unsigned i = 0; i < value.bytes.size(); ++i) {
    value.bytes[i] = static_cast<std::uint8_t>(first + i);
  }
  return value;
}

const core::block_key two_keys[] = {key(0x00), key(0x20)};

class writer_of_examples {
public:
  void ask(const std::string& name, const request& body, std::vector<std::uint64_t> releases = {},
           std::uint16_t flags = 0) {
    request_header header;
    header.flags = flags;
    header.request_id = ++number_;
    header.deadline_us = 1'000'000;
    frame_bytes bytes;
    writer out{bytes};
    encode(out, header, releases, body);
    all.emplace_back(name, std::move(bytes));
  }

  template <class T>
  void answer(const std::string& name, opcode op, const T& body, std::uint32_t descriptors = 0,
              std::uint8_t flags = 0) {
    frame_bytes bytes;
    writer out{bytes};
    encode(out, {op, number_, flags, descriptors}, body);
    all.emplace_back(name, std::move(bytes));
  }

  examples all;

private:
  std::uint32_t number_ = 0;
};

open_request example_open() {
  open_request body;
  body.name = "llama";
  body.layout.type = core::dtype::f16;
  body.layout.layers = 32;
  body.layout.kv_heads = 8;
  body.layout.head_dim = 128;
  body.layout.v_head_dim = 128;
  body.layout.block_tokens = 256;
  body.layout.parts = 2;
  body.part = 1;
  body.layout.model = "meta-llama/Llama-3.1-8B";
  body.layout.weights = "sha256:00ff";
  body.salt = "team-a";
  body.layout.rope.rotary_dim = 4;
  body.layout.rope.pairing = core::rope_descriptor::pairing_kind::interleaved;
  body.layout.rope.scaling = 1;
  body.layout.rope.inverse_frequencies = {1.0F, 0.01F};
  body.max_age_ms = 3'600'000;
  return body;
}

void add_session(writer_of_examples& out) {
  out.ask("hello", hello_request{1, 1, 0, "example"});
  hello_reply hello;
  hello.privileged = true;
  hello.instance = 0x0123456789ABCDEF;
  hello.pid = 4242;
  hello.frame_bytes = default_frame_bytes;
  hello.keys = max_keys;
  hello.requests = 32;
  hello.staging_bytes = 256U << 20U;
  hello.block_bytes = 1U << 30U;
  hello.leases = 65'536;
  hello.lease_ms = 30'000;
  hello.server = "cellard 0.1.0";
  out.answer("hello reply", opcode::hello, hello);
  out.ask("open", example_open());
  out.answer("open reply", opcode::open, open_reply{space, true, verify_adopted, 33'554'432});
  out.ask("stage", stage_request{64U << 20U});
  out.answer("stage reply", opcode::stage, stage_reply{64U << 20U}, 1);
  out.ask("salt", salt_request{space, "team-b"});
  out.answer("salt reply", opcode::salt, salt_reply{1});
}

void add_writing(writer_of_examples& out) {
  out.ask("put",
          put_request{space, 0, {}, {{two_keys[0], 0, 4096, 0}, {two_keys[1], 4096, 4096, 0}}});
  out.answer("put reply", opcode::put, status_list_reply{{core::errc::ok, core::errc::exists}});
  out.ask("reserve", reserve_request{space, 0, key(0x20), {{key(0x40)}}});
  out.answer("reserve reply", opcode::reserve, reserve_reply{{{core::errc::ok, 7}}});
  out.ask("commit", commit_request{space, {{7, 4096, 8192}}});
  out.answer("commit reply", opcode::commit, status_list_reply{{core::errc::ok}});
  out.ask("abort", abort_request{space, {8, 9}});
  out.answer("abort reply", opcode::abort, count_reply{2});
  const std::byte payload[] = {std::byte{0xCA}, std::byte{0xFE}, std::byte{0xBA}};
  out.ask("write", write_request{12'288, payload});
  out.answer("write reply", opcode::write, count_reply{3});
}

void add_reading(writer_of_examples& out) {
  out.ask("lookup", chain_request{opcode::lookup, space, 0, 0, 0, two_keys});
  out.answer("lookup reply", opcode::lookup, match_reply{2, 1, 1});
  out.ask("get", chain_request{opcode::get, space, 0, 0, 0, two_keys});
  get_reply get;
  get.matched = 2;
  get.ready = 2;
  get.lease = 17;
  get.new_segments = {{0, 1024, 64U << 20U, 4096}};
  get.places = {{0, 0, 4096, 0x21000, 1, 0, 0x1122334455667788},
                {0, 0, 4096, 0x22000, 3, 5, 0x99AABBCCDDEEFF00}};
  out.answer("get reply", opcode::get, get, 1);
  get.errors = {0, 0x2E663000};
  out.answer("get reply with errors", opcode::get, get, 1);
  const std::byte payload[] = {std::byte{0xCA}, std::byte{0xFE}, std::byte{0xBA}};
  out.ask("read", read_request{space, 0, 0, max_inline_bytes, 0, two_keys[0]});
  out.answer("read reply", opcode::read, read_reply{1, 0, 3, 0x1122334455667788, payload});
  out.ask("touch", chain_request{opcode::touch, space, 0, 0, 0, {two_keys, 1}});
  out.ask("prefetch", chain_request{opcode::prefetch, space, 0, 0, 0, {two_keys, 1}});
  out.ask("corrupt", corrupt_request{space, 0, two_keys[0]});
  out.ask("release", release_request{}, {17}, no_reply);
}

void add_managing(writer_of_examples& out) {
  out.ask("remove", chain_request{opcode::remove, space, 0, scrub, 0, {two_keys, 1}});
  out.answer("remove reply", opcode::remove, count_reply{2});
  out.ask("pin", chain_request{opcode::pin, space, 0, 0, 60'000, {two_keys, 1}});
  out.ask("unpin", chain_request{opcode::unpin, space, 0, 0, 0, {two_keys, 1}});
  out.ask("list", list_request{space, 100, 0});
  out.answer("list reply", opcode::list, list_reply{0, {{two_keys[0], 4096, 0, 0, 0, 4, 1}}});
  for (const auto op : {opcode::stats, opcode::health, opcode::namespaces, opcode::sessions,
                        opcode::config, opcode::reload, opcode::drain, opcode::clear}) {
    out.ask(std::string{to_string(op)}, admin_request{op, op == opcode::stats});
  }
  out.answer("text reply", opcode::health, text_reply{"{}"});
  out.ask("forget", forget_request{"llama", 0});
  out.ask("close", close_request{space});
  out.answer("error reply", opcode::close, core::error{core::errc::not_open, "space 1"}, 0,
             leases_lost | draining);
}

/// What came after the others: these keep their request numbers.
void add_features(writer_of_examples& out) {
  open_request known;
  known.name = "llama";
  known.existing = true;
  out.ask("open existing", known);
  const auto shape = example_open();
  out.answer(
    "open existing reply", opcode::open,
    open_reply{space + 1, false, verify_adopted, 33'554'432, shape.layout, shape.max_age_ms});
  out.answer("remove scrub reply", opcode::remove, count_reply{2, 1});
  out.ask("stage least", stage_request{8U << 20U, 4096});
  out.ask("history", history_request{false, 3600, 60, 0, "llama", {}});
  out.ask("forecast", forecast_request{false, 0, {16ULL << 30U}, "llama", {}});
}

}  // namespace

std::vector<std::pair<std::string, frame_bytes>> example_frames() {
  writer_of_examples out;
  add_session(out);
  add_writing(out);
  add_reading(out);
  add_managing(out);
  add_features(out);
  return std::move(out.all);
}

}  // namespace cellard::tests
