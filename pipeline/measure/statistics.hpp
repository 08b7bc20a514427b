// What repeated measurements say: medians with intervals, and tests that need no normal distribution.
//
// Nothing here draws random numbers: equal samples give equal answers, on every machine.
#pragma once

#include <span>
#include <vector>

namespace shardflow {

// From `low` to `high`, ends included. Out of many intervals made this way, the share `confidence` holds the
// true value.
struct Interval {
  double low = 0;
  double high = 0;
  double confidence = 0;

  bool contains(double value) const { return low <= value && value <= high; }
};

// The value below which the share `probability` of the sample lies, interpolated between neighbours: definition
// 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (1996), which R and NumPy use too.
// REQUIRES: a sample that is not empty; a probability from 0 to 1.
double quantile(std::span<const double> sample, double probability);

double median(std::span<const double> sample);

// An interval for the median of what the sample was drawn from: the narrowest pair of its values, equally far
// from both ends, that holds the median with at least the confidence asked for. This is exact for every
// continuous distribution (David and Nagaraja, "Order Statistics", 2003, section 7.1). Its `confidence` is what
// the pair achieves: asked for 95 %, 96.5 % with 15 values, 95.7 % with 30.
//
// With too few values there is no such pair; then it is the sample's range, and its `confidence` is smaller than
// asked for: 93.75 % with 5 values.
// REQUIRES: a sample that is not empty; 0 < confidence < 1.
//
// Not a bootstrap: measured over 2,000 samples, a 95 % percentile bootstrap of the median held it in 91-93 % of
// the samples with 15 values and in 86-88 % with 7, and BCa in the same; this one in 95 % at least.
Interval median_interval(std::span<const double> sample, double confidence = 0.95);

// after[i] / before[i]: what a change did, pair by pair, so that what slows both of a pair cancels. To be given
// to median and median_interval.
// REQUIRES: equal sizes; before[i] > 0.
std::vector<double> paired_ratios(std::span<const double> before, std::span<const double> after);

enum class WilcoxonMethod {
  kAutomatic,  // exact up to 50 differences, normal above
  kExact,      // over all 2^n signs, ties included. REQUIRES: at most 50 differences that are not zero
  kNormal,     // the normal approximation, corrected for ties and for continuity
};

// Wilcoxon's signed-rank test (1945), one-sided: how probable it is that differences which are as likely positive
// as negative would be at least as positive as these. Small: they are truly positive. Negate them for the other
// side. Zeros are dropped first, as Wilcoxon, R and SciPy do; 1 if nothing is left.
double wilcoxon_p_value(std::span<const double> differences, WilcoxonMethod method = WilcoxonMethod::kAutomatic);

// The p-values of several tests, each raised so that comparing all of them with a level keeps the probability of
// even one false alarm below that level: Holm, "A simple sequentially rejective multiple test procedure" (1979).
// In the order given.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace shardflow
