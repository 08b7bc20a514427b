#include "pipeline/measure/scaling.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <vector>

namespace shardflow {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kLeastDistinct = 3;
constexpr std::size_t kLambda = 0;
constexpr std::size_t kSigma = 1;
constexpr std::size_t kKappa = 2;
constexpr std::size_t kParameters = 3;

using Vector = std::array<double, kParameters>;
using Matrix = std::array<Vector, kParameters>;
using Mask = std::array<bool, kParameters>;

constexpr Vector kUpper{kInfinity, 1, kInfinity};  // each lower bound is 0
constexpr Mask kAmdahl{true, true, false};
constexpr Mask kUniversal{true, true, true};

// A point, and what its residual counts.
struct Observation {
  double n;
  double throughput;
  double weight;
};

double fitted(const Vector& at, double n) {
  return at[kLambda] * n / (1 + at[kSigma] * (n - 1) + at[kKappa] * n * (n - 1));
}

// The derivatives of `fitted` by each parameter.
Vector slope(const Vector& at, double n) {
  const double per_lambda = n / (1 + at[kSigma] * (n - 1) + at[kKappa] * n * (n - 1));
  const double per_sigma = -at[kLambda] * per_lambda * per_lambda * (n - 1) / n;
  return {per_lambda, per_sigma, per_sigma * n};
}

// The sum of squared residuals at a place, and what leads away from it. Residuals and slopes are weighted.
struct Neighbourhood {
  double squares = 0;
  Vector downhill{};   // the slopes, transposed, times the residuals
  Matrix curvature{};  // the slopes, transposed, times the slopes
};

Neighbourhood look_around(std::span<const Observation> observations, const Vector& at) {
  Neighbourhood around;
  for (const Observation& observation : observations) {
    const double residual = observation.weight * (observation.throughput - fitted(at, observation.n));
    Vector slopes = slope(at, observation.n);
    for (double& each : slopes) each *= observation.weight;
    around.squares += residual * residual;
    for (std::size_t row = 0; row < kParameters; ++row) {
      around.downhill[row] += slopes[row] * residual;
      for (std::size_t column = 0; column < kParameters; ++column)
        around.curvature[row][column] += slopes[row] * slopes[column];
    }
  }
  return around;
}

// Leaves the parameters that are not free out of the equations: their solution is 0.
void pin(const Mask& free, Matrix& matrix, Vector& right) {
  for (std::size_t fixed = 0; fixed < kParameters; ++fixed) {
    if (free[fixed]) continue;
    for (std::size_t other = 0; other < kParameters; ++other) matrix[fixed][other] = matrix[other][fixed] = 0;
    matrix[fixed][fixed] = 1;
    right[fixed] = 0;
  }
}

// Gaussian elimination; without pivoting, as the matrix is positive definite.
Vector solve(Matrix matrix, Vector right) {
  for (std::size_t pivot = 0; pivot < kParameters; ++pivot) {
    for (std::size_t row = pivot + 1; row < kParameters; ++row) {
      const double factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (std::size_t column = pivot; column < kParameters; ++column)
        matrix[row][column] -= factor * matrix[pivot][column];
      right[row] -= factor * right[pivot];
    }
  }
  for (std::size_t row = kParameters; row-- > 0;) {
    for (std::size_t column = row + 1; column < kParameters; ++column)
      right[row] -= matrix[row][column] * right[column];
    right[row] /= matrix[row][row];
  }
  return right;
}

// One step of Levenberg and Marquardt with Marquardt's scaling (1963), cut to the bounds. A parameter that lies
// on a bound and would leave through it stays where it is.
Vector step(const Vector& from, const Neighbourhood& around, Mask free, double damping) {
  Matrix matrix = around.curvature;
  Vector right = around.downhill;
  for (std::size_t row = 0; row < kParameters; ++row) {
    matrix[row][row] *= 1 + damping;
    const bool leaves = (from[row] <= 0 && right[row] < 0) || (from[row] >= kUpper[row] && right[row] > 0);
    free[row] = free[row] && !leaves;
  }
  pin(free, matrix, right);
  Vector to = solve(matrix, right);
  for (std::size_t row = 0; row < kParameters; ++row) to[row] = std::clamp(from[row] + to[row], 0.0, kUpper[row]);
  return to;
}

// Goes downhill until no step, however short, leads further down.
Vector minimise(std::span<const Observation> observations, Vector at, const Mask& free) {
  constexpr int kMostSteps = 1000;  // over 20,000 random curves, 32 were usual and 138 the most
  constexpr double kMostDamping = 1e15;
  Neighbourhood around = look_around(observations, at);
  double damping = 1e-3;
  for (int steps = 0; steps < kMostSteps && damping < kMostDamping; ++steps) {
    const Vector next = step(at, around, free, damping);
    const Neighbourhood there = look_around(observations, next);
    const bool lower = there.squares < around.squares;
    damping *= lower ? 0.1 : 10;
    if (!lower) continue;
    at = next;
    around = there;
  }
  return at;
}

// The inverse of the curvature, times the variance of the noise, times Student's t squared: half an interval is
// the root of a diagonal element.
Matrix spread(const Neighbourhood& around, const Mask& free, std::size_t observations, double confidence) {
  const auto parameters = static_cast<std::size_t>(std::ranges::count(free, true));
  if (observations == parameters) return {{{kInfinity, 0, 0}, {0, kInfinity, 0}, {0, 0, kInfinity}}};
  const auto degrees = static_cast<double>(observations - parameters);
  const double t = quantile(complement(boost::math::students_t(degrees), (1 - confidence) / 2));
  Matrix result{};
  for (std::size_t row = 0; row < kParameters; ++row) {
    if (!free[row]) continue;
    Matrix matrix = around.curvature;
    Vector unit{};
    unit[row] = around.squares / degrees * t * t;
    pin(free, matrix, unit);
    result[row] = solve(matrix, unit);
  }
  return result;
}

Estimate parameter(const Vector& at, const Matrix& spread, std::size_t which, double confidence) {
  const double half = std::sqrt(spread[which][which]);
  return {at[which], {std::max(0.0, at[which] - half), std::min(kUpper[which], at[which] + half), confidence}};
}

// Those N for which sigma + kappa N^2 = 1 can't be rejected: the roots of a quadratic in N^2. Fieller, "Some
// problems in interval estimation" (1954). `spread` is that of two parameters that vary together.
Interval best_interval(double sigma, double kappa, const Matrix& spread, double confidence) {
  const double square = kappa * kappa - spread[kKappa][kKappa];
  const double half_linear = kappa * (sigma - 1) - spread[kSigma][kKappa];
  const double constant = (sigma - 1) * (sigma - 1) - spread[kSigma][kSigma];
  const double root = std::sqrt(std::max(0.0, half_linear * half_linear - square * constant)) - half_linear;
  const double low = constant > 0 ? std::sqrt(constant / root) : 1;
  const double high = square > 0 ? std::sqrt(root / square) : kInfinity;
  return {std::max(1.0, low), std::max(1.0, high), confidence};
}

Estimate best(const Vector& at, const Matrix& spread, double confidence) {
  const double value = at[kKappa] > 0 ? std::sqrt((1 - at[kSigma]) / at[kKappa]) : kInfinity;
  return {std::max(1.0, value), best_interval(at[kSigma], at[kKappa], spread, confidence)};
}

// No law exceeds lambda N, so the best throughput per N is where lambda begins.
Vector start(std::span<const Observation> observations) {
  double lambda = 0;
  for (const Observation& each : observations) lambda = std::max(lambda, each.throughput / each.n);
  return {lambda, 0, 0};
}

std::vector<Observation> observe(std::span<const ScalingPoint> points, Noise noise) {
  std::vector<Observation> observations;
  for (const ScalingPoint& point : points) {
    assert(point.concurrency >= 1 && point.throughput > 0);
    const double weight = noise == Noise::kProportional ? 1 / point.throughput : 1;
    observations.push_back({point.concurrency, point.throughput, weight});
  }
  return observations;
}

double relative_residual(std::span<const Observation> observations, const Vector& at) {
  double squares = 0;
  for (const Observation& each : observations) {
    const double relative = 1 - fitted(at, each.n) / each.throughput;
    squares += relative * relative;
  }
  return std::sqrt(squares / static_cast<double>(observations.size()));
}

std::size_t distinct(std::span<const ScalingPoint> points) {
  std::set<double> concurrencies;
  for (const ScalingPoint& point : points) concurrencies.insert(point.concurrency);
  return concurrencies.size();
}

std::optional<ScalingFit> fit(std::span<const ScalingPoint> points, const Mask& free, const FitOptions& options) {
  const double confidence = options.confidence;
  assert(confidence > 0 && confidence < 1);
  if (distinct(points) < kLeastDistinct) return std::nullopt;
  const std::vector<Observation> observations = observe(points, options.noise);
  const Vector at = minimise(observations, start(observations), free);
  const Matrix width = spread(look_around(observations, at), free, observations.size(), confidence);
  return ScalingFit{parameter(at, width, kLambda, confidence), parameter(at, width, kSigma, confidence),
                    parameter(at, width, kKappa, confidence), best(at, width, confidence),
                    relative_residual(observations, at)};
}

}  // namespace

double ScalingFit::throughput_at(double concurrency) const {
  return fitted({lambda.value, sigma.value, kappa.value}, concurrency);
}

std::optional<ScalingFit> fit_amdahl(std::span<const ScalingPoint> points, const FitOptions& options) {
  return fit(points, kAmdahl, options);
}

std::optional<ScalingFit> fit_universal(std::span<const ScalingPoint> points, const FitOptions& options) {
  return fit(points, kUniversal, options);
}

}  // namespace shardflow
