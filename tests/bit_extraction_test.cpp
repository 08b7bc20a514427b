// Every way to put bits side by side that this processor has gives what doing it bit by bit gives.
#include "pipeline/output/bit_extraction.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <vector>

namespace bit_extraction_test {

using namespace shardflow;

namespace {

std::uint32_t bit_by_bit(std::uint64_t number, std::uint64_t mask) {
  std::uint32_t bits = 0;
  int done = 0;
  for (int i = 0; i < 64; ++i) {
    if ((mask >> i & 1) != 0) bits |= static_cast<std::uint32_t>(number >> i & 1) << done++;
  }
  return bits;
}

}  // namespace

TEST_CASE("each way puts a mask's bits side by side, of numbers that lie apart too") {
  struct Spaced {
    std::uint64_t number;
    std::uint64_t other;
  };
  for (const BitExtraction& way : bit_extractions()) {
    if (!way.supported) continue;
    CAPTURE(way.name);
    CHECK(rc::check([&](std::uint64_t mask, const std::vector<std::uint64_t>& numbers) {
      mask = highest_bits(mask, *rc::gen::inRange(0, 33));
      std::vector<Spaced> spaced;
      for (const std::uint64_t number : numbers) spaced.push_back({number, ~number});
      std::vector<std::uint32_t> bits(numbers.size());
      way.extract(spaced.data(), sizeof(Spaced), spaced.size(), mask, bits.data());
      for (std::size_t i = 0; i < bits.size(); ++i) RC_ASSERT(bits[i] == bit_by_bit(numbers[i], mask));
    }));
  }
}

TEST_CASE("one of the ways is for any processor, and the bits at both ends and whole words are extracted") {
  REQUIRE(bit_extractions().back().supported);
  const std::uint64_t number = 0x9234'5678'9abc'def1;
  for (const BitExtraction& way : bit_extractions()) {
    if (!way.supported) continue;
    CAPTURE(way.name);
    const auto extracted = [&](std::uint64_t mask) {
      std::uint32_t bits = 1;
      way.extract(&number, sizeof number, 1, mask, &bits);
      return bits;
    };
    CHECK(extracted(0) == 0);
    CHECK(extracted(std::uint64_t{1} << 63 | 1) == 3);
    CHECK(extracted(0xffff'ffff) == 0x9abc'def1);
    CHECK(extracted(std::uint64_t{0xffff'ffff} << 32) == 0x9234'5678);
  }
}

TEST_CASE("the highest bits of a mask are as many as asked for, or all") {
  CHECK(highest_bits(0b1011'0110, 2) == 0b1010'0000);
  CHECK(highest_bits(0b1011'0110, 0) == 0);
  CHECK(highest_bits(0b1011'0110, 64) == 0b1011'0110);
}

}  // namespace bit_extraction_test
