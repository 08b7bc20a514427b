// shardflow sweep: every point of a grid, measured round by round.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

#include "app/child.hpp"
#include "app/commands.hpp"
#include "app/notes.hpp"
#include "app/options.hpp"
#include "app/outputs.hpp"
#include "app/report_file.hpp"
#include "app/shuffle.hpp"
#include "app/sweep_file.hpp"
#include "app/sweep_grid.hpp"
#include "app/sweep_result.hpp"
#include "app/terminal.hpp"
#include "app/workload.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

// The inputs by their number of records, each with the map that every mode must end in.
class Workloads {
 public:
  struct Entry {
    Workload input;
    Sample expected;                     // from the oracle
    std::set<std::string_view> checked;  // unordered modes whose values were checked once
  };

  Workloads(const LoadOptions& options, const Interrupt& interrupt) : options_(options), interrupt_(interrupt) {}

  Entry& of(std::uint64_t records) {
    const auto found = entries_.find(records);
    if (found != entries_.end()) return found->second;
    Workload input = input_of(records);
    Sample expected = run_oracle(options_, input, interrupt_);
    // Bad records are among those that were asked for.
    if (records != Workload::kAll && expected.records < records && !options_.run.rules.skip_bad) {
      throw std::runtime_error("the input has " + plural(expected.records, "record") + ", so it can't be swept over " +
                               with_commas(records));
    }
    return entries_.emplace(records, Entry{std::move(input), std::move(expected), {}}).first->second;
  }

 private:
  // Made-up records are as many as are asked for: of more than the spec has, over as many keys, unless their number was
  // given.
  Workload input_of(std::uint64_t records) const {
    const bool more = options_.synthetic && records != Workload::kAll && records > options_.synthetic->records;
    if (!more) return Workload(options_, records);
    LoadOptions options = options_;
    options.synthetic->records = records;
    return Workload(options);
  }

  const LoadOptions& options_;
  const Interrupt& interrupt_;
  std::map<std::uint64_t, Entry> entries_;
};

// Beyond its points, what makes a run another experiment.
Conditions conditions_of(const LoadOptions& options, const std::string& input, const Environment& environment) {
  const RunOptions& run = options.run;
  std::string file_words;
  for (const std::string& word : options.file_words) file_words += (file_words.empty() ? "" : " ") + word;
  return {{"input", input},
          {"input_state", options.synthetic ? "" : state_of(options.files)},
          {"machine", environment.cpu + ", " + std::to_string(environment.cores) + " cores"},
          {"version", SHARDFLOW_VERSION},
          {"blocks", std::to_string(run.blocks)},
          {"max_record", std::to_string(run.rules.max_record_bytes)},
          {"max_threads", std::to_string(run.max_threads)},
          {"latency", run.latency ? "on" : "off"},
          {"rate", std::to_string(options.rate_per_s)},
          {"input_options", file_words}};
}

class Sweeper {
 public:
  // The JSON of what there is goes to `report` after each round.
  Sweeper(const SweepOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt, ReportFile& report)
      : options_(options),
        interrupt_(interrupt),
        notes_(terminal),
        report_(report),
        workloads_(options.load, interrupt) {
    sweep_.input = describe_input(options.load);
    sweep_.environment = Environment::now();
    sweep_.longest_run_s = options.longest_run_s;
    for (const GridPoint& at : make_grid(options)) sweep_.points.push_back({at, false, {}});
    run_s_.resize(sweep_.points.size());
    if (options.output.empty()) return;
    file_.emplace(options.output, conditions_of(options.load, sweep_.input, sweep_.environment));
    file_->read_into(sweep_.points, options.longest_run_s);
  }

  // Once there is a run, an interrupt ends it early.
  Sweep run(std::string command, std::string settings) {
    sweep_.command = std::move(command);
    sweep_.settings = std::move(settings);
    try {
      for (const SweepPoint& point : sweep_.points) verify_kept(point);
      for (std::uint64_t round = 0; round < options_.rounds; ++round) {
        measure_round(round);
        report_.write_so_far(sweep_json(sweep_));
      }
    } catch (const InterruptedError&) {
      if (std::ranges::all_of(sweep_.points, [](const SweepPoint& point) { return point.samples.empty(); })) throw;
      sweep_.interrupted = true;
    }
    return std::move(sweep_);
  }

 private:
  // The runs that were read from the file: of a store that was not the right one, the times mean nothing.
  void verify_kept(const SweepPoint& point) {
    if (point.samples.empty()) return;
    const Sample& expected = workload_of(point.at).expected;
    about(file_->name() + ": " + describe(point.at), [&] {
      for (const Sample& sample : point.samples) verify(*find_mode(point.at.mode), sample, expected);
    });
  }

  Workloads::Entry& workload_of(const GridPoint& at) {
    Workloads::Entry& workload = workloads_.of(at.records);
    if (at.records == Workload::kAll) {
      sweep_.records = workload.expected.records;
      sweep_.skipped_records = workload.expected.skipped_records;
    }
    return workload;
  }

  void measure_round(std::uint64_t round) {
    std::mt19937_64 random(options_.seed + round);
    for (const std::size_t i : shuffled(sweep_.points.size(), random)) {
      SweepPoint& point = sweep_.points[i];
      if (!point.too_slow && point.samples.size() <= round) run_s_[i] = visit(point);
    }
  }

  // Says `what` it was where something fails.
  template <class Do>
  static auto about(const std::string& what, Do&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const InterruptedError&) {
      throw;
    } catch (const BadInputError& error) {
      throw BadInputError(what + ": " + error.what());
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(what + ": " + error.what());
    }
  }

  // Returns how many seconds it took.
  double visit(SweepPoint& point) {
    notes_.show(progress() + describe(point.at));
    const auto start = Clock::now();
    std::optional<Sample> sample;
    if (!too_slow_with_fewer_records(point.at)) {
      Workloads::Entry& workload = workload_of(point.at);
      sample = about(describe(point.at), [&] { return measure(point.at, workload); });
    }
    if (sample) {
      if (file_) file_->append(point.at, *sample);
      point.samples.push_back(*sample);
    } else {
      if (file_) file_->append_too_slow(point.at, options_.longest_run_s);
      point.too_slow = true;
      point.samples.clear();
    }
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  // Empty: it took longer than --max-run.
  std::optional<Sample> measure(const GridPoint& at, Workloads::Entry& workload) {
    const LoadOptions options = options_at(at, options_.load);
    const std::vector<std::string> words = load_words(options, *options.mode, workload.input);
    const bool one_right_map = options.mode->ordered || workload.expected.keys == workload.expected.records;
    std::optional<Sample> sample = run_within(words);
    if (!sample) return std::nullopt;
    verify(*options.mode, *sample, workload.expected);
    // Checking reads the input once more: that has the time that it takes.
    if (!one_right_map && workload.checked.insert(at.mode).second) {
      std::vector<std::string> checked = words;
      checked.insert(checked.begin(), "--check");
      run_load(checked, interrupt_);
    }
    return sample;
  }

  std::optional<Sample> run_within(const std::vector<std::string>& words) const {
    return run_load_within(words, interrupt_, std::chrono::milliseconds(std::llround(1e3 * options_.longest_run_s)));
  }

  bool too_slow_with_fewer_records(const GridPoint& at) const {
    return std::ranges::any_of(sweep_.points, [&](const SweepPoint& point) {
      GridPoint same = point.at;
      same.records = at.records;
      return point.too_slow && point.at.records < at.records && same == at;
    });
  }

  // "17 of 60 runs, 40 s left: ". A point that was not run yet is taken to need as long as the others on average.
  std::string progress() const {
    const double sum_s = std::accumulate(run_s_.begin(), run_s_.end(), 0.0);
    const auto known = run_s_.size() - static_cast<std::size_t>(std::ranges::count(run_s_, 0.0));
    const double mean_s = known == 0 ? 0 : sum_s / static_cast<double>(known);
    std::uint64_t done = 0;
    double left_s = 0;
    for (std::size_t i = 0; i < run_s_.size(); ++i) {
      const SweepPoint& point = sweep_.points[i];
      const std::uint64_t had =
          point.too_slow ? options_.rounds : std::min<std::uint64_t>(options_.rounds, point.samples.size());
      done += had;
      left_s += static_cast<double>(options_.rounds - had) * (run_s_[i] > 0 ? run_s_[i] : mean_s);
    }
    return std::to_string(done) + " of " + std::to_string(options_.rounds * sweep_.points.size()) + " runs" +
           (known == 0 ? "" : ", " + human_seconds(left_s) + " left") + ": ";
  }

  const SweepOptions& options_;
  const Interrupt& interrupt_;
  Notes notes_;
  ReportFile& report_;
  Workloads workloads_;
  Sweep sweep_;
  std::optional<SweepFile> file_;
  std::vector<double> run_s_;  // how long the last run of each point took, all told; 0: not run yet
};

}  // namespace

int sweep(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<SweepOptions> parsed = parse_sweep(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const SweepOptions& options = parsed.options;
  check_outputs({{"--output", options.output}, {"--report", options.load.report}, {"the table", "-"}},
                options.load.files);
  try {
    ReportFile report(options.load.report);
    const Sweep result = Sweeper(options, parsed.terminal, interrupt, report)
                             .run(command_line("sweep", arguments, parsed.variables), parsed.settings);
    // The table first: what fails from here on does not lose it.
    print_answer(options.load.stats == StatsFormat::kJson ? sweep_json(result) : sweep_text(result));
    report.write(sweep_json(result));
    if (result.interrupted) throw InterruptedError();
    return kOk;
  } catch (const InterruptedError&) {
    if (!options.output.empty()) print_error("stopped; the same command goes on where " + options.output + " ends");
    throw;
  }
}

}  // namespace shardflow::app
