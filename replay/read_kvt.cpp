// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// .kvt, little endian: "KVT1", u32 requests, u32 distinct blocks, f64 tokens a block; a request is
// f64 seconds, u32 session, input tokens, output tokens, kind, n, and n u32 block numbers.
#include <bit>
#include <cstring>

#include "replay/trace.hpp"

namespace cellard::replay {
namespace {

static_assert(std::endian::native == std::endian::little);

class reader {
public:
  explicit reader(std::string_view bytes) : left_(bytes) {}

  template <class T>
  bool get(T& value) {
    if (left_.size() < sizeof value) {
      return false;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return true;
  }
  [[nodiscard]] std::size_t left() const { return left_.size(); }

private:
  std::string_view left_;
};

/// Appends a chain, giving new blocks their parent; false when a number or a parent is wrong.
bool append(trace& made, reader& in, std::uint32_t count, std::uint32_t distinct) {
  node_id parent = no_node;
  for (std::uint32_t i = 0; i < count; ++i) {
    node_id block = 0;
    in.get(block);
    if (block >= distinct || block > made.parents.size()) {
      return false;
    }
    if (block == made.parents.size()) {
      made.parents.push_back(parent);
    } else if (made.parents[block] != parent) {
      return false;
    }
    made.blocks.push_back(block);
    parent = block;
  }
  return true;
}

}  // namespace

core::result<trace> read_kvt(const std::string& name, std::string_view bytes) {
  reader in(bytes);
  std::uint32_t magic = 0;
  std::uint32_t requests = 0;
  std::uint32_t distinct = 0;
  trace made;
  made.name = name;
  if (!in.get(magic) || !in.get(requests) || !in.get(distinct) || !in.get(made.block_tokens)) {
    return core::fail(core::errc::invalid_argument, "{}: shorter than a .kvt header", name);
  }
  for (std::uint32_t i = 0; i < requests; ++i) {
    request next;
    std::uint32_t session = 0, input = 0, output = 0, kind = 0;
    if (!in.get(next.seconds) || !in.get(session) || !in.get(input) || !in.get(output)
        || !in.get(kind) || !in.get(next.count) || next.count > in.left() / sizeof(std::uint32_t)) {
      return core::fail(core::errc::invalid_argument,
                        "{}: ends within request {} of {}; fetch the file again", name, i,
                        requests);
    }
    next.first = made.blocks.size();
    if (!append(made, in, next.count, distinct)) {
      return core::fail(core::errc::invalid_argument,
                        "{}: request {} has a block that is out of order or has two parents", name,
                        i);
    }
    made.requests.push_back(next);
  }
  return made;
}

}  // namespace cellard::replay
