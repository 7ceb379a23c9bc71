// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Asks the driver library itself, because the tool is built without CUDA. The five functions and
// their types are those of cuda.h, whose ABI NVIDIA keeps.
#include <array>
#include <memory>
#include <string>

#include "ctl/host_facts.hpp"
#include <dlfcn.h>

namespace cellard::ctl {
namespace {

using nlohmann::json;

/// libcuda.so.1 while it is open.
class driver {
public:
  driver() : library_(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {}
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;
  // Not closed: the driver's own threads may still run in it.
  ~driver() = default;

  [[nodiscard]] bool is_there() const noexcept { return library_ != nullptr; }

  /// The driver's return value, 0 for success; -1 without such a function.
  template <class... Args>
  int call(const char* name, Args... args) const {
    auto* symbol = dlsym(library_, name);
    return symbol == nullptr ? -1 : reinterpret_cast<int (*)(Args...)>(symbol)(args...);
  }

private:
  void* library_;
};

json nothing(const std::string& why) {
  return {{"devices", json::array()}, {"note", why}};
}

json device_facts(const driver& cuda, int ordinal) {
  int device = 0;
  std::array<char, 128> name{};
  std::array<char, 32> bus{};
  std::size_t bytes = 0;
  cuda.call("cuDeviceGet", &device, ordinal);
  cuda.call("cuDeviceGetName", name.data(), static_cast<int>(name.size() - 1), device);
  cuda.call("cuDeviceTotalMem_v2", &bytes, device);
  cuda.call("cuDeviceGetPCIBusId", bus.data(), static_cast<int>(bus.size() - 1), device);
  return {{"device", ordinal}, {"name", name.data()}, {"memory_bytes", bytes}, {"pci", bus.data()}};
}

}  // namespace

json cuda_facts() {
  const driver cuda;
  if (!cuda.is_there()) {
    return nothing("no CUDA driver: libcuda.so.1 is not installed");
  }
  if (const int status = cuda.call("cuInit", 0U); status != 0) {
    return nothing("the CUDA driver does not start: cuInit returns " + std::to_string(status));
  }
  int count = 0;
  cuda.call("cuDeviceGetCount", &count);
  if (count == 0) {
    return nothing("the CUDA driver sees no device");
  }
  json devices = json::array();
  for (int i = 0; i < count; ++i) {
    devices.push_back(device_facts(cuda, i));
  }
  return {{"devices", std::move(devices)}, {"note", ""}};
}

}  // namespace cellard::ctl
