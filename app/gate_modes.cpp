// This build's modes against their bounds: ratios of times per record, which survive a change of runner.
#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "app/gate.hpp"
#include "app/gate_bounds.hpp"
#include "app/gate_runs.hpp"
#include "app/presets.hpp"
#include "app/terminal.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;
using Series = std::vector<GateSample>;

constexpr const char* kFlow = "flow";
// A mode that would need longer for the whole input gets the first records alone.
constexpr double kLongestRun_s = 2;
constexpr const char* kFewRecords = "20k";
// What --update measures: enough for an interval that one odd run does not move.
constexpr std::size_t kUpdatePairs = 36;

// With less of its cores free, flow is slow through no fault of its own, and a ratio out of its range is no verdict.
constexpr double kLeastCoreShare = 0.9;
constexpr std::chrono::milliseconds kProbeTime{10};

// What part of `threads` cores this process could have just now: as many threads that do nothing but count the time
// they were given.
double core_share(std::uint32_t threads) {
  std::vector<double> given(threads);
  {
    std::vector<std::jthread> spinners;
    for (double& share : given) {
      spinners.emplace_back([&share] {
        const auto start = Clock::now();
        while (Clock::now() - start < kProbeTime) continue;
        timespec cpu{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
        share = (static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec)) /
                std::chrono::duration<double>(Clock::now() - start).count();
      });
    }
  }
  return std::min(1.0, std::accumulate(given.begin(), given.end(), 0.0) / threads);
}

// flow and another mode, in turn; or, if that is the floor, both in one run.
enum Role : std::size_t { kOther, kFlowRole, kRoles };

struct Pairing {
  ModeBound bound;
  bool few_records = false;
  std::array<std::array<Series, kRoles>, 2> turns{};  // by whether it is the confirmation, and by role

  bool is_floor() const { return bound.mode == kFloor; }
  std::size_t pairs(bool confirming) const { return turns[confirming ? 1 : 0][kOther].size(); }
};

std::vector<double> times(const Series& series) {
  std::vector<double> times;
  std::ranges::transform(series, std::back_inserter(times), &GateSample::ns_per_record);
  return times;
}

class Modes {
 public:
  Modes(const GateBounds& bounds, const GateOptions& options, const TerminalOptions& terminal,
        const Interrupt& interrupt)
      : bounds_(bounds),
        options_(options),
        terminal_(terminal),
        interrupt_(interrupt),
        random_(options.seed),
        input_(SyntheticSpec::parse(bounds.input)) {
    for (const ModeBound& bound : bounds.modes) pairings_.push_back({bound});
    // A block is two pairs.
    if (options.pairs > 0) rule_.looks = {{options.pairs + options.pairs % 2, 1}};
  }

  GateReport run() {
    for (Pairing& pairing : pairings_) warm_up(pairing);
    const auto start = Clock::now();
    const Judgement judgement = measure_until_judged(
        rule_, time_for(options_), [&] { return samples(); },
        [&](const Judgement& open, Clock::time_point deadline) { measure(open, deadline); });
    return report(judgement, std::chrono::duration<double>(Clock::now() - start).count());
  }

  // The bounds as they would be by what is measured now.
  GateBounds measured() {
    Judgement all;
    for (std::size_t i = 0; i < pairings_.size(); ++i) all.workloads.push_back(i);
    all.pairs = options_.pairs > 0 ? options_.pairs : kUpdatePairs;
    for (Pairing& pairing : pairings_) warm_up(pairing);
    measure(all, Clock::time_point::max());
    GateBounds measured = bounds_;
    for (std::size_t i = 0; i < pairings_.size(); ++i) {
      measured.modes[i].allowed = range_around(pairings_[i].bound.mode, median_interval(question(i, false).ratios));
    }
    return measured;
  }

  // While it measured; the median of the blocks.
  double free_cores() const { return median(core_shares_); }

 private:
  void warm_up(Pairing& pairing) {
    note("warm-up: " + pairing.bound.mode);
    if (pairing.is_floor()) {
      run_mode(pairing, kFlowRole);
      return;
    }
    pairing.few_records = true;
    const GateRun few = run_mode(pairing, kOther);
    const auto records = static_cast<double>(SyntheticSpec::parse(bounds_.input).records);
    pairing.few_records = few.sample.ns_per_record * 1e-9 * records > kLongestRun_s;
  }

  GateRun run_mode(const Pairing& pairing, std::size_t role) const {
    std::vector<std::string> words{"--mode", role == kFlowRole ? kFlow : pairing.bound.mode, "--threads",
                                   std::to_string(bounds_.threads)};
    if (role == kOther && pairing.few_records) words.insert(words.end(), {"--records", kFewRecords});
    if (pairing.is_floor()) words.emplace_back("--floor");
    const std::chrono::milliseconds timeout(static_cast<std::int64_t>(1e3 * options_.timeout_s));
    return run_build(this_build(), std::move(words), input_, timeout, interrupt_);
  }

  void measure(const Judgement& open, Clock::time_point deadline) {
    for (;;) {
      std::vector<std::size_t> order;
      std::ranges::copy_if(open.workloads, std::back_inserter(order),
                           [&](std::size_t i) { return pairings_[i].pairs(open.confirming) < open.pairs; });
      if (order.empty()) return;
      shuffle(order, random_);
      for (const std::size_t i : order) block(pairings_[i], open.confirming);
      if (Clock::now() >= deadline) return;
    }
  }

  void block(Pairing& pairing, bool confirming) {
    core_shares_.push_back(core_share(bounds_.threads));
    auto& turns = pairing.turns[confirming ? 1 : 0];
    for (const std::size_t role : shuffled_block(kRoles, random_)) {
      if (!pairing.is_floor()) {
        turns[role].push_back(run_mode(pairing, role).sample);
      } else if (role == kFlowRole) {
        GateRun run = run_mode(pairing, kFlowRole);
        turns[kFlowRole].push_back(run.sample);
        run.sample.ns_per_record = run.floor_ns_per_record;
        turns[kOther].push_back(run.sample);
      }
    }
    note("flow/" + pairing.bound.mode + ": " + std::to_string(pairing.pairs(confirming)) + " pairs");
  }

  GateQuestion question(std::size_t i, bool confirming) const {
    const auto& turns = pairings_[i].turns[confirming ? 1 : 0];
    return {
        i, pairings_[i].bound.allowed, paired_ratios(times(turns[kOther]), times(turns[kFlowRole])), {}, std::nullopt};
  }

  GateSamples samples() const {
    GateSamples samples;
    for (std::size_t i = 0; i < pairings_.size(); ++i) {
      samples.first.push_back(question(i, false));
      samples.confirmation.push_back(question(i, true));
    }
    return samples;
  }

  GateReport report(const Judgement& judgement, double elapsed_s) const {
    GateReport report;
    report.of_modes = true;
    report.verdict = judgement.verdict;
    report.reason = judgement.reason;
    report.elapsed_s = elapsed_s;
    report.core_share = free_cores();
    if (report.verdict == Verdict::kOutside && *report.core_share < kLeastCoreShare) {
      report.verdict = Verdict::kUndecided;
      report.reason = Reason::kControl;
    }
    for (std::size_t i = 0; i < pairings_.size(); ++i) {
      const Pairing& pairing = pairings_[i];
      GateRow row;
      row.group = bounds_.input;
      row.name = "flow/" + pairing.bound.mode;
      row.decimals = 1;
      row.base = median(times(pairing.turns[0][kOther]));
      row.here = median(times(pairing.turns[0][kFlowRole]));
      row.allowed = pairing.bound.allowed;
      row.first = judgement.first[i];
      row.confirmation = judgement.confirmation[i];
      row.pairs = pairing.pairs(false);
      const bool outside = row.first.finding == Finding::kAbove || row.first.finding == Finding::kBelow;
      row.confirmed_by = outside ? pairing.pairs(true) : 0;
      report.rows.push_back(std::move(row));
      for (const bool confirming : {false, true}) {
        if (pairing.pairs(confirming) == 0) continue;
        const auto& turns = pairing.turns[confirming ? 1 : 0];
        report.series.push_back({"flow/" + pairing.bound.mode, pairing.bound.mode, confirming, turns[kOther]});
        report.series.push_back({"flow/" + pairing.bound.mode, kFlow, confirming, turns[kFlowRole]});
      }
    }
    return report;
  }

  void note(const std::string& text) const {
    const bool wanted =
        terminal_.progress == When::kAlways || (terminal_.progress == When::kAuto && is_terminal_stderr());
    if (wanted && !terminal_.quiet) print_note(text + "\n");
  }

  const GateBounds& bounds_;
  const GateOptions& options_;
  const TerminalOptions& terminal_;
  const Interrupt& interrupt_;
  std::mt19937_64 random_;
  GateRule rule_;
  GateInput input_;
  std::vector<Pairing> pairings_;
  std::vector<double> core_shares_;  // one a block
};

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw UsageError(path + ": cannot be read; --bounds FILE names another");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

GateBounds read_bounds(const std::string& path, const std::string& text) {
  try {
    return parse_gate_bounds(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(path + ": " + error.what());
  }
}

}  // namespace

std::string bounds_path(const GateOptions& options) {
  return options.bounds_file.empty() ? (data_folder() / "gate.ini").string() : options.bounds_file;
}

GateReport gate_modes(const GateOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  const std::string path = bounds_path(options);
  const GateBounds bounds = read_bounds(path, read_text(path));
  GateReport report;
  if (bounds.threads <= logical_cores()) {
    report = Modes(bounds, options, terminal, interrupt).run();
  } else {
    report.of_modes = true;
    report.reason = Reason::kControl;
  }
  report.base = path;
  report.threads = bounds.threads;
  return report;
}

std::string update_gate_bounds(const GateOptions& options, const TerminalOptions& terminal,
                               const Interrupt& interrupt) {
  const std::string path = bounds_path(options);
  const std::string before = read_text(path);
  const GateBounds bounds = read_bounds(path, before);
  if (bounds.threads > logical_cores()) {
    throw std::runtime_error(path + ": its " + std::to_string(bounds.threads) +
                             " threads need as many cores; here are " + std::to_string(logical_cores()));
  }
  const auto file = open_sink(path, nullptr);  // before a measurement that would be lost without it
  Modes modes(bounds, options, terminal, interrupt);
  const std::string after = gate_bounds_text(modes.measured());
  file->write(after);
  file->commit();
  const std::string warning = modes.free_cores() < kLeastCoreShare
                                  ? "only " + fixed(100 * modes.free_cores(), 0) +
                                        " % of the cores were free: better do it again on a quieter machine\n"
                                  : "";
  return path + "\n" + bounds_difference(before, after) + warning;
}

}  // namespace shardflow::app
