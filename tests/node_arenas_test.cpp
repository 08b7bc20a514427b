#include "pipeline/mode/node_arenas.hpp"

#include <doctest/doctest.h>
#include <oneapi/tbb/parallel_for.h>

#include <array>
#include <stdexcept>

#include "tests/sanitized.hpp"

namespace node_arenas_test {

using namespace shardflow;

TEST_CASE("work for each shard runs once, from any thread, whatever the number of nodes" *
          doctest::skip(testing::kSanitized)) {
  // The first node twice: a machine with one can still have two arenas.
  for (const std::vector<oneapi::tbb::numa_node_id>& nodes :
       {std::vector<oneapi::tbb::numa_node_id>{}, {0}, {0, 0}, {0, 0, 0}}) {
    NodeArenas arenas(nodes, 2);
    std::array<int, 100> done{};
    oneapi::tbb::parallel_for(std::size_t{0}, done.size(),
                              [&](std::size_t shard) { arenas.run(shard, [&] { ++done[shard]; }); });
    for (const int times : done) CHECK(times == 1);
  }
}

TEST_CASE("what work throws on a node reaches who asked for it" * doctest::skip(testing::kSanitized)) {
  NodeArenas arenas({0, 0}, 2);
  CHECK_THROWS_AS(arenas.run(1, [] { throw std::runtime_error("full"); }), std::runtime_error);
}

TEST_CASE("a machine has no node that is none" * doctest::skip(testing::kSanitized)) {
  for (const auto node : numa_nodes()) CHECK(node >= 0);
}

}  // namespace node_arenas_test
