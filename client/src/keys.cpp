// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/keys.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

namespace cellard::library {
namespace {

using core::block_key;
using core::errc;
using core::fail;
using core::ok_t;

constexpr std::string_view chain_seed{"cellard chain v1\0", 17};
constexpr std::string_view key_seed{"cellard key v1\0", 15};

/// One context for many hashes: OpenSSL 3 looks the algorithm up only once. A failed step shows in
/// `finish`.
class sha256 {
public:
  sha256() : context_(EVP_MD_CTX_new()), good_(context_ != nullptr) {
    good_ = good_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }

  void add(const void* data, std::size_t size) noexcept {
    good_ = good_ && EVP_DigestUpdate(context_.get(), data, size) == 1;
  }

  /// Ends this hash and begins the next.
  bool finish(block_key& key) noexcept {
    good_ = good_ && EVP_DigestFinal_ex(context_.get(), key.bytes.data(), nullptr) == 1
            && EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1;
    return good_;
  }

private:
  struct free_context {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, free_context> context_;
  bool good_;
};

tl::unexpected<core::error> no_sha256() {
  return fail(errc::internal, "OpenSSL's SHA-256 failed; is it disabled in openssl.cnf?");
}

}  // namespace

core::result<ok_t> chain_keys(std::span<const std::uint32_t> tokens, std::uint32_t block_tokens,
                              protocol::bytes_view extra, std::span<block_key> keys) {
  if (block_tokens == 0 || extra.size() > UINT32_MAX) {
    return fail(errc::invalid_argument,
                "chain keys: block_tokens is {} and extra has {} bytes; at least 1 and less than "
                "4 GiB are allowed",
                block_tokens, extra.size());
  }
  sha256 hash;
  block_key previous;
  const auto extra_bytes = static_cast<std::uint32_t>(extra.size());
  hash.add(chain_seed.data(), chain_seed.size());
  hash.add(&block_tokens, sizeof block_tokens);
  hash.add(&extra_bytes, sizeof extra_bytes);
  hash.add(extra.data(), extra.size());
  if (!hash.finish(previous)) {
    return no_sha256();
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto block = tokens.subspan(i * block_tokens, block_tokens);
    hash.add(previous.bytes.data(), previous.bytes.size());
    hash.add(block.data(), block.size_bytes());
    if (!hash.finish(previous)) {
      return no_sha256();
    }
    keys[i] = previous;
  }
  return ok_t{};
}

core::result<block_key> key_from_bytes(protocol::bytes_view bytes) {
  block_key key;
  if (bytes.size() == key.bytes.size()) {
    std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
    return key;
  }
  sha256 hash;
  hash.add(key_seed.data(), key_seed.size());
  hash.add(bytes.data(), bytes.size());
  if (!hash.finish(key)) {
    return no_sha256();
  }
  return key;
}

}  // namespace cellard::library
