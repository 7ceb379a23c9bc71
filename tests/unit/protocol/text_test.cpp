// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cellard::protocol;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(utf_8_without_control_characters_is_printable) {
  for (const auto* good : {"", " ", "meta-llama/Llama-3.1-8B", "\u00e9", "\u4e2d\u6587",
                           "\U0001F600", "\uD7FF\uE000", "\U0010FFFF"}) {
    BOOST_TEST(is_printable(good), good);
  }
}

BOOST_AUTO_TEST_CASE(control_characters_are_not_printable) {
  for (int byte = 0; byte < 0x20; ++byte) {
    BOOST_TEST(!is_printable(std::string{'a', static_cast<char>(byte)}), byte);
  }
  BOOST_TEST(!is_printable("\x7F"));
}

BOOST_AUTO_TEST_CASE(malformed_utf_8_is_not_printable) {
  for (const auto* bad : {"\x80", "\xC3", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE4\xB8",
                          "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xFF", "a\xE4\xB8z", "\xF0\x9F\x98"}) {
    BOOST_TEST(!is_printable(bad));
  }
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_before_the_character_that_does_not_fit) {
  const std::string text = "a\u00e4\u4e2d\U0001F600";  // 1 + 2 + 3 + 4 bytes
  const std::size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t most = 0; most < std::size(kept); ++most) {
    BOOST_TEST(cut(text, most).size() == kept[most], "at most " << most);
  }
  BOOST_TEST(cut("\x80\x80\x80\x80\x80\x80", 5).size() >= 2U);  // no UTF-8: some cut is enough
}

BOOST_AUTO_TEST_SUITE_END()
