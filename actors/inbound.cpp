// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/inbound.hpp"

#include "actors/answer.hpp"
#include "core/coarse_clock.hpp"

#include <cstring>

namespace cellard::actors {

inbound::~inbound() {
  if (!settled_.load(std::memory_order_acquire)) {
    refuse(*this, core::errc::shutting_down, "the namespace or the daemon is ending");
  }
}

bool inbound::decode(std::vector<std::byte> bytes) {
  frame = std::move(bytes);
  arrived = core::coarse_now();
  const auto parts = protocol::split_request(frame);
  if (!parts) {
    return false;
  }
  header = parts->header;
  releases.resize(parts->header.releases);
  if (!releases.empty()) {
    std::memcpy(releases.data(), parts->releases.data(), parts->releases.size());
  }
  if (auto decoded = protocol::decode(*parts)) {
    body = std::move(*decoded);
  } else {
    problem = std::move(decoded).error();
  }
  settled_.store(false, std::memory_order_release);
  return true;
}

bool inbound::settle() const {
  if (settled_.exchange(true, std::memory_order_acq_rel)) {
    return false;
  }
  to->done();
  return true;
}

}  // namespace cellard::actors
