// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/npy_header.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

#include "ctl/globals.hpp"

using namespace cellard::ctl;

namespace {

/// A header of version 1, 2 or 3 around this dictionary.
std::string file_of(const std::string& dictionary, char version = 1) {
  std::string text{"\x93NUMPY", 6};
  text += version;
  text += '\0';
  const auto size = dictionary.size();
  for (unsigned i = 0; i < (version == 1 ? 2U : 4U); ++i) {
    text += static_cast<char>(size >> (8 * i));
  }
  return text + dictionary + "values";
}

npy_header read(const std::string& text) {
  return read_npy_header(std::as_bytes(std::span{text}), "a.npy");
}

bool refuses(const std::string& text, const std::string& why) {
  try {
    read(text);
    return false;
  } catch (const refused& problem) {
    return std::string{problem.what()}.find(why) != std::string::npos
           && std::string{problem.what()}.find("a.npy") != std::string::npos;
  }
}

const std::string good =
  "{'descr': '<f2', 'fortran_order': False, 'shape': (6, 12, 768, 2, 64), }  \n";

}  // namespace

BOOST_AUTO_TEST_SUITE(npy_header_test)

BOOST_AUTO_TEST_CASE(what_numpy_writes_is_read) {
  for (const char version : {'\1', '\2', '\3'}) {
    const auto head = read(file_of(good, version));
    BOOST_TEST(head.type == "<f2");
    BOOST_TEST((head.shape == std::vector<std::uint64_t>{6, 12, 768, 2, 64}));
    BOOST_TEST(head.count() == std::uint64_t{6} * 12 * 768 * 2 * 64);
    BOOST_TEST(head.bytes == good.size() + (version == 1 ? 10 : 12));
  }
  BOOST_TEST(read(file_of("{'shape':(3,),'fortran_order':False,'descr':'|u1'}")).count() == 3U);
  BOOST_TEST(read(file_of("{'shape':(),'fortran_order':False,'descr':'<f4'}")).count() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_array_is_refused_with_a_reason) {
  BOOST_TEST(refuses("", "no .npy file"));
  BOOST_TEST(refuses("PK\x03\x04 an npz has another beginning", "no .npy file"));
  BOOST_TEST(refuses(file_of(good, 4), "version 4"));
  BOOST_TEST(refuses(file_of(good).substr(0, 40), "header has"));
  BOOST_TEST(refuses(file_of("{'descr': '<f2', 'fortran_order': True, 'shape': (2, 2), }"),
                     "ascontiguousarray"));
  BOOST_TEST(
    refuses(file_of("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 0), }"), "empty axis"));
  BOOST_TEST(refuses(
    file_of("{'descr':'<f2','fortran_order':False,'shape':(4294967296,4294967296,4294967296)}"),
    "more values"));
  for (const char* wrong :
       {"", "{", "{}", "{'descr': '<f2'}", "{'descr': [('a', '<f4')], 'shape': (1,)}",
        "{'descr': '<f2', 'descr': '<f2', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f2', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (1 2)}", "{'descr: 1"}) {
    BOOST_TEST(refuses(file_of(wrong), "no header as numpy.save writes it"), wrong);
  }
}

/// Under a sanitizer this shows a read outside.
BOOST_AUTO_TEST_CASE(any_bytes_are_a_header_or_are_refused) {
  std::mt19937 random(7);
  const auto whole = file_of(good);
  std::size_t taken = 0;
  for (int round = 0; round < 20000; ++round) {
    auto bytes = whole.substr(0, random() % (whole.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !bytes.empty(); --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    try {
      const auto head = read(bytes);
      BOOST_TEST_REQUIRE(head.bytes <= bytes.size());
      BOOST_TEST_REQUIRE(head.shape.size() <= 8U);
      ++taken;
    } catch (const refused&) {
      continue;
    }
  }
  BOOST_TEST(taken > 100U);
}

BOOST_AUTO_TEST_SUITE_END()
