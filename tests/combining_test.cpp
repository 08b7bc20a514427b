#include "pipeline/store/combining.hpp"

#include <doctest/doctest.h>

namespace combining_test {

using shardflow::Combining;

namespace {

constexpr std::uint64_t kNoProbe = 2;

// A usual block promises that a wide one pays, and one is tried, in which so many records of 1,000 repeat.
void try_wide(Combining& combining, std::uint64_t repeats, bool full = true) {
  combining.learn(1000, 400);
  CHECK(combining.wants_wide(kNoProbe));
  combining.learn_of_wide(1000, repeats, full);
}

}  // namespace

TEST_CASE("combining is tried in every 32nd block and goes on where half of the records repeat") {
  Combining combining;
  CHECK(combining.pays(0));
  CHECK(!combining.pays(kNoProbe));
  combining.learn(1000, 500);
  CHECK(combining.pays(kNoProbe));
  combining.learn(1000, 499);
  CHECK(!combining.pays(kNoProbe));
  CHECK(combining.pays(32));
}

TEST_CASE("a wide block is tried once where a usual one's keys repeat now and then, and more follow where it pays") {
  Combining combining;
  CHECK(!combining.wants_wide(kNoProbe));  // nobody has looked yet
  combining.learn(1000, 190);
  CHECK(!combining.wants_wide(kNoProbe));  // too few
  combining.learn(1000, 210);
  CHECK(combining.wants_wide(kNoProbe));
  CHECK(!combining.wants_wide(kNoProbe));  // until it is known what came of it
  combining.learn_of_wide(1000, 760, true);
  CHECK(combining.wants_wide(kNoProbe));
  CHECK(combining.wants_wide(kNoProbe));
}

TEST_CASE("where a wide block does not pay another is tried much later, or once keys have become others") {
  Combining combining;
  try_wide(combining, 740);
  CHECK(!combining.wants_wide(kNoProbe));
  CHECK(!combining.wants_wide(33));
  CHECK(combining.wants_wide(1025));
  combining.learn(1000, 150);
  combining.learn(1000, 300);  // as it wavers
  CHECK(!combining.wants_wide(kNoProbe));
  combining.learn(1000, 0);
  CHECK(!combining.wants_wide(1025));
  combining.learn(1000, 400);
  CHECK(combining.wants_wide(kNoProbe));
}

TEST_CASE("where wide blocks pay a usual one is read now and then, and tells when they are over") {
  Combining combining;
  try_wide(combining, 900);
  CHECK(combining.wants_wide(kNoProbe));
  CHECK(!combining.wants_wide(32));
  CHECK(combining.pays(32));
  combining.learn(1000, 10);  // new keys
  CHECK(!combining.wants_wide(kNoProbe));
  try_wide(combining, 900);
  combining.learn(1000, 960);  // fewer
  CHECK(!combining.wants_wide(kNoProbe));
}

TEST_CASE("a wide block that is part empty may tell that they pay, not that they don't") {
  Combining combining;
  try_wide(combining, 700, false);
  CHECK(!combining.wants_wide(kNoProbe));  // the one that was tried told nothing
  combining.learn_of_wide(1000, 850, false);
  CHECK(combining.wants_wide(kNoProbe));
  combining.learn_of_wide(1000, 700, false);
  CHECK(combining.wants_wide(kNoProbe));
  combining.learn_of_wide(1000, 700, true);
  CHECK(!combining.wants_wide(kNoProbe));
}

TEST_CASE("where nearly all records of a usual block repeat no wide one is wanted") {
  Combining combining;
  combining.learn(1000, 940);
  CHECK(!combining.wants_wide(kNoProbe));
  CHECK(combining.pays(kNoProbe));
}

}  // namespace combining_test
