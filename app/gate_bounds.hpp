// The file that `gate` holds the modes against. Pure functions of its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/input/synthetic.hpp"
#include "pipeline/measure/gate.hpp"

namespace shardflow::app {

// Not a mode, but bounded like one: what a load can't do without, as `load --floor` measures it.
inline constexpr std::string_view kFloor = "floor";

struct ModeBound {
  std::string mode;  // what flow's time per record is divided by the time of; or kFloor
  Range allowed;
};

struct GateBounds {
  std::string input;          // a synthetic spec
  std::uint32_t threads = 0;  // fixed: more cores help flow, and not serial
  std::vector<ModeBound> modes;
};

// Reads lines "NAME = VALUE", '#' begins a comment. Throws std::invalid_argument that names the line.
GateBounds parse_gate_bounds(const std::string& text);
// The whole file, with its comments. Reading it gives the same bounds again.
std::string gate_bounds_text(const GateBounds& bounds);
// The range about a measured interval of flow's ratio to `mode`: a margin to both sides, and two digits.
Range range_around(std::string_view mode, const Interval& interval);
// Line by line: "- " what is only in `before`, "+ " only in `after`, "  " in both. Lines pair up by their name.
std::string bounds_difference(const std::string& before, const std::string& after);

}  // namespace shardflow::app
