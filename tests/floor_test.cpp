#include "pipeline/measure/floor.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "pipeline/errors.hpp"
#include "tests/folder.hpp"

namespace floor_test {

using namespace shardflow;

namespace {

FloorJob job(std::vector<std::string> files, std::uint32_t threads) {
  return {std::move(files), 100'000, 3'000'000, 4'000'000, threads, UINT64_MAX};
}

std::string lines(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "key\tvalue\n";
  return text;
}

}  // namespace

TEST_CASE("each part of the floor takes time, and the floor is their sum") {
  const testing::Folder folder;
  const std::string large = folder.write("large", lines(3'000'000));
  const std::string small = folder.write("small", "a\tb\n");
  const std::string empty = folder.write("empty", "");
  for (const std::uint32_t threads : {1U, 2U, 5U}) {
    const Floor floor = measure_floor(job({small, empty, large}, threads));
    for (const double part : {floor.read_s, floor.separators_s, floor.pages_s, floor.slots_s, floor.payload_s}) {
      CHECK(part > 0);
    }
    CHECK(floor.sum_s() ==
          doctest::Approx(floor.read_s + floor.separators_s + floor.pages_s + floor.slots_s + floor.payload_s));
  }
}

TEST_CASE("twenty times the keys take longer to write") {
  const testing::Folder folder;
  FloorJob few = job({folder.write("in", "a\tb\n")}, 1);
  FloorJob many = few;
  many.keys = 20 * few.keys;
  // The least of some: whatever comes between only adds.
  const auto slots_s = [](const FloorJob& job) {
    double least_s = measure_floor(job).slots_s;
    for (int i = 0; i < 4; ++i) least_s = std::min(least_s, measure_floor(job).slots_s);
    return least_s;
  };
  CHECK(slots_s(many) > slots_s(few));
}

TEST_CASE("nothing at all has a floor too") {
  const testing::Folder folder;
  CHECK(measure_floor({{folder.write("empty", "")}, 0, 0, 0, 2, UINT64_MAX}).sum_s() >= 0);
}

TEST_CASE("a missing file and too little memory are errors") {
  const testing::Folder folder;
  CHECK_THROWS_AS(measure_floor(job({folder.path("absent")}, 2)), IoError);
  FloorJob tight = job({folder.write("in", "a\tb\n")}, 2);
  tight.memory_limit_bytes = 1'000'000;
  CHECK_THROWS_AS(measure_floor(tight), MemoryLimitError);
}

}  // namespace floor_test
