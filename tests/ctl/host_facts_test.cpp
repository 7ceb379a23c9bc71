// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Hosts that this one is not: the files of /proc and /sys as the kernel writes them, below a
// folder.
#include "ctl/host_facts.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <fstream>

namespace fs = std::filesystem;
using cellard::ctl::host_facts;

namespace {

struct host {
  host() {
    std::string name = "/tmp/cellard-host-XXXXXX";
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    write("proc/meminfo", "MemTotal:       1048576 kB\nMemAvailable:    524288 kB\n");
    write("proc/self/cgroup", "0::/system.slice/cellard.service\n");
  }
  ~host() { fs::remove_all(root); }
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  }

  fs::path root;
};

constexpr std::uint64_t mib = 1U << 20;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(facts, host)

BOOST_AUTO_TEST_CASE(the_least_cgroup_limit_is_named_with_its_file) {
  write("sys/fs/cgroup/system.slice/cellard.service/memory.max", "max\n");
  write("sys/fs/cgroup/system.slice/memory.max", "268435456\n");
  const auto memory = host_facts(root)["memory"];
  BOOST_TEST(memory["total_bytes"] == 1024 * mib);
  BOOST_TEST(memory["cgroup_limit_bytes"] == 256 * mib);
  BOOST_TEST(memory["usable_bytes"] == 256 * mib);
  BOOST_TEST(memory["cgroup_limit_file"].get<std::string>()
             == (root / "sys/fs/cgroup/system.slice/memory.max").string());
}

BOOST_AUTO_TEST_CASE(version_1_limits_count_too_and_none_is_none) {
  write("proc/self/cgroup", "9:cpu:/\n4:memory:/a\n0::/\n");
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  BOOST_TEST(host_facts(root)["memory"]["cgroup_limit_bytes"].is_null());
  BOOST_TEST(host_facts(root)["memory"]["cgroup_limit_file"] == "");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
  BOOST_TEST(host_facts(root)["memory"]["cgroup_limit_bytes"] == 128 * mib);
}

BOOST_AUTO_TEST_CASE(nodes_have_their_memory_and_their_huge_pages) {
  for (const std::string node : {"0", "1", "10"}) {
    const auto folder = "sys/devices/system/node/node" + node + "/";
    write(folder + "meminfo",
          "Node " + node + " MemTotal:       4096 kB\nNode " + node + " MemFree:        1024 kB\n");
    write(folder + "cpulist", node + "-" + node + "\n");
    write(folder + "distance", "10 21\n");
    write(folder + "hugepages/hugepages-2048kB/nr_hugepages", "8\n");
    write(folder + "hugepages/hugepages-2048kB/free_hugepages", "3\n");
  }
  const auto nodes = host_facts(root)["numa"];
  BOOST_TEST_REQUIRE(nodes.size() == 3U);
  BOOST_TEST(nodes[2]["node"] == 10);
  BOOST_TEST(nodes[1]["total_bytes"] == 4 * mib);
  BOOST_TEST(nodes[1]["free_bytes"] == 1 * mib);
  BOOST_TEST(nodes[1]["cpus"] == "1-1");
  BOOST_TEST(nodes[1]["huge"][0]["bytes"] == 2 * mib);
  BOOST_TEST(nodes[1]["huge"][0]["pages"] == 8);
  BOOST_TEST(nodes[1]["huge"][0]["free"] == 3);
}

BOOST_AUTO_TEST_CASE(the_kernels_gpus_are_named_without_cuda) {
  BOOST_TEST(host_facts(root)["nvidia"].empty());
  for (const std::string number : {"1", "0"}) {
    write("proc/driver/nvidia/gpus/0000:0" + number + ":00.0/information",
          "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 17\nDevice Minor: \t " + number + "\n");
  }
  write("dev/nvidia1", "");
  const auto gpus = host_facts(root)["nvidia"];
  BOOST_TEST_REQUIRE(gpus.size() == 2U);
  BOOST_TEST(gpus[0]["pci"] == "0000:00:00.0");
  BOOST_TEST(gpus[0]["name"] == "NVIDIA H100 80GB HBM3");
  BOOST_TEST(gpus[0]["device_file"] == "/dev/nvidia0");
  BOOST_TEST(gpus[0]["usable"] == false);
  BOOST_TEST(gpus[1]["usable"] == true);
}

BOOST_AUTO_TEST_SUITE_END()
