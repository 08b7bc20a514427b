// The gate's decision over samples that were recorded before: what share of many decisions finds what. Each decision
// draws its turns from the recording in stretches of eight neighbours, so that what neighbours have in common stays.
//
//   shardflow_gate_replay DECISIONS THRESHOLD_PERCENT FILE...     files of `shardflow gate --pairs N --format json`
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "pipeline/measure/gate.hpp"

namespace {

using namespace shardflow;

constexpr std::size_t kStretch = 8;
constexpr double kMaxTime_s = 150;  // the gate's default, of each part

// Metric by metric, a value a turn.
using Series = std::map<std::string, std::vector<double>>;
struct Workload {
  std::string name;
  Series base;
  Series here;
  Series control;

  std::size_t turns() const { return base.at("wall_ms").size(); }
  double turn_s(std::size_t turn) const {
    return (base.at("wall_ms")[turn] + here.at("wall_ms")[turn] + control.at("wall_ms")[turn]) / 1e3;
  }
};

std::vector<Workload> read(const std::string& path) {
  std::ifstream in(path);
  const auto json = nlohmann::json::parse(in);
  std::vector<Workload> workloads;
  for (const auto& series : json["samples"]) {
    if (series["part"] != "first") continue;
    const std::string group = series["group"];
    if (workloads.empty() || workloads.back().name != group) workloads.push_back({group, {}, {}, {}});
    Workload& workload = workloads.back();
    const std::string build = series["build"];
    Series& values = build == "base" ? workload.base : build == "here" ? workload.here : workload.control;
    for (const char* const metric : {"wall_ms", "cpu_ms", "peak_MB", "bytes-per-key_B"}) {
      values[metric] = series.at(metric).get<std::vector<double>>();
    }
  }
  return workloads;
}

// The gate's own defaults.
std::map<std::string, double> allowed(double threshold) {
  return {{"wall_ms", threshold}, {"cpu_ms", threshold}, {"peak_MB", 1.10}, {"bytes-per-key_B", 1.05}};
}

class Decision {
 public:
  Decision(const std::vector<Workload>& workloads, double threshold, std::uint64_t seed)
      : workloads_(workloads), random_(seed) {
    for (std::size_t i = 0; i < workloads.size(); ++i) {
      for (const auto& [metric, most] : allowed(threshold)) {
        samples_.first.push_back({i, {0, most}, {}, {}});
        metrics_.push_back(metric);
      }
    }
    samples_.confirmation = samples_.first;
  }

  // The verdict; elapsed_s tells how long the runs would have taken.
  Verdict decide() {
    double deadline = kMaxTime_s;
    for (bool confirming = false;;) {
      const Judgement judgement = judge(rule_, samples_, elapsed_s >= deadline);
      if (judgement.verdict != Verdict::kOpen) return judgement.verdict;
      if (judgement.confirming && !confirming) deadline = elapsed_s + kMaxTime_s;
      confirming = judgement.confirming;
      auto& questions = confirming ? samples_.confirmation : samples_.first;
      for (const std::size_t workload : judgement.workloads) extend(questions, workload, judgement.pairs);
    }
  }

  double elapsed_s = 0;

 private:
  void extend(std::vector<GateQuestion>& questions, std::size_t workload, std::size_t pairs) {
    const Workload& from = workloads_[workload];
    while (pairs_of(questions, workload) < pairs) {
      const std::size_t start = random_() % from.turns();
      for (std::size_t i = 0; i < kStretch && pairs_of(questions, workload) < pairs; ++i) {
        add_turn(questions, workload, (start + i) % from.turns());
      }
    }
  }

  void add_turn(std::vector<GateQuestion>& questions, std::size_t workload, std::size_t turn) {
    const Workload& from = workloads_[workload];
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (questions[i].workload != workload) continue;
      const double base = from.base.at(metrics_[i])[turn];
      questions[i].ratios.push_back(from.here.at(metrics_[i])[turn] / base);
      questions[i].control.push_back(from.control.at(metrics_[i])[turn] / base);
    }
    elapsed_s += from.turn_s(turn);
  }

  static std::size_t pairs_of(const std::vector<GateQuestion>& questions, std::size_t workload) {
    return std::ranges::find(questions, workload, &GateQuestion::workload)->ratios.size();
  }

  const std::vector<Workload>& workloads_;
  std::mt19937_64 random_;
  GateRule rule_;
  GateSamples samples_;
  std::vector<std::string> metrics_;
};

// What the change truly was, by all of the recording: the largest of its workloads, in percent.
double largest_change(const std::vector<Workload>& workloads, const std::string& metric) {
  double largest = -100;
  for (const Workload& workload : workloads) {
    largest = std::max(largest, 100 * (median(paired_ratios(workload.base.at(metric), workload.here.at(metric))) - 1));
  }
  return largest;
}

void replay(const std::string& path, int decisions, double threshold) {
  const std::vector<Workload> workloads = read(path);
  std::map<Verdict, int> verdicts;
  std::vector<double> seconds;
  for (int i = 0; i < decisions; ++i) {
    Decision decision(workloads, threshold, static_cast<std::uint64_t>(i) + 1);
    ++verdicts[decision.decide()];
    seconds.push_back(decision.elapsed_s);
  }
  const auto percent = [&](Verdict verdict) { return 100.0 * verdicts[verdict] / decisions; };
  const std::string name = path.substr(path.rfind('/') + 1);
  std::printf("%-28s %+7.1f %+7.1f %+7.1f %8.1f %8.1f %8.1f %7.0f %6.0f\n", name.substr(0, name.rfind('.')).c_str(),
              largest_change(workloads, "wall_ms"), largest_change(workloads, "cpu_ms"),
              largest_change(workloads, "peak_MB"), percent(Verdict::kOutside), percent(Verdict::kPass),
              percent(Verdict::kUndecided), quantile(seconds, 0.5), quantile(seconds, 0.9));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s DECISIONS THRESHOLD_PERCENT FILE...\n", argv[0]);
    return 2;
  }
  const int decisions = std::max(1, std::atoi(argv[1]));
  const double percent = std::atof(argv[2]);
  std::printf("%d decisions each, threshold %g %%; changes in %%, of the workload with the largest\n", decisions,
              percent);
  std::printf("%-28s %7s %7s %7s %8s %8s %8s %7s %6s\n", "recording", "wall", "cpu", "peak", "slower %", "pass %",
              "undec. %", "s (50%)", "(90%)");
  for (int i = 3; i < argc; ++i) replay(argv[i], decisions, 1 + percent / 100);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "shardflow_gate_replay: %s\n", error.what());
  return 1;
}
