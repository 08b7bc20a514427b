// The check of a store against its input, and a source cut short.
#include "pipeline/measure/check.hpp"

#include <doctest/doctest.h>

#include "pipeline/input/limited_source.hpp"
#include "pipeline/mode/mode.hpp"
#include "tests/testing.hpp"

namespace check_test {

using namespace shardflow;
using testing::TextSource;

namespace {

std::uint64_t wrong(const std::string& loaded, const std::string& input) {
  TextSource source(loaded);
  Store store(3);
  find_mode("serial")->run(source, store, {});
  TextSource again(input);
  return wrong_keys(store, again, 64, {});
}

std::string first_records(const std::string& text, std::uint64_t records, std::size_t block_bytes) {
  TextSource source(text);
  LimitedSource limited(source, records);
  MemoryBudget budget(UINT64_MAX);
  Block block(block_bytes, budget);
  std::string read;
  while (limited.next(block)) {
    read += block.text();
    block.reset();
  }
  return read;
}

}  // namespace

TEST_CASE("any value that the input gave a key is right") {
  CHECK(wrong("a\t1\nb\t2\n", "a\t1\nb\t2\na\t3\n") == 0);
  CHECK(wrong("a\t3\nb\t2\n", "a\t1\nb\t2\na\t3\n") == 0);
}

TEST_CASE("a value that it never gave, a key too many and a key too few are wrong") {
  CHECK(wrong("a\t2\nb\t2\n", "a\t1\nb\t2\n") == 1);
  CHECK(wrong("a\t1\nb\t2\n", "a\t1\n") == 1);
  CHECK(wrong("a\t1\n", "a\t1\nb\t2\nb\t3\n") == 1);
  CHECK(wrong("a\t2\n", "b\t2\n") == 2);
}

TEST_CASE("a limited source ends behind the record asked for, wherever a block ends") {
  const std::string text = "a\t1\nbb\t22\nccc\t333\nd\t4";
  for (const std::size_t block_bytes : {1ul, 5ul, 12ul, 100ul}) {
    CHECK(first_records(text, 0, block_bytes).empty());
    CHECK(first_records(text, 1, block_bytes) == "a\t1\n");
    CHECK(first_records(text, 3, block_bytes) == "a\t1\nbb\t22\nccc\t333\n");
    CHECK(first_records(text, 4, block_bytes) == text);
    CHECK(first_records(text, 9, block_bytes) == text);
  }
}

}  // namespace check_test
