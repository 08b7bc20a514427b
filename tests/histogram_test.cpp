#include "pipeline/measure/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace histogram_test {
namespace {

using shardflow::Histogram;

Histogram recorded(const std::vector<std::uint64_t>& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  return histogram;
}

// As likely of 10 ns as of 10 years: the bits are drawn first, then the value.
std::vector<std::uint64_t> random_values(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values) {
    const std::uint64_t bits = random() % 64;
    value = random() & ((std::uint64_t{1} << bits) - 1);
  }
  return values;
}

struct Line {
  double value = 0;
  double quantile = 0;
  std::uint64_t count = 0;
  double inverse = 0;
};

// The lines of an .hgrm text between header and footer, as a plotter reads them.
std::vector<Line> parse(const std::string& text) {
  std::istringstream in(text);
  std::vector<Line> lines;
  for (std::string row; std::getline(in, row);) {
    Line line;
    std::istringstream words(row);
    if (!(words >> line.value >> line.quantile >> line.count)) continue;
    if (!(words >> line.inverse)) line.inverse = INFINITY;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("a histogram with nothing in it answers 0") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min_ns() == 0);
  CHECK(histogram.max_ns() == 0);
  CHECK(histogram.mean_ns() == 0);
  CHECK(histogram.value_at_ns(0.5) == 0);
  CHECK(parse(histogram.hgrm()).empty());
}

TEST_CASE("values below 256 are kept exactly") {
  for (std::uint64_t value = 0; value < 256; ++value) {
    Histogram histogram = recorded({value});
    histogram.record(1'000'000);
    CHECK(histogram.value_at_ns(0.5) == value);
  }
}

TEST_CASE("a value is answered at most 1/128 too high and never too low") {
  std::vector<std::uint64_t> values = random_values(2'000, 1);
  for (int bit = 8; bit < 63; ++bit)
    for (const std::uint64_t offset : {0U, 1U, 2U}) values.push_back((std::uint64_t{1} << bit) - 1 + offset);
  values.push_back(Histogram::kLargestValue_ns);
  Histogram all;
  for (const std::uint64_t value : values) {
    Histogram pair = recorded({value});
    pair.record(Histogram::kLargestValue_ns);
    const std::uint64_t answered = pair.value_at_ns(0.5);
    CHECK(answered >= value);
    CHECK(answered - value <= value / 128);
  }
}

TEST_CASE("quantiles stand within 1/128 above those of the sorted values") {
  std::vector<std::uint64_t> values = random_values(10'000, 2);
  const Histogram histogram = recorded(values);
  std::ranges::sort(values);
  for (const double quantile : {0.0, 0.001, 0.07, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(quantile * 10'000 - 1e-6)));
    const std::uint64_t exact = values[rank - 1];
    CHECK(histogram.value_at_ns(quantile) >= exact);
    CHECK(histogram.value_at_ns(quantile) - exact <= exact / 128);
  }
}

TEST_CASE("count, least, largest and mean") {
  Histogram histogram;
  histogram.record(1'000, 3);
  histogram.record(5'000);
  histogram.record(7, 0);
  CHECK(histogram.count() == 4);
  CHECK(histogram.min_ns() == 1'000);
  CHECK(histogram.max_ns() == 5'000);
  CHECK(histogram.mean_ns() == doctest::Approx(2'000).epsilon(1.0 / 256));
  CHECK(histogram.standard_deviation_ns() == doctest::Approx(1'732).epsilon(1.0 / 128));
  CHECK(histogram.value_at_ns(1) == 5'000);
}

TEST_CASE("merging equals recording everything in one") {
  const std::vector<std::uint64_t> first = random_values(1'000, 3);
  const std::vector<std::uint64_t> second = random_values(500, 4);
  std::vector<std::uint64_t> both = first;
  both.insert(both.end(), second.begin(), second.end());
  Histogram merged = recorded(first);
  merged.merge(recorded(second));
  merged.merge(Histogram());
  CHECK(merged == recorded(both));
  CHECK(merged.hgrm() == recorded(both).hgrm());
  Histogram into_empty;
  into_empty.merge(merged);
  CHECK(into_empty == merged);
}

TEST_CASE("a count is the value recorded that often") {
  Histogram one_by_one;
  for (int time = 0; time < 1'000; ++time) one_by_one.record(12'345);
  Histogram at_once;
  at_once.record(12'345, 1'000);
  CHECK(at_once == one_by_one);
}

// What the JavaScript port of HdrHistogram expects of itself for these three values, but for the last line, which
// tells the size of the table.
TEST_CASE("the text is the one that HdrHistogram writes") {
  CHECK(recorded({25, 50, 75}).hgrm() ==
        "       Value     Percentile TotalCount 1/(1-Percentile)\n"
        "\n"
        "      25.000 0.000000000000          1           1.00\n"
        "      25.000 0.100000000000          1           1.11\n"
        "      25.000 0.200000000000          1           1.25\n"
        "      25.000 0.300000000000          1           1.43\n"
        "      50.000 0.400000000000          2           1.67\n"
        "      50.000 0.500000000000          2           2.00\n"
        "      50.000 0.550000000000          2           2.22\n"
        "      50.000 0.600000000000          2           2.50\n"
        "      50.000 0.650000000000          2           2.86\n"
        "      75.000 0.700000000000          3           3.33\n"
        "      75.000 1.000000000000          3\n"
        "#[Mean    =       50.000, StdDeviation   =       20.412]\n"
        "#[Max     =       75.000, Total count    =            3]\n"
        "#[Buckets =           56, SubBuckets     =          256]\n");
}

TEST_CASE("the text, read back, tells the same quantiles") {
  const Histogram histogram = recorded(random_values(5'000, 5));
  const std::vector<Line> lines = parse(histogram.hgrm());
  REQUIRE(lines.size() > 50);
  CHECK(std::ranges::is_sorted(lines, {}, &Line::quantile));
  CHECK(std::ranges::is_sorted(lines, {}, &Line::value));
  CHECK(lines.back().quantile == 1);
  CHECK(lines.back().count == 5'000);
  for (const Line& line : lines) {
    CHECK(line.value == static_cast<double>(histogram.value_at_ns(line.quantile)));
    CHECK(static_cast<double>(line.count) >= line.quantile * 5'000);
    if (line.quantile < 1) CHECK(line.inverse == doctest::Approx(1 / (1 - line.quantile)).epsilon(0.01));
  }
}

TEST_CASE("more durations than a double can tell apart still make a text that ends") {
  Histogram histogram;
  histogram.record(1, std::uint64_t{1} << 62);
  histogram.record(2);
  const std::vector<Line> lines = parse(histogram.hgrm());
  CHECK(lines.size() < 300);
  CHECK(lines.back().value == 2);
  CHECK(histogram.value_at_ns(1) == 2);
}

}  // namespace histogram_test
