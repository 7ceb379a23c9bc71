// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The bytes that were promised: tests/golden/frames.txt has a frame of each type, docs/protocol.md
// explains some of them. A difference means that existing clients break. With
// CELLARD_WRITE_GOLDEN=1 the file is written anew.
#include "tests/unit/protocol/examples.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace cellard;
using namespace cellard::tests;

namespace {

const std::string golden_path = CELLARD_SOURCE_DIR "/tests/golden/frames.txt";
const std::string document_path = CELLARD_SOURCE_DIR "/docs/protocol.md";

std::string to_hex(protocol::bytes_view bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned>(byte));
  }
  return text;
}

std::map<std::string, std::string> golden() {
  std::map<std::string, std::string> frames;
  std::ifstream file{golden_path};
  for (std::string line; std::getline(file, line);) {
    if (const auto colon = line.find(": "); colon != std::string::npos && line[0] != '#') {
      frames[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return frames;
}

/// The hex of each block "```hex NAME"; a remark goes from # or | to the end of its line.
std::map<std::string, std::string> documented() {
  static const std::string fence = "```hex ";
  std::map<std::string, std::string> frames;
  std::ifstream file{document_path};
  std::string name;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(fence)) {
      name = line.substr(fence.size());
    } else if (line.starts_with("```")) {
      name.clear();
    } else if (!name.empty()) {
      std::istringstream words{line.substr(0, line.find_first_of("#|"))};
      for (std::string word; words >> word;) {
        auto& hex = frames[name];
        hex += (hex.empty() ? "" : " ") + word;
      }
    }
  }
  return frames;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(example)

BOOST_AUTO_TEST_CASE(frames_have_the_bytes_that_were_promised) {
  if (std::getenv("CELLARD_WRITE_GOLDEN") != nullptr) {
    std::ofstream file{golden_path};
    file << "# The bytes of one frame of each type; tests/unit/protocol/examples.cpp has the "
            "values.\n";
    for (const auto& [name, bytes] : example_frames()) {
      file << name << ": " << to_hex(bytes) << '\n';
    }
  }
  auto expected = golden();
  for (const auto& [name, bytes] : example_frames()) {
    BOOST_TEST(to_hex(bytes) == expected[name], name);
    expected.erase(name);
  }
  BOOST_TEST(expected.empty(), "frames.txt has frames that no example makes");
}

BOOST_AUTO_TEST_CASE(every_opcode_has_an_example) {
  std::set<unsigned> shown;
  for (const auto& [name, bytes] : example_frames()) {
    if (const auto parts = protocol::split_request(bytes); parts) {
      shown.insert(parts->header.op);
    }
  }
  for (unsigned number = 0; number < 0x8000; ++number) {
    const auto name = protocol::to_string(static_cast<protocol::opcode>(number));
    BOOST_TEST((name == "unknown" || shown.contains(number)), name);
  }
}

BOOST_AUTO_TEST_CASE(the_documents_bytes_are_the_encoders_bytes) {
  std::map<std::string, std::string> encoded;
  for (const auto& [name, bytes] : example_frames()) {
    encoded[name] = to_hex(bytes);
  }
  const auto shown = documented();
  BOOST_TEST(shown.size() >= 10U, document_path << " shows only " << shown.size() << " frames");
  for (const auto& [name, hex] : shown) {
    BOOST_TEST(hex == encoded[name], "docs/protocol.md, hex " << name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
