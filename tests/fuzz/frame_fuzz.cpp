// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Bytes from a socket. The first byte chooses who reads them: 0 the daemon (a request), 1 to 12 a
// client that waits for one of the replies. What is accepted must have a stable canonical form
// (tests/unit/protocol/reencode.hpp).
#include "tests/unit/protocol/reencode.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cellard;
  if (size == 0) {
    return 0;
  }
  const auto choice = data[0] % (tests::reencode_replies.size() + 1);
  const auto reencode = choice == 0 ? tests::reencode_request : tests::reencode_replies[choice - 1];
  const protocol::bytes_view frame{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  if (!tests::is_refused_or_stable(reencode, frame)) {
    std::abort();
  }
  return 0;
}
