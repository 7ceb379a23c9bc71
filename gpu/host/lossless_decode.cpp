// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/lossless.hpp"
#include "gpu/host/lossless_format.hpp"
#include "gpu/host/rans.hpp"

#include <cstring>

namespace cellard::gpu::host {
namespace {

using namespace lossless_format;
using core::errc;
using core::fail;
using core::ok_t;
using core::result;

/// Takes from the front of what is left. Every byte is read once.
class input {
public:
  explicit input(std::span<const std::byte> from) : from_(from) {}

  [[nodiscard]] bool take(void* to, std::size_t bytes) noexcept {
    if (bytes > from_.size()) {
      return false;
    }
    std::memcpy(to, from_.data(), bytes);
    from_ = from_.subspan(bytes);
    return true;
  }

  [[nodiscard]] std::span<const std::byte> left() const noexcept { return from_; }

private:
  std::span<const std::byte> from_;
};

tl::unexpected<core::error> too_short(const char* what, std::size_t bytes) {
  return fail(errc::corrupt, "a lossless segment of {} bytes ends in its {}", bytes, what);
}

/// Those values [first, end) of a segment that lie in one chunk, counted from its first.
struct values {
  std::size_t first;
  std::size_t end;

  [[nodiscard]] values within(std::size_t from, std::size_t to) const noexcept {
    return {std::clamp(first, from, to) - from, std::clamp(end, from, to) - from};
  }
};

/// A chunk of `count` values, and where the wanted ones go.
struct chunk_part {
  std::span<const std::byte> bytes;
  std::size_t count;
  values wanted;
  std::byte* out;
};

result<ok_t> read_nibbles(const lossless_loops& loops, const shape_of& shape,
                          const std::array<std::uint8_t, 16>& table, const chunk_part& part_of,
                          scratch& work) {
  const auto [chunk, count, wanted, out] = part_of;
  const std::size_t before_escapes = count * shape.rest_bytes + nibble_bytes(count);
  if (chunk.size() < before_escapes || (chunk.size() - before_escapes) % escape_bytes != 0) {
    return too_short("exponents", chunk.size());
  }
  const std::byte* const nibbles = chunk.data() + count * shape.rest_bytes;
  const auto symbols = work.take<std::uint8_t>(symbol_slot, run_values);
  for (std::size_t run = wanted.first / run_values * run_values; run < wanted.end;
       run += run_values) {
    const std::size_t in_run = std::min(run_values, count - run);
    const values part = wanted.within(run, run + in_run);
    loops.unpack(table, nibbles + run / 2, (in_run + nibble_group - 1) / nibble_group,
                 symbols.data());
    loops.join[shape.type](
      symbols.data() + part.first, chunk.data() + (run + part.first) * shape.rest_bytes,
      part.end - part.first, out + (run + part.first - wanted.first) * shape.value_bytes);
  }
  for (input escapes(chunk.subspan(before_escapes)); !escapes.left().empty();) {
    std::uint16_t index = 0;
    std::uint8_t symbol = 0;
    if (!escapes.take(&index, 2) || !escapes.take(&symbol, 1) || index >= count) {
      return fail(errc::corrupt, "a lossless segment has an escape for value {} of {}", index,
                  count);
    }
    if (index >= wanted.first && index < wanted.end) {
      loops.join[shape.type](&symbol, chunk.data() + index * shape.rest_bytes, 1,
                             out + (index - wanted.first) * shape.value_bytes);
    }
  }
  return ok_t{};
}

/// One or two chunks, which are decoded together.
result<ok_t> read_rans(const lossless_loops& loops, level rounds, const shape_of& shape,
                       std::span<const std::uint32_t> slots, std::span<const chunk_part> parts,
                       scratch& work) {
  static const rans_order one_table;
  const auto symbols = work.take<std::uint8_t>(symbol_slot, parts.size() * chunk_values);
  std::array<rans_piece, 2> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t rest_bytes = parts[i].count * shape.rest_bytes;
    if (parts[i].bytes.size() < rest_bytes) {
      return too_short("values", parts[i].bytes.size());
    }
    pieces[i] = {parts[i].bytes.subspan(rest_bytes),
                 symbols.subspan(i * chunk_values, parts[i].count)};
  }
  CELLARD_TRY(parts.size() == 2 ? rans_decode(rounds, slots, one_table, rans_bits, pieces)
                                : rans_decode(rounds, slots, one_table, rans_bits, pieces[0].stream,
                                              pieces[0].symbols));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const values wanted = parts[i].wanted;
    loops.join[shape.type](pieces[i].symbols.data() + wanted.first,
                           parts[i].bytes.data() + wanted.first * shape.rest_bytes,
                           wanted.end - wanted.first, parts[i].out);
  }
  return ok_t{};
}

/// The slots of a table of shares. errc::corrupt when they are no shares.
result<std::span<const std::uint32_t>> read_slots(input& from, scratch& work) {
  std::array<std::uint16_t, rans_symbols> shares{};
  for (auto& share : shares) {
    std::array<std::uint8_t, 2> bytes{};
    if (!from.take(bytes.data(), 1) || (bytes[0] > 0x7f && !from.take(&bytes[1], 1))) {
      return too_short("table", from.left().size());
    }
    share = static_cast<std::uint16_t>((bytes[0] & 0x7fU) | (bytes[1] * 128U));
  }
  if (!rans_whole(shares, rans_bits)) {
    return fail(errc::corrupt, "the shares of a lossless segment's table are not 1 together");
  }
  const auto slots = work.take<std::uint32_t>(rows_slot, std::size_t{1} << rans_bits);
  rans_fill_slots(shares, slots);
  return std::span<const std::uint32_t>(slots);
}

/// The chunks in which wanted values lie.
result<std::vector<chunk_part>> wanted_chunks(const shape_of& shape, input from, values wanted,
                                              std::byte* out) {
  std::vector<std::uint32_t> ends(shape.chunks);
  if (!from.take(ends.data(), ends.size() * sizeof(std::uint32_t))) {
    return too_short("list of chunks", from.left().size());
  }
  if (!std::is_sorted(ends.begin(), ends.end()) || ends.back() != from.left().size()) {
    return fail(errc::corrupt, "the chunks of a lossless segment do not follow each other");
  }
  std::vector<chunk_part> parts;
  for (std::size_t chunk = wanted.first / chunk_values;
       chunk * chunk_values < wanted.end && chunk < shape.chunks; ++chunk) {
    const std::size_t count = shape.values_in(chunk);
    const values part = wanted.within(chunk * chunk_values, chunk * chunk_values + count);
    const std::size_t begin = chunk == 0 ? 0 : ends[chunk - 1];
    parts.push_back({from.left().subspan(begin, ends[chunk] - begin), count, part, out});
    out += (part.end - part.first) * shape.value_bytes;
  }
  return parts;
}

}  // namespace

core::result<core::ok_t> lossless_codec::decode(const segment& segment,
                                                std::span<const std::byte> encoded,
                                                token_range wanted, std::span<std::byte> out,
                                                scratch& work) const {
  const shape_of shape(segment);
  if (shape.count == 0 && encoded.empty()) {
    return ok_t{};
  }
  const values range{wanted.first * segment.channels(),
                     (wanted.first + std::size_t{wanted.count}) * segment.channels()};
  input from(encoded);
  std::uint8_t what = 0;
  if (!from.take(&what, 1)) {
    return too_short("first byte", encoded.size());
  }
  if (what == kind_raw && from.left().size() == segment.raw_bytes()) {
    std::copy_n(from.left().data() + range.first * shape.value_bytes, out.size(), out.data());
    return ok_t{};
  }
  if (what == kind_nibbles) {
    std::array<std::uint8_t, 16> table{};
    if (!from.take(table.data(), table_codes)) {
      return too_short("table", encoded.size());
    }
    const auto parts = wanted_chunks(shape, from, range, out.data());
    CELLARD_TRY(parts);
    for (const chunk_part& part : *parts) {
      CELLARD_TRY(read_nibbles(loops_, shape, table, part, work));
    }
    return ok_t{};
  }
  if (what == kind_rans) {
    const auto slots = read_slots(from, work);
    CELLARD_TRY(slots);
    const auto parts = wanted_chunks(shape, from, range, out.data());
    CELLARD_TRY(parts);
    for (std::size_t i = 0; i < parts->size(); i += 2) {
      const std::span<const chunk_part> all(*parts);
      CELLARD_TRY(read_rans(loops_, level_, shape, *slots,
                            all.subspan(i, std::min<std::size_t>(2, all.size() - i)), work));
    }
    return ok_t{};
  }
  return fail(errc::corrupt, "a lossless segment of {} bytes is of kind {}, which there is not",
              encoded.size(), what);
}

}  // namespace cellard::gpu::host
