#include "pipeline/input/separators.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace separators_test {

using namespace shardflow;

TEST_CASE("every way finds the positions that a plain loop finds, for any density of separators") {
  std::mt19937 random(3);
  for (const unsigned one_in : {1u, 2u, 8u, 64u, 1000u}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::string text(300 + kScanBytes, 'x');
      for (char& c : text) {
        if (random() % one_in == 0) c = random() % 2 == 0 ? '\t' : '\n';
      }
      const auto begin = static_cast<std::uint32_t>(random() % 100);
      const auto end = begin + static_cast<std::uint32_t>(random() % 200);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = begin; i < end; ++i) {
        if (text[i] == '\t' || text[i] == '\n') expected.push_back(i);
      }
      for (const SeparatorScan& scan : separator_scans()) {
        if (!scan.supported) continue;
        CAPTURE(scan.name);
        std::vector<std::uint32_t> found(end - begin + kScanBytes + kScanSlack);
        const auto* const last = scan.positions(text.data(), begin, end, '\t', '\n', found.data());
        found.resize(static_cast<std::size_t>(last - found.data()));
        CHECK(found == expected);
      }
    }
  }
  CHECK(separator_scans().back().supported);
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

}  // namespace separators_test
