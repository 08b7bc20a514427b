#include "pipeline/store/combining.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

namespace combining_test {

using shardflow::BlockWidth;
using shardflow::Combining;
using enum BlockWidth;

namespace {

constexpr std::uint64_t kNoProbe = 2;

// A full block, of whose 1,000 records so many repeat.
void learn(Combining& combining, BlockWidth width, std::uint64_t repeats) {
  combining.learn({.width = width, .records = 1000, .repeats = repeats});
}

// A usual block promises that a wide one pays, and one is tried.
void try_wide(Combining& combining, std::uint64_t repeats, bool full = true) {
  learn(combining, kUsual, 400);
  CHECK(combining.width(kNoProbe) == kWide);
  combining.learn({.width = kWide, .full = full, .records = 1000, .repeats = repeats});
}

}  // namespace

TEST_CASE("combining is tried in every 32nd block and goes on where half of the records repeat") {
  Combining combining;
  CHECK(combining.pays(0));
  CHECK(!combining.pays(kNoProbe));
  learn(combining, kUsual, 500);
  CHECK(combining.pays(kNoProbe));
  learn(combining, kUsual, 499);
  CHECK(!combining.pays(kNoProbe));
  CHECK(combining.pays(32));
}

TEST_CASE("a wide block is tried once where a usual one's keys repeat now and then, and more follow where it pays") {
  Combining combining;
  CHECK(combining.width(kNoProbe) == kUsual);  // nobody has looked yet
  learn(combining, kUsual, 100);
  CHECK(combining.width(kNoProbe) == kUsual);  // too few
  learn(combining, kUsual, 120);
  CHECK(combining.width(kNoProbe) == kWide);
  CHECK(combining.width(kNoProbe) == kUsual);  // until it is known what came of it
  learn(combining, kWide, 940);
  CHECK(combining.width(kNoProbe) == kWide);
  CHECK(combining.width(kNoProbe) == kWide);
}

TEST_CASE("where nearly all records of a usual block repeat double ones follow, until these show that it is over") {
  Combining combining;
  learn(combining, kUsual, 940);
  CHECK(combining.width(kNoProbe) == kDouble);
  CHECK(combining.width(32) == kUsual);
  combining.learn({.width = kDouble, .full = false, .records = 1000, .repeats = 10});
  CHECK(combining.width(kNoProbe) == kDouble);
  learn(combining, kDouble, 970);  // 940 of a usual one
  CHECK(combining.width(kNoProbe) == kDouble);
  learn(combining, kDouble, 800);
  CHECK(combining.width(kNoProbe) == kWide);
  CHECK(combining.pays(kNoProbe));
  learn(combining, kDouble, 740);
  CHECK(!combining.pays(kNoProbe));
  learn(combining, kDouble, 10);
  CHECK(combining.width(1025) == kUsual);
}

TEST_CASE("where keys repeat too little in a wide block a widest one is tried, and more follow where that pays") {
  Combining combining;
  try_wide(combining, 610);
  CHECK(combining.width(kNoProbe) == kWidest);
  CHECK(combining.width(kNoProbe) == kWidest);
  learn(combining, kWidest, 810);
  CHECK(combining.width(kNoProbe) == kWidest);
  learn(combining, kWidest, 790);
  CHECK(combining.width(kNoProbe) == kUsual);
}

TEST_CASE("where memory is too short for widest blocks wide ones have to pay themselves") {
  Combining combining;
  try_wide(combining, 700);
  for (const auto& [repeats, width] : {std::pair{std::uint64_t{760}, kWidest}, {std::uint64_t{740}, kUsual}}) {
    combining.learn({.width = kWide, .narrowed = true, .records = 1000, .repeats = repeats});
    CHECK(combining.width(kNoProbe) == width);
  }
}

TEST_CASE("where nearly all records of a widest block repeat, wide ones do") {
  Combining combining;
  try_wide(combining, 900);
  learn(combining, kWidest, 970);
  CHECK(combining.width(kNoProbe) == kWidest);
  learn(combining, kWidest, 980);
  CHECK(combining.width(kNoProbe) == kWide);
}

TEST_CASE("where a wide block does not pay another is tried much later, or once keys have become others") {
  Combining combining;
  try_wide(combining, 590);
  CHECK(combining.width(kNoProbe) == kUsual);
  CHECK(combining.width(33) == kUsual);
  CHECK(combining.width(1025) == kWide);
  learn(combining, kUsual, 80);
  learn(combining, kUsual, 300);  // as it wavers
  CHECK(combining.width(kNoProbe) == kUsual);
  learn(combining, kUsual, 0);
  CHECK(combining.width(1025) == kUsual);
  learn(combining, kUsual, 400);
  CHECK(combining.width(kNoProbe) == kWide);
}

TEST_CASE("where wide blocks pay a usual one is read now and then, and tells when they are over") {
  for (const BlockWidth width : {kWide, kWidest}) {
    Combining combining;
    try_wide(combining, width == kWide ? 950 : 900);
    CHECK(combining.width(kNoProbe) == width);
    CHECK(combining.width(32) == kUsual);
    CHECK(combining.pays(32));
    learn(combining, kUsual, 10);  // new keys
    CHECK(combining.width(kNoProbe) == kUsual);
    try_wide(combining, 900);
    learn(combining, kUsual, 960);  // fewer
    CHECK(combining.width(kNoProbe) == kDouble);
  }
}

TEST_CASE("a wide block that is part empty may tell that they pay, not that they don't") {
  Combining combining;
  try_wide(combining, 500, false);
  CHECK(combining.width(kNoProbe) == kUsual);  // the one that was tried told nothing
  combining.learn({.width = kWide, .full = false, .records = 1000, .repeats = 950});
  CHECK(combining.width(kNoProbe) == kWide);
  combining.learn({.width = kWide, .full = false, .records = 1000, .repeats = 500});
  CHECK(combining.width(kNoProbe) == kWide);
  combining.learn({.width = kWidest, .full = false, .records = 1000, .repeats = 850});
  CHECK(combining.width(kNoProbe) == kWidest);
  combining.learn({.width = kWidest, .full = false, .records = 1000, .repeats = 700});
  CHECK(combining.width(kNoProbe) == kWidest);
  learn(combining, kWidest, 700);
  CHECK(combining.width(kNoProbe) == kUsual);
}

}  // namespace combining_test
