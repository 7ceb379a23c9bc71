// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Profiles in a folder: a file each, its content the profile's bytes and its name whose it is and
// what it is: OWNER.ID.profile, two numbers of 32 hexadecimal digits. A file appears whole (written
// beside, synced, renamed) and is never written again. Nothing that is read back is believed: size,
// content and name have to agree. One thread; it waits for the disk.
#pragma once

#include "gpu/profile.hpp"

#include <filesystem>
#include <string>

namespace cellard::gpu {

/// Whose profile: XXH3-128 of the namespace's identity and its layout.
using profile_owner = std::array<std::uint8_t, 16>;

profile_owner profile_owner_of(std::string_view space, const core::layout& shape);

/// Lower-case hexadecimal digits.
std::string digits_of(const std::array<std::uint8_t, 16>& number);

class profile_store {
public:
  /// Keeps at most `files`; an empty path keeps nothing.
  profile_store(std::filesystem::path folder, std::size_t files);

  /// Null when there is none of this shape. Marks it as used.
  [[nodiscard]] std::shared_ptr<const profile> find(const profile_owner& owner,
                                                    const profile_shape& shape) const;

  /// errc::io_error. Those that were used longest ago go when there are more than `files`.
  core::result<core::ok_t> keep(const profile_owner& owner, const profile& what) const;

  [[nodiscard]] bool keeps() const noexcept { return !folder_.empty() && files_ > 0; }

private:
  void drop_oldest() const;

  std::filesystem::path folder_;
  std::size_t files_;
};

}  // namespace cellard::gpu
