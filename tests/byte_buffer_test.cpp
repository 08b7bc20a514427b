#include "pipeline/input/byte_buffer.hpp"

#include <doctest/doctest.h>

#include <string>

namespace byte_buffer_test {

using namespace shardflow;

TEST_CASE("bytes stay as they were while there come more, beyond any room") {
  MemoryBudget budget(UINT64_MAX);
  ByteBuffer buffer(budget);
  std::string expected;
  for (std::size_t more = 1; more < 300'000; more *= 3) {
    const std::string text(more, static_cast<char>('a' + more % 26));
    text.copy(buffer.reserve(more + 5), more);
    buffer.add(more);
    expected += text;
    CHECK(buffer.view() == expected);
  }
  buffer.cut(4);
  CHECK(buffer.view() == expected.substr(0, 4));
  buffer.assign("other");
  CHECK(buffer.view() == "other");
}

TEST_CASE("a buffer that is cut and filled again takes no more memory, and gives all back") {
  MemoryBudget budget(UINT64_MAX);
  {
    ByteBuffer buffer(budget);
    ByteBuffer other(budget);
    buffer.reserve(10'000);
    buffer.add(10'000);
    const std::uint64_t used = budget.used_bytes();
    CHECK(used >= 10'000);
    buffer.cut(0);
    buffer.swap(other);
    CHECK(buffer.size() == 0);
    other.reserve(10'000);
    CHECK(budget.used_bytes() == used);
  }
  CHECK(budget.used_bytes() == 0);
}

TEST_CASE("a budget that does not suffice leaves a buffer as it was") {
  MemoryBudget budget(8192);
  ByteBuffer buffer(budget);
  buffer.assign("text");
  CHECK_THROWS_AS(buffer.reserve(100'000), MemoryLimitError);
  CHECK(buffer.view() == "text");
}

}  // namespace byte_buffer_test
