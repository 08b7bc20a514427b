#include "pipeline/measure/change_points.hpp"

#include <doctest/doctest.h>

#include <random>

namespace change_points_test {

using namespace shardflow;

namespace {

using Indices = std::vector<std::size_t>;

// Levels of so many values each, with normal noise of 1 %.
std::vector<double> series(const std::vector<std::pair<std::size_t, double>>& levels, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(1, 0.01);
  std::vector<double> values;
  for (const auto& [length, level] : levels) {
    for (std::size_t i = 0; i < length; ++i) values.push_back(level * noise(random));
  }
  return values;
}

}  // namespace

TEST_CASE("a series without a change has none, but for the false alarms that were agreed on") {
  for (const std::size_t length : {10ul, 30ul, 200ul}) {
    int alarms = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
      alarms += change_points(series({{length, 5}}, seed)).empty() ? 0 : 1;
    CHECK(alarms <= 15);  // of 1,000 at 1 %: 10 are expected at most, more than 15 come by chance in 3 % of all seeds
  }
  CHECK(change_points(std::vector<double>(100, 3)).empty());
  CHECK(change_points({}).empty());
}

TEST_CASE("a step of 5 % is found where it is") {
  int exact = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Indices found = change_points(series({{20, 100}, {15, 105}}, seed));
    REQUIRE_FALSE(found.empty());
    exact += found.front() >= 19 && found.front() <= 21 ? 1 : 0;
  }
  CHECK(exact >= 195);
}

TEST_CASE("several steps are found, up and down") {
  CHECK(change_points(series({{25, 100}, {25, 110}, {25, 90}}, 1)) == Indices{25, 50});
  CHECK(change_points(series({{40, 100}, {40, 110}, {40, 100}}, 1)) == Indices{40, 80});
}

TEST_CASE("an outlier is no level, and a few values tell nothing") {
  std::vector<double> values = series({{40, 100}}, 1);
  values[20] = 1000;
  CHECK(change_points(values).empty());
  CHECK(change_points(series({{4, 100}, {4, 200}}, 1)).empty());
}

}  // namespace change_points_test
