// This build against another: the runs in their turns, and the questions about them.
#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <stdexcept>

#include "app/gate.hpp"
#include "app/gate_runs.hpp"
#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

// One turn of each build. The control is the base once more: what differs between these two is the machine's doing.
enum Role : std::size_t { kBase, kHere, kControl, kRoles };
using Series = std::vector<GateSample>;

struct Workload {
  std::string name;
  GateInput input;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  // By whether it is the confirmation, and by role; a sample a turn.
  std::array<std::array<Series, kRoles>, 2> turns{};

  std::size_t pairs(bool confirming) const { return turns[confirming ? 1 : 0][kBase].size(); }
};

// One question, or a metric that is only watched.
struct Watched {
  std::size_t workload;
  const GateMetric* metric;
  std::optional<Range> allowed;
};

std::vector<double> values(const Series& series, const GateMetric& metric) {
  std::vector<double> values;
  std::ranges::transform(series, std::back_inserter(values), [&](const GateSample& sample) {
    return std::max(metric.value(sample).value_or(0), metric.least);
  });
  return values;
}

bool is_told(const Workload& workload, const GateMetric& metric) {
  return std::ranges::all_of(workload.turns[0], [&](const Series& series) {
    return std::ranges::all_of(series, [&](const GateSample& s) { return metric.value(s).has_value(); });
  });
}

class Against {
 public:
  Against(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt)
      : options_(options), terminal_(terminal), interrupt_(interrupt), random_(options.seed) {
    const GateBuild base{"the base, " + options.against + ",", options.against};
    builds_ = {base, this_build(), base};
    if (options.pairs > 0) rule_.looks = {options.pairs};
    for (const WorkloadOption& option : options.workloads) {
      note("input: " + option.name);
      workloads_.push_back({option.name, option.synthetic ? GateInput(*option.synthetic) : GateInput(option.name)});
    }
    for (std::size_t i = 0; i < workloads_.size(); ++i) watch(i);
  }

  GateReport run() {
    for (Workload& workload : workloads_) warm_up(workload);
    const auto start = Clock::now();
    const std::chrono::duration<double> max_time(options_.pairs > 0 ? kUnlimited_s : options_.max_time_s);
    const Judgement judgement = measure_until_judged(
        rule_, max_time, [&] { return samples(); },
        [&](const Judgement& open, Clock::time_point deadline) { measure(open, deadline); });
    return report(judgement, std::chrono::duration<double>(Clock::now() - start).count());
  }

 private:
  static constexpr double kUnlimited_s = 1e8;

  void watch(std::size_t workload) {
    for (const GateMetric& metric : gate_metrics()) {
      const auto allowed = options_.allowed.find(std::string(metric.name));
      std::optional<Range> range;
      if (allowed != options_.allowed.end()) range = Range{0, allowed->second};
      watched_.push_back({workload, &metric, range});
    }
  }

  // Runs that are not counted: they show whether both builds work, and end in the same map.
  void warm_up(Workload& workload) {
    note("warm-up: " + workload.name);
    const GateRun base = run_build(builds_[kBase], arguments({"--digest"}), workload.input, timeout(), interrupt_);
    const GateRun here = run_build(builds_[kHere], arguments({"--digest"}), workload.input, timeout(), interrupt_);
    workload.records = base.records;
    workload.keys = base.keys;
    if (base.records == 0) throw std::runtime_error("nothing to measure: " + workload.name + " has no records");
    verify(workload, here);
    const bool one_right_map = options_.mode->ordered || base.keys == base.records;
    if (one_right_map && here.digest != base.digest) {
      throw std::runtime_error("wrong result on " + workload.name + ": this build's map has digest " + here.digest +
                               ", the base's " + base.digest);
    }
  }

  static void verify(const Workload& workload, const GateRun& run) {
    if (run.records == workload.records && run.keys == workload.keys) return;
    throw std::runtime_error("wrong result on " + workload.name + ": " + with_commas(run.records) + " records and " +
                             with_commas(run.keys) + " keys in place of " + with_commas(workload.records) + " and " +
                             with_commas(workload.keys));
  }

  void measure(const Judgement& open, Clock::time_point deadline) {
    for (;;) {
      std::vector<std::size_t> order;
      std::ranges::copy_if(open.workloads, std::back_inserter(order),
                           [&](std::size_t i) { return workloads_[i].pairs(open.confirming) < open.pairs; });
      if (order.empty()) return;
      shuffle(order, random_);
      for (const std::size_t i : order) block(workloads_[i], open.confirming);
      if (Clock::now() >= deadline) return;
    }
  }

  void block(Workload& workload, bool confirming) {
    for (const std::size_t role : shuffled_block(kRoles, random_)) {
      const GateRun run = run_build(builds_[role], arguments({}), workload.input, timeout(), interrupt_);
      verify(workload, run);
      workload.turns[confirming ? 1 : 0][role].push_back(run.sample);
    }
    note(std::string(confirming ? "confirmation" : "measurement") + ", " + workload.name + ": " +
         std::to_string(workload.pairs(confirming)) + " pairs");
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

  GateQuestion question(const Watched& watched, bool confirming) const {
    const auto& turns = workloads_[watched.workload].turns[confirming ? 1 : 0];
    const std::vector<double> base = values(turns[kBase], *watched.metric);
    return {watched.workload, watched.allowed.value_or(Range{}),
            paired_ratios(base, values(turns[kHere], *watched.metric)),
            paired_ratios(base, values(turns[kControl], *watched.metric))};
  }

  bool is_asked(const Watched& watched) const {
    return watched.allowed && is_told(workloads_[watched.workload], *watched.metric);
  }

  GateSamples samples() const {
    GateSamples samples;
    for (const Watched& watched : watched_) {
      if (!is_asked(watched)) continue;
      samples.first.push_back(question(watched, false));
      samples.confirmation.push_back(question(watched, true));
    }
    return samples;
  }

  GateReport report(const Judgement& judgement, double elapsed_s) const {
    GateReport report;
    report.base = options_.against;
    report.verdict = judgement.verdict;
    report.reason = judgement.reason;
    report.elapsed_s = elapsed_s;
    std::size_t asked = 0;
    for (const Watched& watched : watched_) {
      if (!is_told(workloads_[watched.workload], *watched.metric)) continue;
      GateRow row = measured_row(watched);
      if (watched.allowed) {
        row.first = judgement.first[asked];
        row.confirmation = judgement.confirmation[asked++];
        if (row.first.finding == Finding::kAbove) row.confirmed_by = workloads_[watched.workload].pairs(true);
      }
      report.rows.push_back(std::move(row));
    }
    for (const Workload& workload : workloads_) add_series(workload, report);
    return report;
  }

  GateRow measured_row(const Watched& watched) const {
    const Workload& workload = workloads_[watched.workload];
    const GateMetric& metric = *watched.metric;
    const GateQuestion first = question(watched, false);
    GateRow row;
    row.group = workload.name;
    row.name = metric.name;
    row.unit = metric.unit;
    row.decimals = metric.decimals;
    row.base = metric.scale * median(values(workload.turns[0][kBase], metric));
    row.here = metric.scale * median(values(workload.turns[0][kHere], metric));
    row.allowed = watched.allowed;
    row.first.median = median(first.ratios);
    row.first.interval = median_interval(first.ratios);
    row.control = median(first.control);
    row.pairs = workload.pairs(false);
    return row;
  }

  static void add_series(const Workload& workload, GateReport& report) {
    for (const bool confirming : {false, true}) {
      if (workload.pairs(confirming) == 0) continue;
      const auto& turns = workload.turns[confirming ? 1 : 0];
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
  std::array<GateBuild, kRoles> builds_;
  std::vector<Workload> workloads_;
  std::vector<Watched> watched_;
};

}  // namespace

GateReport gate_against(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  return Against(options, terminal, interrupt).run();
}

}  // namespace shardflow::app
