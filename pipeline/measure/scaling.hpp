// Laws of scalability, fitted to measured throughput: what N threads (or shards, or users) make of one.
#pragma once

#include <optional>
#include <span>

#include "pipeline/measure/statistics.hpp"

namespace shardflow {

struct ScalingPoint {
  double concurrency = 1;  // N; at least 1
  double throughput = 0;   // X(N), in any unit; more than 0
};

struct Estimate {
  double value = 0;
  Interval interval;
};

// X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)): the Universal Scalability Law of Gunther, "Guerrilla
// Capacity Planning" (2007), chapters 4 and 5. With kappa = 0 it is Amdahl's law, X(N) = lambda / (sigma +
// (1 - sigma) / N), and sigma is the serial fraction.
struct ScalingFit {
  Estimate lambda;               // the throughput of N = 1; >= 0
  Estimate sigma;                // contention: the share that must queue; 0 to 1
  Estimate kappa;                // coherency: what each pair costs to agree; >= 0
  Estimate best_concurrency;     // sqrt((1 - sigma) / kappa), at least 1: beyond it throughput falls; infinite: never
  double residual_relative = 0;  // root mean square of (measured - fitted) / measured

  double throughput_at(double concurrency) const;
};

enum class Noise {
  kProportional,  // to each throughput, as that of repeated timings is
  kConstant,      // the same for all N: plain least squares, as in Gunther's book and in R's package usl
};

struct FitOptions {
  double confidence = 0.95;  // of each interval; between 0 and 1
  // With the wrong one, intervals are too narrow: kConstant for noise of 1-5 % of each throughput let 95 %
  // intervals for kappa hold it in 84 % of the fits.
  Noise noise = Noise::kProportional;
};

// The least-squares fit; empty with fewer than 3 different N, which say nothing about the curve between them.
// Repeated measurements of one N are points of their own.
//
// Intervals come from the fit's covariance and Student's t, cut to the range that a parameter can have. That of
// the best N is Fieller's: where kappa can't be told from 0, it has no upper end. With as many points as
// parameters nothing is known of the noise, and each interval is all that a parameter can be.
// REQUIRES: points and options as above.
std::optional<ScalingFit> fit_amdahl(std::span<const ScalingPoint> points, const FitOptions& options = {});
std::optional<ScalingFit> fit_universal(std::span<const ScalingPoint> points, const FitOptions& options = {});

}  // namespace shardflow
