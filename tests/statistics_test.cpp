#include "pipeline/measure/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace statistics_test {
namespace {

using shardflow::holm_adjusted;
using shardflow::Interval;
using shardflow::median;
using shardflow::median_interval;
using shardflow::paired_ratios;
using shardflow::quantile;
using shardflow::wilcoxon_p_value;
using shardflow::WilcoxonMethod;
using Sample = std::vector<double>;

// The numbers from 1 to `count`, so that a value is its rank.
Sample ranks(std::size_t count) {
  Sample sample(count);
  std::iota(sample.begin(), sample.end(), 1.0);
  return sample;
}

double uniform(std::mt19937_64& random) { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; }

// Box and Muller (1958), so that the numbers do not depend on the standard library.
double normal(std::mt19937_64& random) {
  const double radius = std::sqrt(-2 * std::log(uniform(random)));
  return radius * std::cos(2 * 3.14159265358979323846 * uniform(random));
}

double lognormal(std::mt19937_64& random) { return std::exp(normal(random)); }

// Two modes of equal weight, twelve standard deviations apart: a machine with two clock rates.
double bimodal(std::mt19937_64& random) { return normal(random) + (uniform(random) < 0.5 ? -6 : 6); }

Sample draw(std::size_t count, const std::function<double()>& one) {
  Sample sample(count);
  std::ranges::generate(sample, one);
  return sample;
}

// The share of 1,000 intervals that hold the truth.
double coverage(double truth, const std::function<Interval()>& interval) {
  int held = 0;
  for (int sample = 0; sample < 1'000; ++sample) held += interval().contains(truth);
  return held / 1'000.0;
}

// Differences of sizes 1 to `count`, of which the negative ones sum up to `negative_sum`.
Sample with_negative_sum(std::size_t count, std::size_t negative_sum) {
  Sample differences = ranks(count);
  for (std::size_t rank = count; rank > 0; --rank)
    if (rank <= negative_sum) {
      differences[rank - 1] *= -1;
      negative_sum -= rank;
    }
  return differences;
}

// By the test's definition: the share of all signs whose positive ranks sum up to at least as much.
double p_value_by_enumeration(const Sample& midranks, double positive_sum) {
  std::size_t as_large = 0;
  for (std::size_t signs = 0; signs < std::size_t{1} << midranks.size(); ++signs) {
    double sum = 0;
    for (std::size_t index = 0; index < midranks.size(); ++index)
      if ((signs >> index & 1) != 0) sum += midranks[index];
    as_large += sum >= positive_sum;
  }
  return static_cast<double>(as_large) / std::ldexp(1, static_cast<int>(midranks.size()));
}

Sample difference(const Sample& left, const Sample& right) {
  Sample result(left.size());
  std::ranges::transform(left, right, result.begin(), std::minus<>());
  return result;
}

Sample numbers(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<double>(in), {}};
}

// The fields of each line of data/statistics/NAME.tsv but for the header; see its README.
std::vector<std::vector<std::string>> vectors(const std::string& name) {
  std::ifstream in(SHARDFLOW_DATA "/statistics/" + name + ".tsv");
  std::vector<std::vector<std::string>> rows;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    std::istringstream fields(line);
    std::vector<std::string>& row = rows.emplace_back();
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
  }
  REQUIRE(rows.size() > 10);
  return rows;
}

Sample negated(Sample sample) {
  for (double& value : sample) value = -value;
  return sample;
}

}  // namespace

TEST_CASE("the median is the middle, or half-way between the two in the middle") {
  CHECK(median(Sample{7}) == 7);
  CHECK(median(Sample{9, 1, 5}) == 5);
  CHECK(median(Sample{4, 1, 3, 2}) == 2.5);
}

TEST_CASE("a quantile lies between its neighbours, as in R's type 7") {
  const Sample sample{40, 10, 30, 20};
  CHECK(quantile(sample, 0) == 10);
  CHECK(quantile(sample, 0.25) == 17.5);
  CHECK(quantile(sample, 0.5) == 25);
  CHECK(quantile(sample, 0.9) == doctest::Approx(37));
  CHECK(quantile(sample, 1) == 40);
}

TEST_CASE("quantiles are those of NumPy") {
  for (const auto& row : vectors("quantile")) {
    CAPTURE(row[1]);
    CHECK(quantile(numbers(row[2]), std::stod(row[1])) == doctest::Approx(std::stod(row[0])).epsilon(1e-12));
  }
}

// The ranks are those of Conover, "Practical Nonparametric Statistics" (1999), table A3.
TEST_CASE("the median's interval lies between tabled ranks") {
  struct Row {
    std::size_t count;
    double low;
    double high;
    double confidence;
  };
  for (const Row& row : {Row{6, 1, 6, 0.96875}, Row{10, 2, 9, 0.97852}, Row{15, 4, 12, 0.96484},
                         Row{20, 6, 15, 0.95861}, Row{30, 10, 21, 0.95723}}) {
    const Interval interval = median_interval(ranks(row.count));
    CHECK(interval.low == row.low);
    CHECK(interval.high == row.high);
    CHECK(interval.confidence == doctest::Approx(row.confidence).epsilon(1e-5));
  }
}

TEST_CASE("the median's interval is the narrowest with the confidence asked for") {
  for (std::size_t count = 1; count <= 120; ++count)
    for (const double confidence : {0.5, 0.9, 0.95, 0.99}) {
      double at_most = std::ldexp(1, -static_cast<int>(count));  // that no value lies below the median
      double term = at_most;
      std::size_t outside = 0;
      while (true) {
        term *= static_cast<double>(count - outside) / static_cast<double>(outside + 1);
        if (at_most + term > (1 - confidence) / 2) break;
        at_most += term;
        ++outside;
      }
      const Interval interval = median_interval(ranks(count), confidence);
      CHECK(interval.low == static_cast<double>(outside + 1));
      CHECK(interval.high == static_cast<double>(count - outside));
      CHECK(interval.confidence == doctest::Approx(1 - 2 * at_most));
    }
}

TEST_CASE("with too few values the interval is their range, and says that it is worth less") {
  const Interval five = median_interval(ranks(5));
  CHECK(five.low == 1);
  CHECK(five.high == 5);
  CHECK(five.confidence == doctest::Approx(0.9375));
  const Interval one = median_interval(Sample{3});
  CHECK(one.low == 3);
  CHECK(one.high == 3);
  CHECK(one.confidence == doctest::Approx(0));
}

TEST_CASE("95 % intervals of the median hold it in 92 to 98 % of the samples") {
  std::mt19937_64 random(7);
  struct Distribution {
    double median;
    double (*draw)(std::mt19937_64&);
  };
  for (const Distribution& from : {Distribution{0, normal}, Distribution{1, lognormal}, Distribution{0, bimodal}})
    for (const std::size_t count : {6U, 7U, 15U, 30U}) {
      const double held =
          coverage(from.median, [&] { return median_interval(draw(count, [&] { return from.draw(random); })); });
      CAPTURE(count);
      // So few values make no pair of just 95 %: of 6 and 7 it is their whole range, of 96.9 and 98.4 %.
      CHECK(held >= (count == 7 ? 0.97 : 0.92));
      CHECK(held <= (count <= 7 ? 0.995 : 0.98));
    }
}

TEST_CASE("what slows both of a pair cancels in their ratio") {
  std::mt19937_64 random(2);
  const double held = coverage(1.05, [&] {
    Sample before = draw(20, [&] { return 100 * lognormal(random); });
    Sample after = before;
    for (double& value : after) value *= 1.05 * std::exp(0.02 * normal(random));
    const Interval interval = median_interval(paired_ratios(before, after));
    CHECK(interval.high - interval.low < 0.1);
    return interval;
  });
  CHECK(held >= 0.92);
  CHECK(held <= 0.98);
}

// The corn of Wilcoxon, "Individual comparisons by ranking methods" (1945), as in SciPy's documentation.
TEST_CASE("the signed-rank test of Wilcoxon's corn") {
  const Sample corn{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
  CHECK(wilcoxon_p_value(corn) == doctest::Approx(0.0206298828125));
}

// From R 3.4.1's wilcox.test, by way of SciPy's tests.
TEST_CASE("exact p-values are those of R") {
  const Sample first = difference({1.81, 0.82, 1.56, -0.48, 0.81, 1.28, -1.04, 0.23, -0.75, 0.14},
                                  {0.71, 0.65, -0.2, 0.85, -1.1, -0.45, -0.84, -0.24, -0.68, -0.76});
  CHECK(wilcoxon_p_value(first) == doctest::Approx(0.05273438).epsilon(1e-6));
  CHECK(wilcoxon_p_value(negated(first)) == doctest::Approx(0.9580078).epsilon(1e-6));
  Sample second;
  for (int index = 0; index < 20; ++index) second.push_back(index + 0.5 - (20 - index));
  CHECK(wilcoxon_p_value(second) == doctest::Approx(0.5795889).epsilon(1e-6));
  CHECK(wilcoxon_p_value(negated(second)) == doctest::Approx(0.4347439).epsilon(1e-6));
}

// Likewise, with exact = FALSE and correct = TRUE; there are ties, and a zero that is dropped.
TEST_CASE("approximate p-values are those of R") {
  const Sample tied = difference({125, 115, 130, 140, 140, 115, 140, 125, 140, 135},
                                 {110, 122, 125, 120, 140, 124, 123, 137, 135, 145});
  CHECK(wilcoxon_p_value(tied, WilcoxonMethod::kNormal) == doctest::Approx(0.3176447).epsilon(1e-6));
  CHECK(wilcoxon_p_value(negated(tied), WilcoxonMethod::kNormal) == doctest::Approx(0.7233656).epsilon(1e-6));
  const double two_sided = 0.001904195;
  CHECK(wilcoxon_p_value(Sample(10, 0.1), WilcoxonMethod::kNormal) == doctest::Approx(two_sided / 2).epsilon(1e-6));
}

// The largest rank sums that are significant at 5 % and at 2.5 %, one-sided; the second list is A226330 of the
// On-Line Encyclopedia of Integer Sequences.
TEST_CASE("critical values are those of the tables") {
  const auto holds = [](std::size_t count, std::size_t critical, double level) {
    CAPTURE(count);
    CHECK(wilcoxon_p_value(with_negative_sum(count, critical)) <= level);
    CHECK(wilcoxon_p_value(with_negative_sum(count, critical + 1)) > level);
  };
  std::size_t count = 5;
  for (const std::size_t critical : {0U, 2U, 3U, 5U, 8U, 10U, 13U, 17U, 21U, 25U, 30U, 35U, 41U, 47U, 53U, 60U})
    holds(count++, critical, 0.05);
  count = 6;
  for (const std::size_t critical :
       {0U,   2U,   3U,   5U,   8U,   10U,  13U,  17U,  21U,  25U,  29U,  34U,  40U,  46U,  52U,
        58U,  65U,  73U,  81U,  89U,  98U,  107U, 116U, 126U, 137U, 147U, 159U, 170U, 182U, 195U,
        208U, 221U, 235U, 249U, 264U, 279U, 294U, 310U, 327U, 343U, 361U, 378U, 396U, 415U, 434U})
    holds(count++, critical, 0.025);
}

TEST_CASE("above 50 differences the approximation keeps to the table within 3 %") {
  std::size_t count = 51;
  for (const std::size_t critical : {453U, 473U, 494U, 514U, 536U, 557U, 579U, 602U, 625U, 648U, 672U, 697U}) {
    CHECK(wilcoxon_p_value(with_negative_sum(count, critical)) < 0.025 * 1.03);
    CHECK(wilcoxon_p_value(with_negative_sum(count, critical + 1)) > 0.025);
    ++count;
  }
}

TEST_CASE("ties are exact too") {
  const Sample tied{3, -1, 3, 2, -3, 2, 5, 1, 4, -4};
  const Sample midranks{1.5, 1.5, 3.5, 3.5, 6, 6, 6, 8.5, 8.5, 10};
  const double positive_sum = 55 - 1.5 - 6 - 8.5;
  CHECK(wilcoxon_p_value(tied) == doctest::Approx(p_value_by_enumeration(midranks, positive_sum)));
}

TEST_CASE("the sides of the test overlap in what was seen, and zeros say nothing") {
  const Sample sample{1, -2, 3, 4, -5, 6};
  Sample with_zeros = sample;
  with_zeros.insert(with_zeros.begin() + 2, 3, 0.0);
  CHECK(wilcoxon_p_value(with_zeros) == wilcoxon_p_value(sample));
  CHECK(wilcoxon_p_value(sample) + wilcoxon_p_value(negated(sample)) > 1);
  CHECK(wilcoxon_p_value(Sample{}) == 1);
  CHECK(wilcoxon_p_value(Sample(9, 0.0)) == 1);
  CHECK(wilcoxon_p_value(Sample{1}) == 0.5);
}

TEST_CASE("p-values are those of SciPy, exact ones and approximate ones, with ties and zeros") {
  for (const auto& row : vectors("wilcoxon")) {
    CAPTURE(row[2]);
    const WilcoxonMethod method = row[1] == "exact" ? WilcoxonMethod::kExact : WilcoxonMethod::kNormal;
    CHECK(wilcoxon_p_value(numbers(row[2]), method) == doctest::Approx(std::stod(row[0])).epsilon(1e-9));
  }
}

TEST_CASE("Holm's correction is that of statsmodels") {
  for (const auto& row : vectors("holm")) {
    const Sample adjusted = holm_adjusted(numbers(row[1]));
    const Sample expected = numbers(row[0]);
    REQUIRE(adjusted.size() == expected.size());
    for (std::size_t index = 0; index < expected.size(); ++index)
      CHECK(adjusted[index] == doctest::Approx(expected[index]).epsilon(1e-12));
  }
}

// The first from the documentation of Pingouin's multicomp, the second from that of stdlib's padjust.
TEST_CASE("Holm's correction gives published values, in the order given") {
  const auto check = [](const Sample& p_values, const Sample& expected) {
    const Sample adjusted = holm_adjusted(p_values);
    REQUIRE(adjusted.size() == expected.size());
    for (std::size_t index = 0; index < expected.size(); ++index)
      CHECK(adjusted[index] == doctest::Approx(expected[index]));
  };
  check({0.50, 0.003, 0.32, 0.054, 0.0003}, {0.64, 0.012, 0.64, 0.162, 0.0015});
  check({0.319, 0.201, 0.4, 0.374, 0.113}, {0.957, 0.804, 0.957, 0.957, 0.565});
  check({0.7, 0.8}, {1, 1});
  check({}, {});
}

}  // namespace statistics_test
