#include "tests/report_data.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "app/sweep_grid.hpp"

namespace testing {
namespace {

using namespace shardflow::app;

const shardflow::Environment kEnvironment{"A made-up CPU", 8,          24'000'000'000,        "Linux 6.1",
                                          "madvise",       "g++ 12.2", "2026-01-02T03:04:05Z"};

// What a round adds: within 6 %, and the same each time.
double wobble(std::uint64_t seed) { return 1 + 0.06 * std::sin(static_cast<double>(seed) * 12.9898); }

Sample made_up_sample(double ns_per_record, std::uint64_t records, double system_share) {
  Sample sample;
  sample.ns_per_record = ns_per_record;
  sample.wall_s = ns_per_record * 1e-9 * static_cast<double>(records);
  sample.user_s = sample.wall_s * (2 - system_share);
  sample.system_s = sample.wall_s * system_share;
  sample.voluntary_switches = static_cast<std::uint64_t>(ns_per_record * ns_per_record / 3);
  sample.involuntary_switches = static_cast<std::uint64_t>(ns_per_record / 20);
  sample.peak_resident_bytes = 8'000'000 + records * (40 + static_cast<std::uint64_t>(ns_per_record) / 20);
  sample.records = records;
  sample.keys = records;
  sample.digest = "00112233445566778899aabbccddeeff";
  return sample;
}

LatencySummary made_up_latency(double ns_per_record) {
  const auto times = [&](double factor) { return static_cast<std::uint64_t>(ns_per_record * factor); };
  return {5'000'000, times(40), times(90), times(400), times(1'500), times(30'000)};
}

struct MadeUpMode {
  std::string_view name;
  double ns;     // per record, with one thread
  double sigma;  // contention
  double kappa;  // coherency
};
constexpr MadeUpMode kSweepModes[] = {{"channel", 420, 0.3, 0.08}, {"serial", 55, 1, 0}, {"flow", 48, 0.05, 0.004}};

double throughput(const MadeUpMode& mode, double threads, std::uint64_t records) {
  const double larger = 1 + 0.12 * std::log10(static_cast<double>(records) / 1e5);
  return 1e9 / (mode.ns * larger) * threads / (1 + mode.sigma * (threads - 1) + mode.kappa * threads * (threads - 1));
}

// A channel is slower the smaller it is; the others, with small blocks and few shards.
double setting_factor(const GridPoint& at) {
  if (at.mode == "channel") return 1 + (at.capacity == 0 ? 0 : 8 / std::sqrt(static_cast<double>(at.capacity)));
  return 1 + 2e4 / static_cast<double>(at.block_bytes) + 0.1 / static_cast<double>(at.shards);
}

std::vector<Sample> made_up_samples(const MadeUpMode& mode, const GridPoint& at, std::uint64_t rounds, bool latency) {
  const double ns = 1e9 / throughput(mode, at.threads, at.records) * setting_factor(at);
  std::vector<Sample> samples;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    Sample sample = made_up_sample(ns * wobble(round + at.records + at.threads), at.records, 0.1);
    if (latency) sample.latency = made_up_latency(sample.ns_per_record);
    samples.push_back(std::move(sample));
  }
  return samples;
}

Comparison comparison_of(const std::vector<std::pair<const char*, double>>& modes, bool latency, std::uint64_t rounds) {
  Comparison comparison;
  comparison.command = "shardflow compare --preset made-up --report made-up.html";
  comparison.settings = "blocks = 8                              # default\n";
  comparison.environment = kEnvironment;
  comparison.threads = 2;
  comparison.shards = 8;
  comparison.records = 5'000'000;
  comparison.keys = 5'000'000;
  comparison.prefix_records = 100'000;
  for (const auto& [name, ns] : modes) {
    const bool slow = ns > 10'000;
    comparison.modes.push_back({name, slow, {}});
    for (std::uint64_t round = 0; round < rounds; ++round) {
      // One round is disturbed.
      const double noise = wobble(round + 10 * comparison.modes.size()) * (round == 3 ? 1.6 : 1);
      Sample sample = made_up_sample(ns * noise, slow ? 100'000 : 5'000'000, slow ? 1.2 : 0.3);
      if (latency) sample.latency = made_up_latency(sample.ns_per_record);
      comparison.modes.back().samples.push_back(sample);
    }
  }
  return comparison;
}

}  // namespace

Comparison made_up_comparison(bool latency, std::uint64_t rounds) {
  return comparison_of({{"threads", 15'487}, {"channel", 668}, {"flow-record", 762}, {"flow", 30.4}}, latency, rounds);
}

Comparison made_up_comparison_of_all() {
  return comparison_of({{"channel", 484},
                        {"tasks", 209},
                        {"threads", 12'148},
                        {"flow-record", 635},
                        {"map", 268},
                        {"pipeline", 23.8},
                        {"serial", 32.4},
                        {"flow", 18.2}},
                       true, 7);
}

Sweep made_up_sweep(const Grid& grid, bool latency) {
  Sweep sweep;
  sweep.command = "shardflow sweep --preset made-up --report made-up.html";
  sweep.input = "sequential:records=5M";
  sweep.environment = kEnvironment;
  sweep.longest_run_s = 60;
  SweepOptions options;
  for (const MadeUpMode& mode : kSweepModes) options.modes.push_back(shardflow::find_mode(mode.name));
  options.records = grid.records;
  options.threads = grid.threads;
  options.shards = grid.shards;
  options.capacities = grid.capacities;
  options.block_bytes = grid.block_bytes;
  for (const GridPoint& at : make_grid(options)) {
    const auto* const mode = std::ranges::find(kSweepModes, at.mode, &MadeUpMode::name);
    sweep.points.push_back({at, false, made_up_samples(*mode, at, grid.rounds, latency)});
  }
  return sweep;
}

}  // namespace testing
