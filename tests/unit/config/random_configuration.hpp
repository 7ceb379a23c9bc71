// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Valid configurations drawn at random over the schema: every key moves anywhere in its range, as
// far as the rules across keys allow. A key that is added to the table takes part by itself.
#pragma once

#include "config/modes.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace cellard::config::testing {

class random_configuration {
public:
  explicit random_configuration(std::uint64_t seed) : random_(seed) {}

  configuration next() {
    configuration settings =
      defaults(static_cast<operating_mode>(below(words<operating_mode>::list.size())));
    for (const section& in : sections()) {
      if (in.is_list()) {
        in.resize(settings, below(4));
        write_what_has_to_be(settings, in);
      }
    }
    for (const section& in : sections()) {
      for (std::size_t element = 0; element < in.tables(settings); ++element) {
        for (const key& of : in.keys) {
          change(settings, of, element);
        }
      }
    }
    return settings;
  }

  /// A value that the key may have.
  value draw(const key& of, const value& like) {
    if (std::holds_alternative<bool>(like)) {
      return below(2) == 0;
    }
    if (std::holds_alternative<std::string>(like)) {
      return draw_text(of);
    }
    std::vector<std::string_view> ranges;
    for (std::string_view rest = of.allowed; !rest.empty();) {
      const auto end = rest.find(" or ");
      ranges.push_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 4);
    }
    const std::string_view range = ranges[below(ranges.size())];
    const auto middle = range.find(" to ");
    value least = parse_like(like, range.substr(0, middle)).value();
    if (middle == std::string_view::npos) {
      return least;
    }
    return between(least, parse_like(like, range.substr(middle + 4)).value());
  }

private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  /// Small and round numbers are as likely as large and odd ones.
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    const std::uint64_t drawn =
      least + static_cast<std::uint64_t>(static_cast<long double>(most - least) * share());
    const std::uint64_t rounded = drawn & ~((std::uint64_t{1} << below(40)) - 1);
    return rounded >= least ? rounded : drawn;
  }

  long double share() {
    const auto drawn = static_cast<long double>(random_() >> 11U) / 0x1p53L;
    return below(2) == 0 ? drawn : drawn * drawn * drawn * drawn;
  }

  value between(const value& least, const value& most) {
    if (const auto* count = std::get_if<std::uint32_t>(&least)) {
      return static_cast<std::uint32_t>(number(*count, std::get<std::uint32_t>(most)));
    }
    if (const auto* bytes = std::get_if<std::uint64_t>(&least)) {
      return number(*bytes, std::get<std::uint64_t>(most));
    }
    if (const auto* time = std::get_if<duration>(&least)) {
      return duration(static_cast<duration::rep>(
        number(static_cast<std::uint64_t>(time->count()),
               static_cast<std::uint64_t>(std::get<duration>(most).count()))));
    }
    if (const auto* mode = std::get_if<file_mode>(&least)) {
      return file_mode{
        static_cast<std::uint32_t>(number(mode->bits, std::get<file_mode>(most).bits))};
    }
    if (const auto* some = std::get_if<percent>(&least)) {
      return share_between(*some, std::get<percent>(most));
    }
    const auto& from = std::get<size_or_percent>(least);
    const auto& to = std::get<size_or_percent>(most);
    if (from.is_percent()) {
      return size_or_percent{
        share_between(std::get<percent>(from.amount), std::get<percent>(to.amount))};
    }
    return size_or_percent{
      number(std::get<std::uint64_t>(from.amount), std::get<std::uint64_t>(to.amount))};
  }

  percent share_between(percent least, percent most) {
    return {static_cast<std::uint32_t>(number(least.millionths, most.millionths))};
  }

  std::string draw_text(const key& of) {
    if (of.registered != nullptr) {
      const auto& list = known_.*of.registered;
      return list[below(list.size())];
    }
    if (!of.words.empty()) {
      return std::string(of.words[below(of.words.size())]);
    }
    const std::array<std::string, 9> texts{"",
                                           std::string(of.example),
                                           R"(/run/a b/"quoted" \ back.sock)",
                                           "/run/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80.sock",
                                           fmt::format("/{:x<{}}", "", 1 + below(106)),
                                           fmt::format("gpu-{}", below(1000)),
                                           fmt::format("prefix-{}*", below(1000)),
                                           fmt::format("127.0.0.1:{}", below(65536)),
                                           "llama # no comment = [1]"};
    return texts.at(below(texts.size()));
  }

  /// A key without a default gets its example, made different from that of the other tables.
  void write_what_has_to_be(configuration& settings, const section& in) {
    for (std::size_t element = 0; element < in.tables(settings); ++element) {
      for (const key& of : in.keys) {
        if (!of.example.empty()) {
          of.write(settings, element, fmt::format("{}{}", of.example, element));
        }
      }
    }
  }

  /// Sets the key to something new if that keeps the whole valid.
  void change(configuration& settings, const key& of, std::size_t element) {
    const value good = of.read(settings, element);
    const value drawn = draw(of, good);
    if (allows(of, drawn, known_)) {
      of.write(settings, element, drawn);
      if (!validate(settings).empty()) {
        of.write(settings, element, good);
      }
    }
  }

  std::mt19937_64 random_;
  vocabulary known_;
};

}  // namespace cellard::config::testing
