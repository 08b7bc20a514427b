#include "pipeline/mode/mode.hpp"

#include <algorithm>
#include <array>

#include "pipeline/mode/run.hpp"

namespace shardflow {

std::span<const Mode> modes() {
  static constexpr std::array kModes{
      Mode{"flow", "a oneTBB flow graph: parallel partition, one serial writer a shard", true, run_flow},
      Mode{"serial", "one thread, the same kernel: the oracle", true, run_serial},
  };
  return kModes;
}

const Mode* find_mode(std::string_view name) {
  const auto found = std::ranges::find(modes(), name, &Mode::name);
  return found == modes().end() ? nullptr : &*found;
}

}  // namespace shardflow
