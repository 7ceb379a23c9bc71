// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace cellard::gpu {
namespace {

using core::errc;
using core::fail;
using core::ok_t;
using core::result;
namespace fs = std::filesystem;

constexpr std::string_view ending = ".profile";

class open_file {
public:
  open_file(const fs::path& path, int flags) : number_(::open(path.c_str(), flags, 0600)) {}
  ~open_file() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  [[nodiscard]] int number() const noexcept { return number_; }

private:
  int number_;
};

/// All bytes of an ordinary file of exactly this size; nothing otherwise.
std::vector<std::byte> read_whole(const fs::path& path, std::size_t bytes) {
  const open_file file(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat is {};
  if (file.number() < 0 || fstat(file.number(), &is) != 0 || !S_ISREG(is.st_mode)
      || static_cast<std::uint64_t>(is.st_size) != bytes) {
    return {};
  }
  std::vector<std::byte> out(bytes);
  std::size_t done = 0;
  while (done < bytes) {
    const auto got = ::read(file.number(), out.data() + done, bytes - done);
    if (got <= 0 && !(got < 0 && errno == EINTR)) {
      return {};
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  futimens(file.number(), nullptr);  // it was used
  return out;
}

bool write_whole(int to, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(to, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
  }
  return true;
}

}  // namespace

profile_owner profile_owner_of(std::string_view space, const core::layout& shape) {
  std::string all;
  const auto add = [&](const auto& value) {
    all.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  // Lengths before texts: two identities never run into each other.
  add(space.size());
  all += space;
  for (const std::string* text : {&shape.model, &shape.weights}) {
    add(text->size());
    all += *text;
  }
  add(shape.type);
  for (const auto number : {shape.layers, shape.kv_heads, shape.head_dim, shape.v_head_dim,
                            shape.rope.rotary_dim, shape.rope.first_position}) {
    add(number);
  }
  add(shape.rope.pairing);
  add(shape.rope.theta);
  add(shape.rope.scaling);
  for (const float frequency : shape.rope.inverse_frequencies) {
    add(frequency);
  }
  XXH128_canonical_t name;
  XXH128_canonicalFromHash(&name, XXH3_128bits(all.data(), all.size()));
  profile_owner out;
  std::memcpy(out.data(), name.digest, out.size());
  return out;
}

std::string digits_of(const std::array<std::uint8_t, 16>& number) {
  std::string out;
  for (const auto byte : number) {
    out += fmt::format("{:02x}", byte);
  }
  return out;
}

profile_store::profile_store(fs::path folder, std::size_t files)
  : folder_(std::move(folder)),
    files_(files) {
}

std::shared_ptr<const profile> profile_store::find(const profile_owner& owner,
                                                   const profile_shape& shape) const {
  std::error_code problem;
  const std::string begin = digits_of(owner) + '.';
  for (fs::directory_iterator at(folder_, problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(ending)) {
      continue;
    }
    const auto read = profile::read(read_whole(at->path(), shape.bytes()));
    if (read && (*read)->shape() == shape
        && name == begin + digits_of((*read)->id()) + std::string(ending)) {
      return *read;
    }
  }
  return nullptr;
}

result<ok_t> profile_store::keep(const profile_owner& owner, const profile& what) const {
  if (!keeps()) {
    return ok_t{};
  }
  const auto failed = [&](const char* call, const fs::path& path) {
    return fail(errc::io_error,
                "{} {}: {}; the profile lives as long as the daemon, and is learned again after "
                "the next start",
                call, path.string(), std::generic_category().message(errno));
  };
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) {
    errno = problem.value();
    return failed("making", folder_);
  }
  const auto path = folder_ / (digits_of(owner) + '.' + digits_of(what.id()) + std::string(ending));
  const auto beside = folder_ / "new";
  {
    const open_file file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    if (file.number() < 0 || !write_whole(file.number(), what.bytes())
        || fsync(file.number()) != 0) {
      return failed("writing", beside);
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    return failed("naming", path);
  }
  const open_file folder(folder_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder.number() < 0 || fsync(folder.number()) != 0) {
    return failed("syncing", folder_);
  }
  drop_oldest();
  return ok_t{};
}

void profile_store::drop_oldest() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> all;
  std::error_code problem;
  for (fs::directory_iterator at(folder_, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (at->path().extension() == ending) {
      std::error_code gone;
      all.emplace_back(fs::last_write_time(at->path(), gone), at->path());
    }
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i + files_ < all.size(); ++i) {
    fs::remove(all[i].second, problem);
  }
}

}  // namespace cellard::gpu
