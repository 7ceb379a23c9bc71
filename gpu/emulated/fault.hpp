// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a kernel did that a GPU answers with a hang or with results that nobody defines. The
// sentence names the kernel, the block, the thread and the source line.
#pragma once

#include <stdexcept>
#include <string>

namespace cellard::gpu::emulated {

class fault : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A source line of a kernel. `file` is a literal.
struct site {
  const char* file = "";
  unsigned line = 0;

  [[nodiscard]] std::string text() const { return file + (":" + std::to_string(line)); }
};

}  // namespace cellard::gpu::emulated
