// The floor of a load beside the load, and how both are told. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/sample.hpp"
#include "pipeline/measure/floor.hpp"

namespace shardflow::app {

struct FloorResult {
  std::string command;  // that made it
  Environment environment;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::uint64_t skipped_records = 0;  // bad ones
  std::uint32_t threads = 0;
  std::vector<Floor> floors;  // one a round
  std::vector<Sample> loads;  // the same round's
};

// A table of at most 80 columns. REQUIRES: at least one round, here and below.
std::string floor_text(const FloorResult& result);
// One object in one line, with every round. Its "schema" grows with every change that could break a reader.
std::string floor_json(const FloorResult& result);

}  // namespace shardflow::app
