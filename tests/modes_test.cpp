// One test body over all modes, against a std::map that took the records one by one.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "pipeline/mode/mode.hpp"
#include "pipeline/mode/settle.hpp"
#include "tests/testing.hpp"

namespace modes_test {

using namespace shardflow;
using testing::Pairs;
using testing::Shape;

namespace {

// In unordered modes any value that the input had for a key may be the one that stays.
void check_against(const testing::RunOutcome& outcome, const Pairs& records, bool ordered) {
  const testing::Map expected = testing::last_values(records);
  RC_ASSERT(outcome.records == records.size());
  if (ordered) {
    RC_ASSERT(outcome.map == expected);
    return;
  }
  const std::set<std::pair<std::string, std::string>> given(records.begin(), records.end());
  RC_ASSERT(outcome.map.size() == expected.size());
  for (const auto& record : outcome.map) RC_ASSERT(given.contains({record.first, record.second}));
}

rc::Gen<std::string> field(int least, int most) {
  return rc::gen::mapcat(rc::gen::inRange(least, most + 1), [](int length) {
    return rc::gen::container<std::string>(static_cast<std::size_t>(length), rc::gen::element('a', 'b', 'c'));
  });
}

// Keys of one to three letters out of three: repeats are common. Now and then a value is long.
rc::Gen<Pairs> records() {
  const auto value = rc::gen::weightedOneOf<std::string>({{20, field(0, 8)}, {1, field(300, 700)}});
  return rc::gen::container<Pairs>(rc::gen::pair(field(1, 3), value));
}

rc::Gen<Shape> shape() {
  return rc::gen::build<Shape>(
      rc::gen::set(&Shape::shards, rc::gen::inRange<std::uint32_t>(1, 65)),
      rc::gen::set(&Shape::threads, rc::gen::inRange<std::uint32_t>(1, 9)),
      rc::gen::set(&Shape::block_bytes, rc::gen::element<std::size_t>(1, 7, 16, 64, 500, 5000)),
      rc::gen::set(&Shape::blocks, rc::gen::inRange<std::size_t>(2, 10)),
      rc::gen::set(&Shape::workers, rc::gen::inRange<std::uint32_t>(0, 6)),
      rc::gen::set(&Shape::capacity, rc::gen::element<std::size_t>(1, 2, 100, 0)),
      rc::gen::set(&Shape::max_threads, rc::gen::element<std::size_t>(1, 2, 256)),
      rc::gen::set(&Shape::latency, rc::gen::arbitrary<bool>()));
}

}  // namespace
}  // namespace modes_test

namespace rc {
template <>
struct Arbitrary<testing::Shape> {
  static Gen<testing::Shape> arbitrary() { return modes_test::shape(); }
};
}  // namespace rc

namespace testing {
std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.shards << " shards, " << shape.threads << " threads, " << shape.blocks << " blocks of "
             << shape.block_bytes << " bytes, " << shape.workers << " workers, capacity " << shape.capacity << ", "
             << shape.max_threads << " alive at once, latency " << shape.latency;
}
}  // namespace testing

namespace modes_test {

TEST_CASE("every mode ends in the map that one thread and a std::map make, for any shape of run") {
  for (const Mode& mode : modes()) {
    CAPTURE(mode.name);
    CHECK(rc::check([&] {
      const Pairs input = *records();
      const Shape run = *rc::gen::arbitrary<Shape>();
      const testing::RunOutcome outcome = testing::run_mode(mode.name, testing::to_tsv(input), run);
      check_against(outcome, input, mode.ordered);
      RC_ASSERT(outcome.latencies == (run.latency ? input.size() : 0));
    }));
  }
}

TEST_CASE("long records that cross every block boundary arrive whole") {
  for (const Mode& mode : modes()) {
    Pairs input;
    for (std::size_t length = 1; length < 120; ++length) {
      input.emplace_back("key" + std::to_string(length % 50), std::string(length, 'v'));
    }
    for (std::size_t block_bytes = 1; block_bytes < 130; block_bytes += 3) {
      CAPTURE(mode.name);
      CAPTURE(block_bytes);
      const auto outcome = testing::run_mode(mode.name, testing::to_tsv(input), {5, 3, block_bytes, 4});
      CHECK(outcome.map.size() == 50);
      if (mode.ordered) CHECK(outcome.map == testing::last_values(input));
    }
  }
}

TEST_CASE("every mode gives the same digest where keys are unique") {
  Pairs input;
  for (int i = 0; i < 5000; ++i) input.emplace_back("key" + std::to_string(i), "value" + std::to_string(i));
  const std::string text = testing::to_tsv(input);
  const std::string expected = testing::run_mode("serial", text).digest;
  for (const Mode& mode : modes()) {
    CHECK_MESSAGE(testing::run_mode(mode.name, text, {8, 4, 2048, 6}).digest == expected, mode.name);
  }
}

TEST_CASE("an ordered mode keeps the last value of a key that stands in every block") {
  Pairs input;
  for (int i = 0; i < 20'000; ++i) input.emplace_back("key" + std::to_string(i % 3), std::to_string(i));
  for (const Mode& mode : modes()) {
    if (!mode.ordered) continue;
    const auto outcome = testing::run_mode(mode.name, testing::to_tsv(input), {2, 8, 64, 16});
    CHECK_MESSAGE(outcome.map == testing::last_values(input), mode.name);
  }
}

TEST_CASE("a mode whose shards put off new keys has them all in the end, and of those that repeat the last value") {
  Pairs input;
  for (int i = 0; i < 270'000; ++i) input.emplace_back("key" + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 10'000; ++i) input.emplace_back("key" + std::to_string(i * 26), "again" + std::to_string(i));
  const std::string text = testing::to_tsv(input);
  const testing::Map expected = testing::last_values(input);
  for (const Mode& mode : modes()) {
    if (!mode.ordered) continue;
    const auto outcome = testing::run_mode(mode.name, text, {.shards = 1, .threads = 4, .block_bytes = 64 << 10});
    CHECK_MESSAGE(outcome.map == expected, mode.name);
  }
}

TEST_CASE("blocks become wide where keys that hardly repeat within a block repeat over several") {
  std::mt19937 random(3);
  Pairs input;
  for (int i = 0; i < 100'000; ++i) input.emplace_back("k" + std::to_string(random() % 500), std::to_string(i));
  const std::string text = testing::to_tsv(input);
  const testing::Map expected = testing::last_values(input);
  for (const char* mode : {"flow", "pipeline", "serial"}) {
    CAPTURE(mode);
    const auto outcome = testing::run_mode(mode, text, {.block_bytes = 4096});
    CHECK(outcome.map == expected);
    CHECK(outcome.blocks < text.size() / 4096 / 4);
  }
}

TEST_CASE("what a mode can't do without is there, in every mode, where the options have none of it") {
  const Pairs input{{"a", "1"}, {"b", "22"}, {"a", "333"}};
  const Shape nothing{.threads = 0, .block_bytes = 0, .blocks = 0, .capacity = 0, .max_threads = 0, .latency = true};
  for (const Mode& mode : modes()) {
    CAPTURE(mode.name);
    const testing::RunOutcome outcome = testing::run_mode(mode.name, testing::to_tsv(input), nothing);
    CHECK(outcome.records == 3);
    CHECK(outcome.map.size() == 2);
    if (mode.ordered) CHECK(outcome.map == testing::last_values(input));
    CHECK(outcome.latencies == 3);
  }
}

TEST_CASE("a block is no larger than offsets into it and what may be put behind its text allow") {
  CHECK(within_limits({.block_bytes = SIZE_MAX}).block_bytes == std::size_t{1} << 30);
  CHECK(within_limits({.block_bytes = 12345}).block_bytes == 12345);
}

TEST_CASE("no input is an empty store, in every mode") {
  for (const Mode& mode : modes()) CHECK(testing::run_mode(mode.name, "").map.empty());
}

TEST_CASE("a mode is found by its name, and the first is the default") {
  CHECK(find_mode("flow") == &modes().front());
  CHECK(find_mode("none") == nullptr);
}

}  // namespace modes_test
