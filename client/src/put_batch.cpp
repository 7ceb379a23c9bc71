// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/put_batch.hpp"

#include "client/src/copy_bytes.hpp"

#include <algorithm>
#include <numeric>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

namespace {

// A batch: so many blocks, or so many bytes where blocks are small. The next batch finds the memory
// warm.
constexpr std::uint64_t blocks_at_once = 16;
constexpr std::uint64_t bytes_at_once = 8U << 20;

// From here on a look whether blocks are there costs less than copying them.
constexpr std::uint64_t many_bytes = 4U << 20;

bool is_there(errc status) noexcept {
  return status == errc::ok || status == errc::exists;
}

}  // namespace

std::vector<std::uint64_t> lengths_of(const put_request& wanted) {
  std::vector<std::uint64_t> lengths(wanted.keys.size());
  for (std::size_t i = 0; i < wanted.buffers.size(); ++i) {
    lengths[i / wanted.per_block] += wanted.buffers[i].length;
  }
  return lengths;
}

bool worth_a_lookup(std::span<const std::uint64_t> lengths) noexcept {
  return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0}) >= many_bytes;
}

core::result<batch_size> size_batch(const connection& link,
                                    std::span<const std::uint64_t> lengths) {
  if (lengths[0] > link.server().staging_bytes) {
    return fail(errc::limit_reached,
                "a block of {} bytes does not fit into the {} bytes of limits.staging", lengths[0],
                link.server().staging_bytes);
  }
  const auto most = std::max(blocks_at_once * staging_area::rounded(lengths[0]), bytes_at_once);
  const auto entries =
    std::min(lengths.size(), link.entries_per_request(sizeof(protocol::put_entry)));
  batch_size size;
  while (size.blocks < entries && size.bytes < most) {
    size.bytes += staging_area::rounded(lengths[size.blocks++]);
  }
  return size;
}

void gather(const put_request& wanted, std::size_t key, std::byte* to) noexcept {
  for (const auto& piece : wanted.buffers.subspan(key * wanted.per_block, wanted.per_block)) {
    copy_bytes(to, piece.data, piece.length);
    to += piece.length;
  }
}

protocol::put_request put_request_of(const open_space& space, const put_request& wanted,
                                     std::size_t at, std::span<const staging_range> ranges) {
  protocol::put_request request;
  request.space = space.handle;
  request.parent = at == 0 ? wanted.parent : wanted.keys[at - 1];
  for (const auto& range : ranges) {
    request.entries.push_back({wanted.keys[at + request.entries.size()], range.offset(),
                               static_cast<std::uint32_t>(range.length()), 0});
  }
  return request;
}

core::result<ok_t> take_statuses(connection& link, const answer& reply, std::size_t count,
                                 std::span<int> statuses, std::size_t& at) {
  const auto body = link.decoded<protocol::status_list_reply>(reply);
  CELLARD_TRY(body);
  if (body->statuses.size() != count) {
    return link.lose(
      {errc::bad_frame, fmt::format("{} statuses for {} blocks", body->statuses.size(), count)});
  }
  for (const auto status : body->statuses) {
    statuses[at++] = static_cast<int>(known(status));
  }
  return ok_t{};
}

bool ends_chain(errc status) noexcept {
  return !is_there(status) && status != errc::pending;
}

std::size_t count_stored(std::span<const int> statuses) noexcept {
  return static_cast<std::size_t>(std::count_if(
    statuses.begin(), statuses.end(), [](int code) { return is_there(static_cast<errc>(code)); }));
}

}  // namespace cellard::library
