// This build against another: the runs in their turns, and the questions about them.
#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "app/gate.hpp"
#include "app/gate_questions.hpp"
#include "app/gate_runs.hpp"
#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

// What a workload's runs read, and what each of them must end in.
struct Job {
  GateInput input;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::string digest;  // empty: there are several right maps
};

class Against {
 public:
  Against(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt)
      : options_(options), terminal_(terminal), interrupt_(interrupt), random_(options.seed) {
    const GateBuild base{"the base, " + options.against + ",", options.against};
    builds_ = {base, this_build(), base};
    if (options.pairs > 0) rule_.looks = {{options.pairs, 1}};
    for (const WorkloadOption& option : options.workloads) {
      note("input: " + option.name);
      Job& job = jobs_.emplace_back();
      job.input = option.synthetic ? GateInput(*option.synthetic) : GateInput(option.name);
      workloads_.push_back({option.name, {}, {}});
    }
  }

  GateReport run() {
    for (std::size_t i = 0; i < jobs_.size(); ++i) warm_up(i);
    const auto start = Clock::now();
    const Judgement judgement = measure_until_judged(
        rule_, time_for(options_), [&] { return gate_samples(options_.allowed, workloads_); },
        [&](const Judgement& open, Clock::time_point deadline) { measure(open, deadline); });
    return report(judgement, std::chrono::duration<double>(Clock::now() - start).count());
  }

 private:
  // Runs that are not counted: they show whether both builds work, and end in the same map.
  void warm_up(std::size_t i) {
    const std::string& name = workloads_[i].name;
    note("warm-up: " + name);
    const GateRun base = run_build(builds_[kBase], arguments({"--digest"}), jobs_[i].input, timeout(), interrupt_);
    if (base.records == 0) throw std::runtime_error("nothing to measure: " + name + " has no records");
    jobs_[i].records = base.records;
    jobs_[i].keys = base.keys;
    const bool one_right_map = options_.mode->ordered || base.keys == base.records;
    if (one_right_map && base.digest.empty()) {
      throw std::runtime_error(builds_[kBase].name + " told no digest of its map, so there is nothing to compare with");
    }
    if (one_right_map) jobs_[i].digest = base.digest;
    verify_map(i);
  }

  // Once before each look, uncounted: a digest takes up to a third of a run's time, and would hide as much of a
  // slowdown.
  void verify_map(std::size_t i) {
    const GateRun here = run_build(builds_[kHere], arguments({"--digest"}), jobs_[i].input, timeout(), interrupt_);
    verify(i, here);
    if (!jobs_[i].digest.empty() && here.digest != jobs_[i].digest) {
      throw std::runtime_error("wrong result on " + workloads_[i].name + ": this build's map has digest " +
                               here.digest + ", the base's " + jobs_[i].digest);
    }
  }

  void verify(std::size_t i, const GateRun& run) const {
    const Job& job = jobs_[i];
    if (run.records == job.records && run.keys == job.keys) return;
    throw std::runtime_error("wrong result on " + workloads_[i].name + ": " + with_commas(run.records) +
                             " records and " + with_commas(run.keys) + " keys in place of " + with_commas(job.records) +
                             " and " + with_commas(job.keys));
  }

  void measure(const Judgement& open, Clock::time_point deadline) {
    const bool confirming = open.confirming;
    for (const std::size_t i : open.workloads) {
      if (confirming || pairs_of(workloads_[i].first) > 0) verify_map(i);
    }
    for (;;) {
      std::vector<std::size_t> order;
      std::ranges::copy_if(open.workloads, std::back_inserter(order),
                           [&](std::size_t i) { return pairs_of(workloads_[i].turns(confirming)) < open.pairs; });
      if (order.empty()) return;
      shuffle(order, random_);
      for (const std::size_t i : order) block(i, confirming);
      if (Clock::now() >= deadline) return;
    }
  }

  void block(std::size_t i, bool confirming) {
    GateTurns& turns = workloads_[i].turns(confirming);
    for (const std::size_t role : shuffled_block(kGateRoles, random_)) {
      const GateRun run = run_build(builds_[role], arguments({}), jobs_[i].input, timeout(), interrupt_);
      verify(i, run);
      turns[role].push_back(run.sample);
    }
    note(std::string(confirming ? "confirmation" : "measurement") + ", " + workloads_[i].name + ": " +
         std::to_string(pairs_of(turns)) + " pairs");
  }

  // Options that every build of `load` has known.
  Strings arguments(Strings words) const {
    words.insert(words.end(), {"--mode", std::string(options_.mode->name), "--threads",
                               std::to_string(options_.threads), "--shards", std::to_string(options_.shards)});
    return words;
  }

  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(1e3 * options_.timeout_s));
  }

  GateReport report(const Judgement& judgement, double elapsed_s) const {
    GateReport report;
    report.base = options_.against;
    report.mode = options_.mode->name;
    report.threads = options_.threads;
    report.shards = options_.shards;
    report.verdict = judgement.verdict;
    report.reason = judgement.reason;
    report.elapsed_s = elapsed_s;
    std::size_t asked = 0;
    for (const GateWorkload& workload : workloads_) {
      for (const GateMetric& metric : gate_metrics()) {
        if (!is_told(workload.first, metric)) continue;
        GateRow row = measured_row(workload, metric);
        if (row.allowed) {
          row.first = judgement.first[asked];
          row.confirmation = judgement.confirmation[asked++];
          if (row.first.finding == Finding::kAbove) row.confirmed_by = pairs_of(workload.confirmation);
        }
        report.rows.push_back(std::move(row));
      }
      add_series(workload, report);
    }
    return report;
  }

  GateRow measured_row(const GateWorkload& workload, const GateMetric& metric) const {
    const auto allowed = options_.allowed.find(std::string(metric.name));
    const GateQuestion first = gate_question(0, metric, {}, workload.first);
    GateRow row;
    row.group = workload.name;
    row.name = metric.name;
    row.unit = metric.unit;
    row.decimals = metric.decimals;
    row.base = metric.scale * median(block_values(workload.first[kBase], metric));
    row.here = metric.scale * median(block_values(workload.first[kHere], metric));
    if (allowed != options_.allowed.end()) row.allowed = Range{0, allowed->second};
    row.first.median = median(first.ratios);
    row.first.interval = median_interval(first.ratios);
    row.control = median(first.control);
    if (pairs_of(workload.confirmation) > 0) {
      row.confirmation_control = median(gate_question(0, metric, {}, workload.confirmation).control);
    }
    row.pairs = pairs_of(workload.first);
    return row;
  }

  static void add_series(const GateWorkload& workload, GateReport& report) {
    for (const bool confirming : {false, true}) {
      const GateTurns& turns = workload.turns(confirming);
      if (pairs_of(turns) == 0) continue;
      report.series.push_back({workload.name, "base", confirming, turns[kBase]});
      report.series.push_back({workload.name, "here", confirming, turns[kHere]});
      report.series.push_back({workload.name, "control", confirming, turns[kControl]});
    }
  }

  void note(const std::string& text) const {
    const bool wanted =
        terminal_.progress == When::kAlways || (terminal_.progress == When::kAuto && is_terminal_stderr());
    if (wanted && !terminal_.quiet) print_note(text + "\n");
  }

  const GateOptions& options_;
  const TerminalOptions& terminal_;
  const Interrupt& interrupt_;
  std::mt19937_64 random_;
  GateRule rule_;
  std::array<GateBuild, kGateRoles> builds_;
  std::vector<Job> jobs_;  // one a workload
  std::vector<GateWorkload> workloads_;
};

}  // namespace

GateReport gate_against(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  return Against(options, terminal, interrupt).run();
}

}  // namespace shardflow::app
