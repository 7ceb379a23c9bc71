// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Happens-before edges for the thread sanitizer, which sees each emulated thread as a thread of its
// own. They are nothing in other builds. A tag is an address that is used for one edge only.
#pragma once

#ifdef CELLARD_EMULATED_TSAN
#  include <sanitizer/tsan_interface.h>
#endif

namespace cellard::gpu::emulated {

/// What this thread did happened before whatever follows an acquire of the same tag.
inline void release([[maybe_unused]] const void* tag) noexcept {
#ifdef CELLARD_EMULATED_TSAN
  __tsan_release(const_cast<void*>(tag));
#endif
}

inline void acquire([[maybe_unused]] const void* tag) noexcept {
#ifdef CELLARD_EMULATED_TSAN
  __tsan_acquire(const_cast<void*>(tag));
#endif
}

}  // namespace cellard::gpu::emulated
