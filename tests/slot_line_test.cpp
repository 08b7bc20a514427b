#include "pipeline/store/slot_line.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <vector>

namespace slot_line_test {

using namespace shardflow;

namespace {

struct Way {
  const char* name;
  bool supported;  // here
  std::uint32_t (*ends)(const Slot* line, std::uint32_t hash);
};

std::vector<Way> ways() {
  return {
    {"any processor", true, slot_line::AnyProcessor::ends},
#if defined(__x86_64__)
        {"SSE2", true, slot_line::Sse2::ends},
        {"AVX2", static_cast<bool>(__builtin_cpu_supports("avx2")), slot_line::Avx2::ends},
        {"AVX-512", static_cast<bool>(__builtin_cpu_supports("avx512f")), slot_line::Avx512::ends},
#endif
  };
}

}  // namespace

TEST_CASE("the first end of a line is the first slot that is free or has the hash, whichever way it is looked for") {
  std::mt19937_64 random(7);
  // Few hashes, so that they are met, and such as agree in one half.
  const std::array<std::uint32_t, 5> hashes{0, 1, 0x10000, 0x10001, UINT32_MAX};
  for (int repeat = 0; repeat < 2000; ++repeat) {
    alignas(64) std::array<Slot, kLineSlots> line;
    for (Slot& slot : line) slot = {hashes[random() % hashes.size()], random() % 3 == 0 ? 0u : 5u};
    const std::uint32_t hash = hashes[random() % hashes.size()];
    std::size_t expected = 0;
    while (expected < kLineSlots && line[expected].entry != 0 && line[expected].hash != hash) ++expected;
    for (const Way& way : ways()) {
      if (!way.supported) continue;
      CAPTURE(way.name);
      const std::uint32_t found = way.ends(line.data(), hash);
      REQUIRE((found != 0) == (expected < kLineSlots));
      if (found != 0) CHECK(slot_line::first(found) == expected);
    }
  }
}

}  // namespace slot_line_test
