// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/rans.hpp"

#include "gpu/host/rans_loops.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace cellard::gpu::host {
namespace {

constexpr std::uint32_t lowest = 1U << 16;

static_assert(std::endian::native == std::endian::little, "streams are copied as they are");

std::uint16_t word_at(const std::byte* at) noexcept {
  std::uint16_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// The first `count` lanes of a round. @pre from.left >= count
void read_round(rans_reader& from, const std::uint32_t* slots, const std::uint32_t* starts,
                unsigned bits, std::size_t count, std::uint8_t* symbols) noexcept {
  const std::uint32_t mask = (1U << bits) - 1;
  const std::byte* words = from.words;
  for (std::size_t lane = 0; lane < count; ++lane) {
    std::uint32_t state = from.states[lane];
    const std::uint32_t entry = slots[starts[lane] + (state & mask)];
    symbols[lane] = static_cast<std::uint8_t>(entry);
    state = ((entry >> 20) + 1) * (state >> bits) + ((entry >> 8) & 0xfffU);
    // Without a branch, which would be wrong every few symbols; the word is there in any case.
    const bool wants = state < lowest;
    from.states[lane] = wants ? (state << 16) | word_at(words) : state;
    words += wants ? sizeof(std::uint16_t) : 0;
  }
  from.left -= static_cast<std::size_t>(words - from.words) / sizeof(std::uint16_t);
  from.words = words;
}

std::size_t read_rounds(rans_reader& from, const std::uint32_t* slots, const std::uint32_t* starts,
                        std::size_t period, std::size_t place, unsigned bits, std::size_t rounds,
                        std::uint8_t* symbols) noexcept {
  std::size_t done = 0;
  for (; done < rounds && from.left >= rans_lanes; ++done) {
    read_round(from, slots, starts + place, bits, rans_lanes, symbols + done * rans_lanes);
    place = (place + rans_lanes) % period;
  }
  return done;
}

// The first `count` lanes of a round, last lane first.
void write_round(rans_writer& to, const std::uint32_t* rows, const std::uint32_t* starts,
                 unsigned bits, std::size_t count, const std::uint8_t* symbols) noexcept {
  for (std::size_t lane = count; lane-- > 0;) {
    std::uint32_t state = to.states[lane];
    const std::uint32_t row = rows[starts[lane] + symbols[lane]];
    const std::uint32_t frequency = row & 0xffffU;
    if ((state >> (32 - bits)) >= frequency) {  // state >= frequency * 2^(32 - bits), in 32 bits
      const auto word = static_cast<std::uint16_t>(state);
      to.words -= sizeof(word);
      std::memcpy(to.words, &word, sizeof(word));
      state >>= 16;
    }
    to.states[lane] = ((state / frequency) << bits) + state % frequency + (row >> 16);
  }
}

constexpr rans_loops rans_scalar{read_rounds, nullptr, rans_write_plain};

const rans_loops& loops_of(level wanted) noexcept {
#ifdef __x86_64__
  if (wanted == level::avx512 || wanted == level::avx512dl) {
    return rans_avx512;
  }
  if (wanted == level::avx2) {
    return rans_avx2;
  }
#endif
  return rans_scalar;
}

// As read_rounds, down to the last word: goes on in a copy of the few that are left, with as many
// zeros behind them as a round can take too many. False when words were missing.
bool read_last_rounds(const rans_loops& loops, rans_reader& from, const std::uint32_t* slots,
                      const rans_order& order, std::size_t place, unsigned bits,
                      std::size_t symbols, std::uint8_t* out) noexcept {
  std::array<std::byte, 2 * rans_lanes * sizeof(std::uint16_t)> copy{};
  while (symbols > 0) {
    const std::size_t words = std::min(from.left, rans_lanes - 1);
    std::copy_n(from.words, words * sizeof(std::uint16_t), copy.data());
    rans_reader here{from.states, copy.data(), rans_lanes};
    const std::size_t count = std::min(symbols, rans_lanes);
    if (count == rans_lanes) {
      loops.read(here, slots, order.from(0), order.period(), place, bits, 1, out);
    } else {
      read_round(here, slots, order.from(place), bits, count, out);
    }
    const std::size_t taken = rans_lanes - here.left;
    if (taken > from.left) {
      return false;
    }
    std::fill(copy.begin(), copy.end(), std::byte{0});
    from.states = here.states;
    from.words += taken * sizeof(std::uint16_t);
    from.left -= taken;
    symbols -= count;
    out += count;
    place = (place + count) % order.period();
  }
  return true;
}

/// One stream on its way.
struct reading {
  rans_reader from;
  std::span<std::uint8_t> symbols;
  std::size_t done = 0;

  core::result<core::ok_t> begin(std::span<const std::byte> stream, std::span<std::uint8_t> to) {
    if (stream.size() < rans_state_bytes || stream.size() % 2 != 0) {
      return core::fail(core::errc::corrupt,
                        "a rANS stream has {} bytes, not {} of states and an even number of words",
                        stream.size(), rans_state_bytes);
    }
    std::memcpy(from.states.data(), stream.data(), rans_state_bytes);
    from.words = stream.data() + rans_state_bytes;
    from.left = (stream.size() - rans_state_bytes) / 2;
    symbols = to;
    return core::ok_t{};
  }

  core::result<core::ok_t> finish(const rans_loops& loops, const std::uint32_t* slots,
                                  const rans_order& order, unsigned bits) {
    done += rans_lanes
            * loops.read(from, slots, order.from(0), order.period(), done % order.period(), bits,
                         (symbols.size() - done) / rans_lanes, symbols.data() + done);
    if (!read_last_rounds(loops, from, slots, order, done % order.period(), bits,
                          symbols.size() - done, symbols.data() + done)) {
      return core::fail(core::errc::corrupt, "a rANS stream ends before its {} symbols",
                        symbols.size());
    }
    const bool ended = std::all_of(from.states.begin(), from.states.end(),
                                   [](std::uint32_t state) { return state == lowest; });
    if (!ended || from.left != 0) {
      return core::fail(
        core::errc::corrupt,
        "a rANS stream does not end where its {} symbols do: {} words are left over",
        symbols.size(), from.left);
    }
    return core::ok_t{};
  }
};

}  // namespace

void rans_write_plain(rans_writer& to, const std::uint32_t* rows, const std::uint32_t* starts,
                      std::size_t period, unsigned bits, std::size_t rounds,
                      const std::uint8_t* symbols) noexcept {
  for (std::size_t round = rounds; round-- > 0;) {
    const std::size_t place = round * rans_lanes % period;
    write_round(to, rows, starts + place, bits, rans_lanes, symbols + round * rans_lanes);
  }
}

std::vector<std::uint16_t> rans_shares(std::span<const std::uint64_t> counts, unsigned bits) {
  const std::uint64_t whole = std::uint64_t{1} << bits;
  const double total =
    static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  std::vector<std::uint16_t> shares(counts.size());
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) {
      const double exact = static_cast<double>(counts[i]) * static_cast<double>(whole) / total;
      shares[i] = static_cast<std::uint16_t>(std::max(1.0, exact + 0.5));
      given += shares[i];
    }
  }
  // What rounding gave too much or too little is taken from, or given to, the largest: there it
  // costs least.
  while (given != whole) {
    auto& largest = *std::max_element(shares.begin(), shares.end());
    const std::uint64_t change =
      given > whole ? std::min<std::uint64_t>(given - whole, (largest + 7U) / 8) : whole - given;
    largest = static_cast<std::uint16_t>(given > whole ? largest - change : largest + change);
    given = given > whole ? given - change : given + change;
  }
  return shares;
}

bool rans_whole(std::span<const std::uint16_t> shares, unsigned bits) noexcept {
  return std::accumulate(shares.begin(), shares.end(), std::uint32_t{0}) == 1U << bits;
}

void rans_fill_rows(std::span<const std::uint16_t> shares, std::span<std::uint32_t> rows) noexcept {
  std::fill(rows.begin(), rows.end(), 0U);
  std::uint32_t start = 0;
  for (std::size_t symbol = 0; symbol < shares.size(); ++symbol) {
    rows[symbol] = shares[symbol] | (start << 16);
    start += shares[symbol];
  }
}

void rans_fill_slots(std::span<const std::uint16_t> shares,
                     std::span<std::uint32_t> slots) noexcept {
  std::size_t slot = 0;
  for (std::size_t symbol = 0; symbol < shares.size(); ++symbol) {
    for (std::uint32_t bias = 0; bias < shares[symbol]; ++bias) {
      slots[slot++] =
        ((shares[symbol] - 1U) << 20) | (bias << 8) | static_cast<std::uint32_t>(symbol);
    }
  }
}

rans_order::rans_order(std::vector<std::uint32_t> starts)
  : period_(starts.size()),
    starts_(std::move(starts)) {
  for (std::size_t i = 0; i + 1 < rans_lanes; ++i) {
    starts_.push_back(starts_[i]);
  }
}

std::size_t rans_encode(level loops, std::span<const std::uint32_t> rows, const rans_order& order,
                        unsigned bits, std::span<const std::uint8_t> symbols,
                        std::span<std::byte> out) noexcept {
  std::byte* const end = out.data() + rans_bound(symbols.size());
  rans_writer to{{}, end};
  to.states.fill(lowest);
  const std::size_t rounds = symbols.size() / rans_lanes;
  const std::size_t whole = rounds * rans_lanes;
  write_round(to, rows.data(), order.from(whole % order.period()), bits, symbols.size() - whole,
              symbols.data() + whole);
  loops_of(loops).write(to, rows.data(), order.from(0), order.period(), bits, rounds,
                        symbols.data());
  std::memcpy(out.data(), to.states.data(), rans_state_bytes);
  const auto bytes = static_cast<std::size_t>(end - to.words);
  std::memmove(out.data() + rans_state_bytes, to.words, bytes);
  return rans_state_bytes + bytes;
}

core::result<core::ok_t> rans_decode(level loops, std::span<const std::uint32_t> slots,
                                     const rans_order& order, unsigned bits,
                                     std::span<const std::byte> stream,
                                     std::span<std::uint8_t> symbols) {
  reading one;
  CELLARD_TRY(one.begin(stream, symbols));
  return one.finish(loops_of(loops), slots.data(), order, bits);
}

core::result<core::ok_t> rans_decode(level loops, std::span<const std::uint32_t> slots,
                                     const rans_order& order, unsigned bits,
                                     const std::array<rans_piece, 2>& pieces) {
  const rans_loops& rounds = loops_of(loops);
  std::array<reading, 2> both;
  CELLARD_TRY(both[0].begin(pieces[0].stream, pieces[0].symbols));
  CELLARD_TRY(both[1].begin(pieces[1].stream, pieces[1].symbols));
  if (rounds.read_two != nullptr) {
    const std::size_t most =
      std::min(pieces[0].symbols.size(), pieces[1].symbols.size()) / rans_lanes;
    const std::size_t done =
      rounds.read_two(both[0].from, both[1].from, slots.data(), order.from(0), order.period(), bits,
                      most, pieces[0].symbols.data(), pieces[1].symbols.data());
    both[0].done = both[1].done = done * rans_lanes;
  }
  CELLARD_TRY(both[0].finish(rounds, slots.data(), order, bits));
  return both[1].finish(rounds, slots.data(), order, bits);
}

}  // namespace cellard::gpu::host
