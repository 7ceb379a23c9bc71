// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Files that nobody wrote by mistake: they are refused quickly, without a crash, with a bounded
// error.
#include "config/load.hpp"
#include "config/nesting.hpp"
#include "config/print.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace cellard::config {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t at = 0; at < times; ++at) {
    out += text;
  }
  return out;
}

void check_refused(const std::string& text) {
  const auto loaded = load_text(text, "hostile");
  BOOST_TEST_REQUIRE(!loaded.has_value());
  BOOST_TEST(loaded.error().context().size() < 10'000U);
}

/// Anything may happen to the text but a crash, and what loads can be printed and loaded again.
void check_survives(const std::string& text) {
  const auto loaded = load_text(text, "mutated");
  if (loaded) {
    const auto again = load_text(to_toml(*loaded, style::changed), "printed");
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST_REQUIRE((*again == *loaded));
  } else {
    BOOST_TEST_REQUIRE((loaded.error().code() == core::errc::config_invalid));
    BOOST_TEST_REQUIRE(loaded.error().context().starts_with("mutated"));
  }
}

std::string mutated(std::string text, std::mt19937_64& random) {
  constexpr std::string_view bytes = "[]{}\"'.=#,\n\r\t \\0129_-aZ%\x00\x7f\x80\xff\xef\xbb\xbf";
  for (std::size_t left = 1 + random() % 8; left > 0 && !text.empty(); --left) {
    const std::size_t at = random() % text.size();
    const std::size_t length = random() % 40;
    switch (random() % 5) {
    case 0:
      text[at] = bytes[random() % bytes.size()];
      break;
    case 1:
      text.insert(at, 1, bytes[random() % bytes.size()]);
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(random() % text.size(), text.substr(at, length));
      break;
    default:
      text.resize(at);
    }
  }
  return text;
}

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(deep_nesting_of_every_kind_is_refused) {
  check_refused("a" + repeated(".a", 500'000) + " = 1");
  check_refused("[a" + repeated(".a", 500'000) + "]");
  check_refused("x = " + repeated("[", 500'000));
  check_refused("x = " + repeated("{a=", 300'000));
  check_refused(repeated("[", 1'000'000));
  check_refused(repeated("x = {a.a.a.a.a.a.a.a.a = [\n", 30'000));
  check_refused("\"" + repeated(R"(\")", 1000) + "\"" + repeated(".'x'", 100'000) + " = 1");
  check_refused(R"(x = """""""")" + repeated("[", 1000));
}

BOOST_AUTO_TEST_CASE(the_guard_knows_texts_and_comments) {
  BOOST_TEST(line_nested_too_deep("") == 0U);
  const std::string dots(100, '.');
  const std::string brackets(100, '[');
  for (const std::string& many : {dots, brackets}) {
    BOOST_TEST(line_nested_too_deep("#" + many + "\na = 1") == 0U);
    BOOST_TEST(line_nested_too_deep(fmt::format(R"(a = "{0}\"{0}")", many)) == 0U);
    BOOST_TEST(line_nested_too_deep("a = '" + many + "\\'\n") == 0U);
    BOOST_TEST(line_nested_too_deep("a = \"\"\"\n" + many + "\"\"\"\"\"\nb = 1") == 0U);
    BOOST_TEST(line_nested_too_deep(fmt::format("a = '''{0}\n'''\nb = {0}", many)) == 3U);
    BOOST_TEST(line_nested_too_deep("a = ''\nb = \"\"\nc = " + many) == 3U);
    BOOST_TEST(line_nested_too_deep("a = \"unclosed\n" + many) == 2U);
  }
}

BOOST_AUTO_TEST_CASE(many_mistakes_and_many_tables_are_refused_in_bounded_time) {
  std::string keys;
  for (std::size_t at = 0; keys.size() < 1'000'000; ++at) {
    keys += "sesions" + std::to_string(at) + "=1\n";
  }
  check_refused(keys);
  check_refused("[limits]\n" + keys);
  check_refused(repeated("[[quota]]\n", 100'000));
  check_refused(repeated("[[listener]]\npath='/a'\n", 40'000));
  check_refused("[log]\nlevel = \"" + std::string(1'000'000, 'x') + "\"");
  check_refused("\"" + std::string(1'000'000, 'x') + "\" = 1");
  check_refused("quota = [" + repeated("{},", 300'000) + "]");
  check_refused("limits.sessions = " + std::string(1'000'000, '9'));
  check_refused("mode = [" + repeated("1,", 500'000) + "]");
}

BOOST_AUTO_TEST_CASE(a_text_over_the_limit_is_refused_unread) {
  BOOST_TEST(load_text(std::string(most_file_bytes + 1, '['), "big").error().context()
             == "big: larger than 1 MiB");
}

BOOST_AUTO_TEST_CASE(random_mutations_of_a_full_file_never_crash) {
  configuration settings;
  settings.listeners.resize(2);
  settings.listeners[0].path = "/run/a.sock";
  settings.listeners[1].path = "/run/b.sock";
  settings.quotas.resize(1);
  settings.quotas[0].name_space = "llama*";
  const std::string documented = to_toml(settings);
  std::string bare;
  for (std::size_t begin = 0; begin < documented.size();) {
    const std::size_t end = documented.find('\n', begin) + 1;
    if (documented[begin] != '#') {
      bare += documented.substr(begin, end - begin);
    }
    begin = end;
  }
  std::mt19937_64 random(42);
  for (int round = 0; round < 3000; ++round) {
    check_survives(mutated(bare, random));
  }
  for (int round = 0; round < 300; ++round) {
    check_survives(mutated(documented, random));
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_never_crash) {
  std::mt19937_64 random(43);
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) {
      c = static_cast<char>(random());
    }
    check_survives(text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
