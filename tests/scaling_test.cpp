#include "pipeline/measure/scaling.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <initializer_list>
#include <random>
#include <vector>

namespace scaling_test {
namespace {

using shardflow::fit_amdahl;
using shardflow::fit_universal;
using shardflow::Noise;
using shardflow::ScalingFit;
using shardflow::ScalingPoint;

struct Truth {
  double lambda;
  double sigma;
  double kappa;

  double throughput(double n) const { return lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)); }
  double best() const { return std::sqrt((1 - sigma) / kappa); }
};

std::vector<ScalingPoint> points(const Truth& truth, std::initializer_list<double> concurrencies) {
  std::vector<ScalingPoint> result;
  for (const double n : concurrencies) result.push_back({n, truth.throughput(n)});
  return result;
}

// Box and Muller (1958), so that the numbers do not depend on the standard library.
double normal(std::mt19937_64& random) {
  const double radius = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
  const double angle = static_cast<double>(random() >> 11) * 0x1p-53;
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * 3.14159265358979323846 * angle);
}

// Three runs for each of 1, 2, 4, … 32, with noise of the given share: of each throughput, or of that of 16.
std::vector<ScalingPoint> noisy(const Truth& truth, double share, Noise noise, std::mt19937_64& random) {
  std::vector<ScalingPoint> result;
  for (const double n : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0})
    for (int run = 0; run < 3; ++run) {
      const double deviation = share * truth.throughput(noise == Noise::kProportional ? n : 16);
      result.push_back({n, truth.throughput(n) + deviation * normal(random)});
    }
  return result;
}

// Checks that about 95 of 100 fits to noisy data hold each parameter in its 95 % interval. An interval that is cut
// at a bound where the truth lies can miss on one side only.
template <typename Fit>
void check_coverage(const Truth& truth, double share, Noise noise, Fit fit) {
  constexpr int kSamples = 500;
  std::mt19937_64 random(11);
  std::array<double, 4> held{};
  for (int sample = 0; sample < kSamples; ++sample) {
    const ScalingFit fitted = *fit(noisy(truth, share, noise, random), {.noise = noise});
    held[0] += fitted.lambda.interval.contains(truth.lambda);
    held[1] += fitted.sigma.interval.contains(truth.sigma);
    held[2] += fitted.kappa.interval.contains(truth.kappa);
    held[3] += fitted.best_concurrency.interval.contains(truth.best());
  }
  for (const double count : held) CHECK(count / kSamples > 0.915);
  for (const double count : {held[0], held[1]}) CHECK(count / kSamples < 0.985);
}

// Gunther's example, a Sun SPARCcenter 2000 in SPEC SDM91: scripts per hour for 1 to 216 users.
const std::vector<ScalingPoint> kSpecSdm91{{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                                           {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};

}  // namespace

TEST_CASE("data without noise gives the parameters back") {
  for (const double lambda : {1.0, 8.4e6})
    for (const double sigma : {0.0, 0.02, 0.3, 0.9})
      for (const double kappa : {0.0, 1e-5, 0.002, 0.05}) {
        const Truth truth{lambda, sigma, kappa};
        const auto fit = fit_universal(points(truth, {1, 2, 3, 4, 8, 16, 64}));
        REQUIRE(fit);
        CHECK(fit->lambda.value == doctest::Approx(lambda));
        CHECK(fit->sigma.value == doctest::Approx(sigma));
        CHECK(fit->kappa.value == doctest::Approx(kappa));
        CHECK(fit->residual_relative < 1e-9);
        CHECK(fit->throughput_at(5) == doctest::Approx(truth.throughput(5)));
      }
}

TEST_CASE("the best N is where the curve turns") {
  const auto fit = fit_universal(points({100, 0.1, 0.001}, {1, 2, 4, 8, 16}));
  REQUIRE(fit);
  CHECK(fit->best_concurrency.value == doctest::Approx(30));
  CHECK(fit->best_concurrency.interval.low == doctest::Approx(30));
  CHECK(fit->best_concurrency.interval.high == doctest::Approx(30));
  CHECK(fit->throughput_at(30) > fit->throughput_at(29));
  CHECK(fit->throughput_at(30) > fit->throughput_at(31));
}

TEST_CASE("Amdahl's law gives its serial fraction back and has no best N") {
  for (const double serial : {0.0, 0.05, 0.5, 1.0}) {
    const auto fit = fit_amdahl(points({3.5, serial, 0}, {1, 2, 4, 8}));
    REQUIRE(fit);
    CHECK(fit->lambda.value == doctest::Approx(3.5));
    CHECK(fit->sigma.value == doctest::Approx(serial));
    CHECK(fit->kappa.value == 0);
    CHECK(fit->kappa.interval.high == 0);
    CHECK(std::isinf(fit->best_concurrency.value));
    CHECK(std::isinf(fit->best_concurrency.interval.high));
  }
}

// The R package usl 3.0 prints these coefficients and standard errors for this data; Student's t for 4 degrees of
// freedom is 2.776.
TEST_CASE("a published fit is reproduced, standard errors too") {
  const auto fit = fit_universal(kSpecSdm91, {.noise = Noise::kConstant});
  REQUIRE(fit);
  CHECK(fit->lambda.value == doctest::Approx(89.9952330).epsilon(1e-6));
  CHECK(fit->sigma.value == doctest::Approx(0.0277285).epsilon(1e-5));
  CHECK(fit->kappa.value == doctest::Approx(0.0001044).epsilon(1e-3));
  CHECK(fit->lambda.interval.high - fit->lambda.value == doctest::Approx(2.776445 * 14.2134894).epsilon(1e-5));
  CHECK(fit->sigma.interval.high - fit->sigma.value == doctest::Approx(2.776445 * 0.0091217).epsilon(1e-4));
  CHECK(fit->kappa.interval.high - fit->kappa.value == doctest::Approx(2.776445 * 0.0000199).epsilon(1e-2));
  CHECK(fit->best_concurrency.value == doctest::Approx(96.5).epsilon(1e-3));
}

TEST_CASE("95 % intervals hold the truth in about 95 % of the fits") {
  for (const Noise noise : {Noise::kProportional, Noise::kConstant}) {
    check_coverage({100, 0.05, 0.002}, 0.03, noise, fit_universal);
    check_coverage({500, 0.3, 0.0005}, 0.02, noise, fit_universal);
    check_coverage({100, 0.1, 0}, 0.02, noise, fit_universal);
    check_coverage({100, 0.1, 0}, 0.02, noise, fit_amdahl);
  }
}

TEST_CASE("fewer than 3 different N are refused, however many points there are") {
  const std::vector<ScalingPoint> two{{1, 10}, {1, 11}, {2, 19}, {2, 18}, {2, 20}};
  CHECK_FALSE(fit_universal(two));
  CHECK_FALSE(fit_amdahl(two));
  CHECK_FALSE(fit_universal({}));
}

TEST_CASE("three points fit exactly and say nothing of their noise") {
  const auto fit = fit_universal(std::vector<ScalingPoint>{{1, 10}, {2, 18}, {4, 27}});
  REQUIRE(fit);
  CHECK(fit->residual_relative < 1e-9);
  CHECK(fit->sigma.interval.low == 0);
  CHECK(fit->sigma.interval.high == 1);
  CHECK(std::isinf(fit->kappa.interval.high));
  CHECK(fit->best_concurrency.interval.low == 1);
  CHECK(std::isinf(fit->best_concurrency.interval.high));
}

TEST_CASE("throughput that grows faster than N lies on the bound, not beyond it") {
  const auto fit = fit_universal(std::vector<ScalingPoint>{{1, 10}, {2, 21}, {4, 43}, {8, 90}});
  REQUIRE(fit);
  CHECK(fit->sigma.value == 0);
  CHECK(fit->kappa.value == 0);
  CHECK(std::isinf(fit->best_concurrency.value));
}

TEST_CASE("throughput that falls from the first is best at N = 1") {
  const auto fit = fit_universal(points({10, 0.5, 0.8}, {1, 2, 3, 4, 8}));
  REQUIRE(fit);
  CHECK(fit->best_concurrency.value == 1);
}

TEST_CASE("where kappa can't be told from 0, the best N has no upper end") {
  std::mt19937_64 random(3);
  const auto fit = fit_universal(noisy({100, 0.1, 1e-6}, 0.05, Noise::kProportional, random));
  REQUIRE(fit);
  CHECK(fit->kappa.interval.low == 0);
  CHECK(std::isinf(fit->best_concurrency.interval.high));
  CHECK(fit->best_concurrency.interval.low > 10);
}

}  // namespace scaling_test
