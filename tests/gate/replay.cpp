// The gate's decision over samples that were recorded before: what share of many decisions finds what. Each decision
// draws its blocks from the recording in stretches of eight neighbours, so that what neighbours have in common stays.
//
// A recording's own luck must not decide: base and control are the same program, so each block gives its turns to these
// two at random; and where this build is the same program as well, to all three, which makes it exactly a recording
// of no change.
//
//   shardflow_gate_replay DECISIONS THRESHOLD_PERCENT FILE...
//
// Files of `shardflow gate --pairs N --format json`; of identical builds where the name ends in "none.json".
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

#include "app/gate_questions.hpp"
#include "app/gate_runs.hpp"
#include "app/options.hpp"

namespace {

using namespace shardflow;
using namespace shardflow::app;

constexpr std::size_t kStretch = 8;

void read_samples(const nlohmann::json& series, std::vector<GateSample>& samples) {
  const std::size_t turns = series.at("wall_ms").size();
  const auto value = [&](const char* name, std::size_t turn) { return series.at(name).at(turn).get<double>(); };
  for (std::size_t turn = 0; turn < turns; ++turn) {
    GateSample& sample = samples.emplace_back();
    sample.wall_s = value("wall_ms", turn) / 1e3;
    sample.user_s = value("user_ms", turn) / 1e3;
    sample.system_s = value("system_ms", turn) / 1e3;
    sample.peak_bytes = value("peak_MB", turn) * 1e6;
    sample.bytes_per_key = value("bytes-per-key_B", turn);
  }
}

// Of both parts: a confirmation is as good a recording of its workload as the first part.
std::vector<GateWorkload> read(const std::string& path) {
  std::ifstream in(path);
  const auto json = nlohmann::json::parse(in);
  std::vector<GateWorkload> workloads;
  for (const auto& series : json.at("samples")) {
    const std::string group = series.at("group");
    if (workloads.empty() || workloads.back().name != group) workloads.push_back({group, {}, {}});
    const std::string build = series.at("build");
    read_samples(series, workloads.back().first[build == "base" ? kBase : build == "here" ? kHere : kControl]);
  }
  return workloads;
}

class Decision {
 public:
  Decision(const std::vector<GateWorkload>& recorded, const GateOptions& options, bool identical, std::uint64_t seed)
      : recorded_(recorded), options_(options), identical_(identical), random_(seed) {
    for (const GateWorkload& workload : recorded) drawn_.push_back({workload.name, {}, {}});
  }

  // elapsed_s tells how long the runs would have taken.
  Judgement decide() {
    double deadline = options_.max_time_s;
    for (bool confirming = false;;) {
      Judgement judgement = judge(rule_, gate_samples(options_.allowed, drawn_), elapsed_s >= deadline);
      if (judgement.verdict != Verdict::kOpen) return judgement;
      if (judgement.confirming && !confirming) deadline = elapsed_s + options_.max_time_s;
      confirming = judgement.confirming;
      measure(judgement, deadline);
    }
  }

  double elapsed_s = 0;

 private:
  struct Stretch {
    std::size_t next = 0;
    std::size_t left = 0;
  };

  // As the gate does: a block of each workload in turn, until all have enough or the time is over.
  void measure(const Judgement& open, double deadline) {
    std::map<std::size_t, Stretch> stretches;
    for (bool more = true; more;) {
      more = false;
      for (const std::size_t i : open.workloads) {
        GateTurns& turns = drawn_[i].turns(open.confirming);
        if (pairs_of(turns) >= open.pairs) continue;
        draw_block(recorded_[i].first, stretches[i], turns);
        more = true;
      }
      if (elapsed_s >= deadline) return;
    }
  }

  void draw_block(const GateTurns& from, Stretch& stretch, GateTurns& to) {
    const std::size_t blocks = pairs_of(from);
    if (stretch.left == 0) stretch = {random_() % blocks, kStretch};
    const std::array<GateRole, kGateRoles> roles = shuffled_roles();
    for (std::size_t turn = 2 * stretch.next; turn < 2 * stretch.next + 2; ++turn) {
      for (std::size_t role = 0; role < kGateRoles; ++role) {
        to[role].push_back(from[roles[role]][turn]);
        elapsed_s += to[role].back().wall_s;
      }
    }
    stretch = {(stretch.next + 1) % blocks, stretch.left - 1};
  }

  std::array<GateRole, kGateRoles> shuffled_roles() {
    std::array<GateRole, kGateRoles> roles{kBase, kHere, kControl};
    if (random_() % 2 == 0) std::swap(roles[kBase], roles[kControl]);
    if (identical_) std::swap(roles[kHere], roles[random_() % kGateRoles]);
    return roles;
  }

  const std::vector<GateWorkload>& recorded_;
  const GateOptions& options_;
  bool identical_;
  std::mt19937_64 random_;
  GateRule rule_;
  std::vector<GateWorkload> drawn_;
};

// What the change truly was, by all of the recording: the largest of its workloads, in percent.
double largest_change(const std::vector<GateWorkload>& workloads, const char* metric) {
  double largest = -100;
  for (const GateWorkload& workload : workloads) {
    const GateQuestion question = gate_question(0, *find_metric(metric), {}, workload.first);
    largest = std::max(largest, 100 * (median(question.ratios) - 1));
  }
  return largest;
}

void replay(const std::string& path, int decisions, const GateOptions& options) {
  const std::vector<GateWorkload> workloads = read(path);
  std::map<Verdict, int> verdicts;
  int nearly = 0;
  std::vector<double> seconds;
  for (int i = 0; i < decisions; ++i) {
    Decision decision(workloads, options, path.ends_with("none.json"), static_cast<std::uint64_t>(i) + 1);
    const Judgement judgement = decision.decide();
    ++verdicts[judgement.verdict];
    const auto is_nearly = [](const Answer& answer) { return answer.finding == Finding::kNearly; };
    if (judgement.verdict == Verdict::kPass && std::ranges::any_of(judgement.first, is_nearly)) ++nearly;
    seconds.push_back(decision.elapsed_s);
  }
  const auto percent = [&](int count) { return 100.0 * count / decisions; };
  const std::string name = path.substr(path.rfind('/') + 1);
  std::printf("%-20s %+6.1f %+6.1f %+6.1f %8.1f %7.1f %7.1f %8.1f %5.0f %5.0f\n",
              name.substr(0, name.rfind('.')).c_str(), largest_change(workloads, "wall"),
              largest_change(workloads, "cpu"), largest_change(workloads, "peak"), percent(verdicts[Verdict::kOutside]),
              percent(verdicts[Verdict::kPass]), percent(nearly), percent(verdicts[Verdict::kUndecided]),
              quantile(seconds, 0.5), quantile(seconds, 0.9));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s DECISIONS THRESHOLD_PERCENT FILE...\n", argv[0]);
    return 2;
  }
  const int decisions = std::max(1, std::atoi(argv[1]));
  // What the program would decide with: its bounds, its time.
  const GateOptions options = parse_gate({"--against", "recorded", "--threshold", argv[2]}).options;
  std::printf("%d decisions each, threshold %s %%; changes in %%, of the workload with the largest\n", decisions,
              argv[2]);
  std::printf("%-20s %6s %6s %6s %8s %7s %7s %8s %5s %5s\n", "recording", "wall", "cpu", "peak", "slower %", "pass %",
              "nearly", "undec. %", "s 50%", "90%");
  for (int i = 3; i < argc; ++i) replay(argv[i], decisions, options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "shardflow_gate_replay: %s\n", error.what());
  return 1;
}
