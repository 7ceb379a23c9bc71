// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// devices: what this host offers a cache. Needs no daemon.
#include <fmt/format.h>

#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/host_facts.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

void row(const std::string& name, const std::string& value) {
  std::cout << fitted(name, 14) << printable(value) << '\n';
}

void print_memory(const json& memory) {
  row("memory", fmt::format("{}, {} free", human_bytes(number(memory, "total_bytes")),
                            human_bytes(number(memory, "available_bytes"))));
  row("cgroup limit", memory["cgroup_limit_bytes"].is_null()
                        ? "none"
                        : fmt::format("{} ({})", human_bytes(number(memory, "cgroup_limit_bytes")),
                                      text_of(memory, "cgroup_limit_file")));
  row("shares are of", human_bytes(number(memory, "usable_bytes")));
}

void print_huge_pages(const json& huge) {
  for (const auto& each : huge) {
    row("huge pages", fmt::format("{}: {} reserved, {} free", human_bytes(number(each, "bytes")),
                                  number(each, "pages"), number(each, "free")));
  }
}

void print_pages(const json& pages) {
  row("pages", human_bytes(number(pages, "bytes")));
  print_huge_pages(pages["huge"]);
  row("transparent", fmt::format("{}, for shared memory {}", text_of(pages, "transparent"),
                                 text_of(pages, "transparent_shared")));
}

void print_nodes(const json& nodes) {
  for (const auto& each : nodes) {
    row(fmt::format("NUMA node {}", number(each, "node")),
        fmt::format("processors {}, {}, {} free, distances {}", text_of(each, "cpus"),
                    human_bytes(number(each, "total_bytes")),
                    human_bytes(number(each, "free_bytes")), text_of(each, "distances")));
    if (nodes.size() > 1) {  // one node's are the host's
      print_huge_pages(each["huge"]);
    }
  }
}

void print_gpus(const json& cuda, const json& kernels) {
  for (const auto& each : cuda["devices"]) {
    row(fmt::format("CUDA {}", number(each, "device")),
        fmt::format("{}, {}, {}", text_of(each, "name"), human_bytes(number(each, "memory_bytes")),
                    text_of(each, "pci")));
  }
  if (!cuda["devices"].empty()) {
    return;
  }
  row("CUDA", text_of(cuda, "note"));
  for (const auto& each : kernels) {
    row("GPU", fmt::format("{}, {}, {}{}", text_of(each, "name"), text_of(each, "pci"),
                           text_of(each, "device_file"),
                           each.value("usable", false) ? "" : " is not yours to open"));
  }
}

void print_facts(const json& facts) {
  row("processors", fmt::format("{}", number(facts, "cpus")));
  print_memory(facts["memory"]);
  print_pages(facts["pages"]);
  print_nodes(facts["numa"]);
  print_gpus(facts["cuda"], facts["nvidia"]);
}

}  // namespace

void add_device_command(CLI::App& app, const globals& shared) {
  app
    .add_subcommand("devices",
                    "Show CUDA devices, NUMA nodes, page sizes, memory and cgroup limits")
    ->callback([&shared] {
      const auto facts = host_facts();
      if (shared.json) {
        print_json(facts);
      } else {
        print_facts(facts);
      }
    });
}

}  // namespace cellard::ctl
