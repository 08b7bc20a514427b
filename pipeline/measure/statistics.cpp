#include "pipeline/measure/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <numeric>

namespace shardflow {
namespace {

// 2^50 signs: the most whose counts a double still holds exactly, with room.
constexpr std::size_t kMostExactDifferences = 50;

std::vector<double> sorted(std::span<const double> sample) {
  std::vector<double> values(sample.begin(), sample.end());
  std::ranges::sort(values);
  return values;
}

std::vector<double> by_size_without_zeros(std::span<const double> differences) {
  std::vector<double> kept;
  std::ranges::copy_if(differences, std::back_inserter(kept), [](double difference) { return difference != 0; });
  std::ranges::sort(kept, {}, [](double difference) { return std::abs(difference); });
  return kept;
}

// The ranks of the differences by size. Equal sizes share the mean of their ranks, so the ranks are doubled, which
// makes all of them whole.
struct SignedRanks {
  std::vector<std::size_t> doubled_ranks;
  std::size_t doubled_positive_sum = 0;
  double tie_term = 0;  // the sum of t^3 - t over groups of t equal sizes
};

void rank_group(std::span<const double> group, std::size_t rank_before, SignedRanks& ranks) {
  const std::size_t doubled_rank = 2 * rank_before + group.size() + 1;
  const auto positive = std::ranges::count_if(group, [](double difference) { return difference > 0; });
  ranks.doubled_ranks.insert(ranks.doubled_ranks.end(), group.size(), doubled_rank);
  ranks.doubled_positive_sum += static_cast<std::size_t>(positive) * doubled_rank;
  const auto ties = static_cast<double>(group.size());
  ranks.tie_term += ties * ties * ties - ties;
}

SignedRanks rank(std::span<const double> by_size) {
  SignedRanks ranks;
  for (std::size_t first = 0; first < by_size.size();) {
    std::size_t last = first;
    while (last < by_size.size() && std::abs(by_size[last]) == std::abs(by_size[first])) ++last;
    rank_group(by_size.subspan(first, last - first), first, ranks);
    first = last;
  }
  return ranks;
}

// Counts the sets of ranks for each sum, one rank at a time; the shift algorithm of Streitberg and Roehmel,
// "Exact distributions for permutation and rank tests" (1986).
double exact_p_value(const SignedRanks& ranks) {
  const std::size_t largest = std::accumulate(ranks.doubled_ranks.begin(), ranks.doubled_ranks.end(), std::size_t{0});
  std::vector<double> sets(largest + 1, 0);
  sets[0] = 1;
  std::size_t reached = 0;
  for (const std::size_t rank : ranks.doubled_ranks) {
    reached += rank;
    for (std::size_t sum = reached; sum >= rank; --sum) sets[sum] += sets[sum - rank];
  }
  const auto tail = sets.begin() + static_cast<std::ptrdiff_t>(ranks.doubled_positive_sum);
  return std::ldexp(std::accumulate(tail, sets.end(), 0.0), -static_cast<int>(ranks.doubled_ranks.size()));
}

// Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods" (2014), section 3.1.
double normal_p_value(const SignedRanks& ranks) {
  const auto count = static_cast<double>(ranks.doubled_ranks.size());
  const double mean = count * (count + 1) / 4;
  const double variance = count * (count + 1) * (2 * count + 1) / 24 - ranks.tie_term / 48;
  const double at_least = static_cast<double>(ranks.doubled_positive_sum) / 2 - 0.5;
  return cdf(complement(boost::math::normal(), (at_least - mean) / std::sqrt(variance)));
}

}  // namespace

double quantile(std::span<const double> sample, double probability) {
  assert(!sample.empty() && probability >= 0 && probability <= 1);
  const std::vector<double> values = sorted(sample);
  const double position = probability * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

double median(std::span<const double> sample) { return quantile(sample, 0.5); }

// The median lies below the value with `outside` values before it just if at most `outside` of the sample lie
// below the median; and each one lies there with probability one half.
Interval median_interval(std::span<const double> sample, double confidence) {
  assert(!sample.empty() && confidence > 0 && confidence < 1);
  const std::vector<double> values = sorted(sample);
  const boost::math::binomial below_median(static_cast<double>(values.size()), 0.5);
  // Boost rounds a lower quantile down: the most values whose probability is still small enough, or none.
  const double outside = boost::math::quantile(below_median, (1 - confidence) / 2);
  const auto index = static_cast<std::size_t>(outside);
  return {values[index], values[values.size() - 1 - index], 1 - 2 * cdf(below_median, outside)};
}

std::vector<double> paired_ratios(std::span<const double> before, std::span<const double> after) {
  assert(before.size() == after.size());
  assert(std::ranges::all_of(before, [](double value) { return value > 0; }));
  std::vector<double> ratios(before.size());
  std::ranges::transform(after, before, ratios.begin(), std::divides<>());
  return ratios;
}

double wilcoxon_p_value(std::span<const double> differences, WilcoxonMethod method) {
  const SignedRanks ranks = rank(by_size_without_zeros(differences));
  const std::size_t count = ranks.doubled_ranks.size();
  if (count == 0) return 1;
  const bool few = count <= kMostExactDifferences;
  assert(few || method != WilcoxonMethod::kExact);
  const bool exact = method == WilcoxonMethod::kAutomatic ? few : method == WilcoxonMethod::kExact;
  return exact ? exact_p_value(ranks) : normal_p_value(ranks);
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t index) { return p_values[index]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const auto not_smaller = static_cast<double>(order.size() - place);
    largest = std::max(largest, std::min(1.0, not_smaller * p_values[order[place]]));
    adjusted[order[place]] = largest;
  }
  return adjusted;
}

}  // namespace shardflow
