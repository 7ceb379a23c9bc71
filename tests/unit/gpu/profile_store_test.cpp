// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile_store.hpp"

#include "core/error.hpp"
#include "tests/support/profiles.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <fstream>

namespace {

using namespace cellard;
using gpu::profile_store;
namespace fs = std::filesystem;

const gpu::profile_shape shape{core::dtype::f16, gpu::profile_scope::head, true, 2, 2, 4, 4};

/// Profiles that differ.
std::shared_ptr<const gpu::profile> some_profile(float mean = 0) {
  auto draft = tests::reflecting_draft(shape);
  draft.at(0, gpu::side::keys).means[0] = mean;
  return *draft.finish();
}

gpu::profile_owner owner_of(const std::string& space) {
  return gpu::profile_owner_of(space, core::layout{});
}

class folder {
public:
  folder() : path_(fs::temp_directory_path() / ("profile_store_test." + std::to_string(getpid()))) {
    fs::remove_all(path_);
  }
  ~folder() { fs::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& each : fs::directory_iterator(path_)) {
      out.push_back(each.path());
    }
    return out;
  }

private:
  fs::path path_;
};

struct kept : folder {
  profile_store store{path(), 8};
  std::shared_ptr<const gpu::profile> what = some_profile();

  kept() { BOOST_TEST_REQUIRE(store.keep(owner_of("a"), *what).has_value()); }
  [[nodiscard]] bool found(const std::string& space = "a") const {
    return store.find(owner_of(space), shape) != nullptr;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(profile_stores)

BOOST_AUTO_TEST_CASE(what_was_kept_is_found_by_whose_it_is) {
  const kept in;
  const auto again = profile_store(in.path(), 8).find(owner_of("a"), shape);
  BOOST_TEST_REQUIRE((again != nullptr));
  BOOST_TEST((again->id() == in.what->id()));
  BOOST_TEST(!in.found("b"));
  // The file is the profile, and there is no other.
  BOOST_TEST_REQUIRE(in.files().size() == 1U);
  BOOST_TEST(fs::file_size(in.files().front()) == in.what->bytes().size());
}

BOOST_AUTO_TEST_CASE(every_part_of_an_identity_counts) {
  core::layout model;
  model.model = "ab";
  model.weights = "c";
  auto other = model;
  other.model = "a";
  other.weights = "bc";
  BOOST_TEST((gpu::profile_owner_of("s", model) != gpu::profile_owner_of("s", other)));
  other = model;
  other.rope.theta = 10000;
  BOOST_TEST((gpu::profile_owner_of("s", model) != gpu::profile_owner_of("s", other)));
  BOOST_TEST((gpu::profile_owner_of("s", model) == gpu::profile_owner_of("s", model)));
}

BOOST_AUTO_TEST_CASE(damaged_files_are_not_there) {
  const kept in;
  const auto file = in.files().front();
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  for (const int at : {0, 20, 41, 200}) {
    bytes.seekg(at);
    const auto was = static_cast<char>(bytes.get());
    bytes.seekp(at);
    bytes.put(static_cast<char>(was ^ 1)).flush();
    BOOST_TEST(!in.found(), "byte " << at);
    bytes.seekp(at);
    bytes.put(was).flush();
  }
  BOOST_TEST(in.found());
  fs::resize_file(file, fs::file_size(file) - 1);
  BOOST_TEST(!in.found());
}

BOOST_AUTO_TEST_CASE(a_file_counts_only_under_its_own_name_and_is_no_link) {
  const kept in;
  const auto file = in.files().front();
  const auto aside = in.path() / "aside";
  fs::rename(file, aside);
  BOOST_TEST(!in.found());
  fs::create_symlink(aside, file);
  BOOST_TEST(!in.found());
  fs::remove(file);
  const auto other = some_profile(1);
  fs::rename(aside,
             in.path()
               / (gpu::digits_of(owner_of("a")) + '.' + gpu::digits_of(other->id()) + ".profile"));
  BOOST_TEST(!in.found());
}

BOOST_AUTO_TEST_CASE(what_was_used_longest_ago_goes_first) {
  const folder in;
  const profile_store store(in.path(), 2);
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(10);
  for (const std::string space : {"a", "b"}) {
    BOOST_TEST_REQUIRE(store.keep(owner_of(space), *some_profile()).has_value());
    for (const auto& file : in.files()) {
      fs::last_write_time(file, old);
    }
  }
  BOOST_TEST((store.find(owner_of("a"), shape) != nullptr));  // used now
  BOOST_TEST_REQUIRE(store.keep(owner_of("c"), *some_profile()).has_value());
  BOOST_TEST(in.files().size() == 2U);
  BOOST_TEST((store.find(owner_of("b"), shape) == nullptr));
  BOOST_TEST((store.find(owner_of("a"), shape) != nullptr));
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_written_a_sentence_says_so) {
  const folder in;
  fs::create_directories(in.path());
  std::ofstream(in.path() / "file") << "no folder";
  const auto refused =
    profile_store(in.path() / "file" / "profiles", 2).keep(owner_of("a"), *some_profile());
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == core::errc::io_error));
  BOOST_TEST(refused.error().context().find((in.path() / "file").string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_folder_nothing_is_kept) {
  const profile_store none({}, 2);
  BOOST_TEST(none.keep(owner_of("a"), *some_profile()).has_value());
  BOOST_TEST((none.find(owner_of("a"), shape) == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
