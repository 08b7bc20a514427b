#include "pipeline/measure/usage.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include "pipeline/pages.hpp"

namespace usage_test {

using namespace shardflow;

TEST_CASE("usage grows with the work") {
  const Usage before = Usage::now();
  volatile double sum = 0;
  while (Usage::now().user_s - before.user_s < 0.02) {
    for (int i = 0; i < 10'000; ++i) sum = sum + i;
  }
  const Usage used = Usage::now() - before;
  CHECK(used.user_s >= 0.02);
  CHECK(used.wall_s >= 0.01);
}

TEST_CASE("the peak is at least what is resident, and memory that is touched counts") {
  const AnonymousMemory before = anonymous_memory();
  // Not of the heap: what tests before gave back would be used again.
  MemoryBudget budget(UINT64_MAX);
  Pages touched(std::size_t{20} << 20, budget);
  touched.populate();
  const AnonymousMemory after = anonymous_memory();
  CHECK(after.resident_bytes >= before.resident_bytes + (std::uint64_t{19} << 20));
  CHECK(after.huge_bytes <= after.resident_bytes);
  CHECK(peak_resident_bytes() >= after.resident_bytes);
}

}  // namespace usage_test
