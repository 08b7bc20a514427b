#include "pipeline/store/combining.hpp"

#include <doctest/doctest.h>

namespace combining_test {

using shardflow::Combining;

namespace {

constexpr std::uint64_t kNoProbe = 1;

}  // namespace

TEST_CASE("combining is tried in every 32nd block and goes on where half of the records repeat") {
  Combining combining;
  CHECK(combining.pays(0));
  CHECK(!combining.pays(kNoProbe));
  combining.learn(false, 1000, 500);
  CHECK(combining.pays(kNoProbe));
  combining.learn(false, 1000, 499);
  CHECK(!combining.pays(kNoProbe));
  CHECK(combining.pays(32));
}

TEST_CASE("a wide block is tried once where a usual one's keys repeat now and then, and more follow where it pays") {
  Combining combining;
  CHECK(!combining.wants_wide(kNoProbe));  // nobody has looked yet
  combining.learn(false, 1000, 240);
  CHECK(!combining.wants_wide(kNoProbe));  // too few
  combining.learn(false, 1000, 260);
  CHECK(combining.wants_wide(kNoProbe));
  CHECK(!combining.wants_wide(kNoProbe));  // until it is known what came of it
  combining.learn(true, 1000, 810);
  CHECK(combining.wants_wide(kNoProbe));
  CHECK(combining.wants_wide(kNoProbe));
}

TEST_CASE("where a wide block does not pay another is tried much later, or once keys have become others") {
  Combining combining;
  combining.learn(false, 1000, 400);
  CHECK(combining.wants_wide(kNoProbe));
  combining.learn(true, 1000, 790);
  CHECK(!combining.wants_wide(kNoProbe));
  CHECK(!combining.wants_wide(32));
  CHECK(combining.wants_wide(1024));
  combining.learn(false, 1000, 0);
  CHECK(!combining.wants_wide(1024));
  combining.learn(false, 1000, 400);
  CHECK(combining.wants_wide(kNoProbe));
}

TEST_CASE("where nearly all records of a usual block repeat no wide one is wanted") {
  Combining combining;
  combining.learn(false, 1000, 940);
  CHECK(!combining.wants_wide(kNoProbe));
  CHECK(combining.pays(kNoProbe));
}

}  // namespace combining_test
