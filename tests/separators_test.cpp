#include "pipeline/input/separators.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace shardflow;

TEST_CASE("the positions found are those that a plain loop finds, for any density of separators") {
  std::mt19937 random(3);
  for (const unsigned one_in : {1u, 2u, 8u, 64u, 1000u}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::string text(100 + kScanBytes, 'x');
      for (char& c : text) {
        if (random() % one_in == 0) c = random() % 2 == 0 ? '\t' : '\n';
      }
      const auto begin = static_cast<std::uint32_t>(random() % 100);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = begin; i < begin + kScanBytes; ++i) {
        if (text[i] == '\t' || text[i] == '\n') expected.push_back(i);
      }
      std::vector<std::uint32_t> found(kScanBytes + 8);
      found.resize(
          static_cast<std::size_t>(write_positions(text.data(), begin, '\t', '\n', found.data()) - found.data()));
      CHECK(found == expected);
    }
  }
}

TEST_CASE("an odd number of a byte is what counting them says, for texts of every length") {
  std::mt19937 random(5);
  for (std::size_t bytes = 0; bytes < 300; ++bytes) {
    std::string text(bytes, 'x');
    for (char& c : text) {
      if (random() % 3 == 0) c = '"';
    }
    CHECK(odd_number_of('"', text) == (std::ranges::count(text, '"') % 2 == 1));
  }
}
