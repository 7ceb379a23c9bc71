// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Opens a trace, packed by xz or not, and tells the formats apart by their first bytes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "replay/trace.hpp"
#include <lzma.h>

namespace cellard::replay {
namespace {

constexpr std::string_view xz_magic{"\xfd"
                                    "7zXZ\0",
                                    6};
constexpr double mooncake_tokens = 512;  // what Mooncake's published traces are cut in

/// Of memory, so that a small file cannot ask for all there is.
constexpr std::uint64_t decoder_memory = std::uint64_t{256} << 20;
constexpr std::size_t most_bytes = std::size_t{4} << 30;

core::result<std::string> unpacked(const std::string& path, const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, decoder_memory, 0) != LZMA_OK) {
    return core::fail(core::errc::out_of_memory, "{}: no memory to unpack it", path);
  }
  std::string whole;
  std::string piece(std::size_t{1} << 20, '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && whole.size() < most_bytes) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    stream.avail_out = piece.size();
    state = lzma_code(&stream, LZMA_FINISH);
    whole.append(piece, 0, piece.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) {
    return core::fail(core::errc::invalid_argument,
                      "{}: is damaged, or unpacks to more than {} bytes (xz's code {})", path,
                      most_bytes, static_cast<int>(state));
  }
  return whole;
}

core::result<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return core::fail(core::errc::not_found, "{}: cannot be read, or is empty", path);
  }
  std::string bytes = std::move(text).str();
  if (bytes.starts_with(xz_magic)) {
    return unpacked(path, bytes);
  }
  return bytes;
}

/// "mc_conv" of "/data/mc_conv.kvt.xz".
std::string name_of(const std::string& path) {
  const std::string file = std::filesystem::path(path).filename();
  return file.substr(0, file.find('.'));
}

}  // namespace

core::result<trace> read_trace(const std::string& path, double block_tokens) {
  const auto content = content_of(path);
  CELLARD_TRY(content);
  const std::string_view text = *content;
  if (text.starts_with("KVT1")) {
    return read_kvt(name_of(path), text);
  }
  const std::string_view first_line = text.substr(0, text.find('\n'));
  if (first_line.find("hash_ids") != std::string_view::npos) {
    return read_mooncake(name_of(path), text, block_tokens > 0 ? block_tokens : mooncake_tokens);
  }
  return core::fail(core::errc::invalid_argument,
                    "{}: is no trace that is known here (.kvt, or JSON lines with hash_ids)", path);
}

}  // namespace cellard::replay
