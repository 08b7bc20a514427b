// The whole job, measured as a user meets it: processes from start to end, on files in the page cache.
//
// All cases run in turn, round after round, so that a drift of the machine hits them alike; what counts is
// the median of a round's ratios. One run before the first round warms the files and the memory up.
//
//   shardflow_job_bench BINARY [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/rounds.hpp"

namespace {

using bench::Inputs;
using bench::Sample;

struct Case {
  std::string name;
  std::string input;
  std::string mode;
  std::vector<Sample> samples;
};

// The 99th percentile of the time from when a record was read off a live pipe of 100k records a second until it
// could be found, in milliseconds.
double live_p99_ms(const Inputs& inputs, const std::string& binary) {
  const nlohmann::json statistics = inputs.told(
      {"/bin/sh", "-c",
       binary + " generate sequential:records=200k --rate 100k | " + binary + " load - --latency --stats json"});
  return statistics["latency"]["p99_ns"].get<double>() / 1e6;
}

double overhead_per_key(const Sample& sample) {
  const auto field = [&](const char* name) { return sample.statistics[name].get<double>(); };
  return (field("table_bytes") + field("arena_bytes") - field("key_bytes") - field("value_bytes")) / field("keys");
}

double wall_over_reported(const Sample& sample) { return sample.wall_s / sample.statistics["wall_s"].get<double>(); }

void print_cases(const std::vector<Case>& cases) {
  std::printf("%-22s %10s %10s %10s %8s %10s %10s\n", "case (medians)", "ns/record", "user", "system", "wall/", "peak",
              "bytes/key");
  std::printf("%-22s %10s %10s %10s %8s %10s %10s\n", "", "", "", "", "reported", "MB", "overhead");
  for (const Case& each : cases) {
    const auto of = [&](const std::function<double(const Sample&)>& value) {
      std::vector<double> values;
      std::ranges::transform(each.samples, std::back_inserter(values), value);
      return bench::median(values);
    };
    std::printf("%-22s %10.1f %10.1f %10.1f %8.2f %10.0f %10.1f\n", each.name.c_str(),
                of([](const Sample& s) { return s.ns(); }),
                of([](const Sample& s) { return s.per_record_ns("user_s"); }),
                of([](const Sample& s) { return s.per_record_ns("system_s"); }), of(wall_over_reported),
                of([](const Sample& s) { return s.peak_mb(); }), of(overhead_per_key));
  }
}

// How many times as long as flow each of the others takes in one compare run, which fails where a map differs.
std::vector<bench::Bound> bounds_of_modes(const nlohmann::json& comparison) {
  const auto ns = [comparison](const std::string& mode, std::size_t round) {
    for (const nlohmann::json& each : comparison["modes"]) {
      if (each["mode"] == mode) return each["samples"][round]["ns_per_record"].get<double>();
    }
    throw std::runtime_error("compare has no mode " + mode);
  };
  std::vector<bench::Bound> bounds;
  const auto add = [&](const std::string& mode, double least) {
    bounds.push_back({"compare, 5M unique: " + mode + " over flow", least,
                      [ns, mode](std::size_t round) { return ns(mode, round) / ns("flow", round); }});
  };
  add("channel", 10);
  add("tasks", 15);
  add("threads", 300);
  add("map", 4);
  return bounds;
}

int measure(const std::string& binary, std::size_t rounds) {
  const Inputs inputs(binary);
  const std::map<std::string, std::string> specs{
      {"seed", "sequential:records=5M"},    {"1M", "sequential:records=1M"},
      {"40M", "sequential:records=40M"},    {"hot", "uniform:records=50M,keys=400"},
      {"zipf", "zipf:records=20M,keys=1M"}, {"uniform", "uniform:records=20M,keys=1M"},
  };
  for (const auto& [name, spec] : specs) inputs.make(name, spec);

  // The largest last: what it frees keeps the kernel busy for a while.
  std::vector<Case> cases{
      {"5M unique, flow", "seed", "flow", {}},        {"5M unique, serial", "seed", "serial", {}},
      {"1M unique, flow", "1M", "flow", {}},          {"50M over 400, flow", "hot", "flow", {}},
      {"zipf 20M over 1M, flow", "zipf", "flow", {}}, {"uniform 20M over 1M", "uniform", "flow", {}},
      {"40M unique, flow", "40M", "flow", {}}};
  std::vector<double> peak_bytes;
  const auto load = [&](const Case& each) { return inputs.load(each.input, {"--mode", each.mode}); };
  for (const Case& each : cases) peak_bytes.push_back(load(each).peak_mb() * 1e6);
  std::vector<double> live_ms;
  for (std::size_t round = 0; round < rounds; ++round) {
    // A guest reports freed memory to its host some seconds later, on one of the cores to be measured.
    std::this_thread::sleep_for(std::chrono::seconds(4));
    for (std::size_t i = 0; i < cases.size(); ++i) {
      bench::touch_memory(1.1 * peak_bytes[i]);
      cases[i].samples.push_back(load(cases[i]));
    }
    live_ms.push_back(live_p99_ms(inputs, binary));
  }
  print_cases(cases);
  const auto ns = [&](std::size_t which, std::size_t round) { return cases[which].samples[round].ns(); };
  const int missed = bench::print_bounds(
      bench::Side::kAtMost,
      {
          {"5M unique, flow: ns/record", 60, [&](std::size_t r) { return ns(0, r); }},
          {"5M unique, serial: ns/record", 110, [&](std::size_t r) { return ns(1, r); }},
          {"5M unique: flow over serial", 1 / 1.8, [&](std::size_t r) { return ns(0, r) / ns(1, r); }},
          {"unique: 40M over 1M", 1.5, [&](std::size_t r) { return ns(6, r) / ns(2, r); }},
          {"50M over 400 keys: ns/record", 20, [&](std::size_t r) { return ns(3, r); }},
          {"1M keys: zipf(0.99) over uniform", 1, [&](std::size_t r) { return ns(4, r) / ns(5, r); }},
          {"5M unique: the process over what it reports", 1.15,
           [&](std::size_t r) { return wall_over_reported(cases[0].samples[r]); }},
          {"5M unique: bytes a key beyond key and value", 40,
           [&](std::size_t r) { return overhead_per_key(cases[0].samples[r]); }},
          {"50M over 400 keys (1 GB of input): peak MB", 16,
           [&](std::size_t r) { return cases[3].samples[r].peak_mb(); }},
          {"live pipe of 100k records/s: latency p99 in ms", 2, [&](std::size_t r) { return live_ms[r]; }},
      },
      rounds);
  const nlohmann::json comparison =
      inputs.answer({binary, "compare", inputs.path("seed"), "--modes", "flow,channel,tasks,threads,map", "--stats",
                     "json", "--rounds", std::to_string(rounds)});
  return missed + bench::print_bounds(bench::Side::kAtLeast, bounds_of_modes(comparison), rounds);
}

}  // namespace

int main(int argc, char** argv) { return bench::bench_main(argc, argv, measure); }
