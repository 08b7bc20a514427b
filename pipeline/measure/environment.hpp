// What a measurement was made on: without it, a number means nothing the next day.
#pragma once

#include <cstdint>
#include <string>

namespace shardflow {

struct Environment {
  std::string cpu;          // model name
  std::uint32_t cores = 0;  // that this process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;      // name and release
  std::string huge_pages;  // the setting in force: always, madvise or never
  std::string compiler;
  std::string date;  // UTC, ISO 8601

  static Environment now();
};

}  // namespace shardflow
