// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Tells when a file was written or replaced. Watches its directory, because editors write a new
// file and rename it over the old one, which a watch on the file itself would lose. Events that
// come close together are told once. On the thread of the context.
#pragma once

#include "core/result.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>

namespace cellard::daemon {

class file_watch : public std::enable_shared_from_this<file_watch> {
public:
  /// errc::io_error when the directory cannot be watched.
  static core::result<std::shared_ptr<file_watch>> start(boost::asio::io_context& context,
                                                         const std::filesystem::path& file,
                                                         std::function<void()> changed);

  /// Ends it. On the thread of the context.
  void stop();

private:
  file_watch(boost::asio::io_context& context, int descriptor, std::string name,
             std::function<void()> changed);
  void wait();
  void read_events();

  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer settle_;
  std::string name_;
  std::function<void()> changed_;
};

}  // namespace cellard::daemon
