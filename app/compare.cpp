// shardflow compare: modes side by side, on the user's own data and machine.
#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <stdexcept>

#include "app/child.hpp"
#include "app/commands.hpp"
#include "app/comparison.hpp"
#include "app/hgrm_folder.hpp"
#include "app/notes.hpp"
#include "app/options.hpp"
#include "app/outputs.hpp"
#include "app/report_file.hpp"
#include "app/shuffle.hpp"
#include "app/terminal.hpp"
#include "app/workload.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

// A mode whose turn would take longer runs on the first --slow-records records.
constexpr double kLongestTurn_s = 10;
// Rounds go on until every speed-up's interval is this narrow: plus or minus 5 %.
constexpr double kUncertainty = 0.05;
// An interval of at least 95 % needs six values.
constexpr std::uint64_t kLeastRounds = 6;

class Comparer {
 public:
  // The JSON of what there is goes to `report` after each round.
  Comparer(const CompareOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt,
           ReportFile& report)
      : options_(options),
        interrupt_(interrupt),
        notes_(terminal),
        report_(report),
        random_(options.seed),
        all_(options.load, options.load.records) {}

  // Once there is a whole round, an interrupt ends it as --max-time does.
  Comparison run(std::string command, std::string settings) {
    const auto start = Clock::now();
    comparison_.command = std::move(command);
    comparison_.settings = std::move(settings);
    prepare();
    for (const Mode* const mode : options_.modes) warm_up(*mode);
    try {
      while (!enough(start)) {
        round();
        report_.write_so_far(comparison_json(comparison_));
      }
    } catch (const InterruptedError&) {
      drop_unfinished_round();
      if (comparison_.rounds() == 0) throw;
      comparison_.stop = Stop::kInterrupted;
    }
    return std::move(comparison_);
  }

 private:
  // The oracle's map: what every mode must end in.
  void prepare() {
    notes_.show("serial, for the digests");
    whole_ = run_oracle(options_.load, all_, interrupt_);
    comparison_.environment = Environment::now();
    comparison_.threads = options_.load.run.threads;
    comparison_.shards = options_.load.shards;
    comparison_.records = whole_.records;
    comparison_.skipped_records = whole_.skipped_records;
    comparison_.keys = whole_.keys;
    const std::uint64_t first = std::min(options_.slow_records, options_.load.records);
    first_.emplace(options_.load, first);
    prefix_ = run_oracle(options_.load, *first_, interrupt_);
    comparison_.prefix_records = prefix_.records < whole_.records ? first : whole_.records;
  }

  // One run that is not counted: to see whether the mode is right, and whether it is too slow for all records.
  void warm_up(const Mode& mode) {
    notes_.show(std::string(mode.name) + ", warm-up");
    const Sample first = run(mode, *first_, !mode.ordered);
    verify(mode, first, prefix_);
    const double turn_s = first.ns_per_record * 1e-9 * static_cast<double>(whole_.records);
    const bool was_all = prefix_.records == whole_.records;
    const bool slow = turn_s > kLongestTurn_s && !was_all;
    if (!slow && !was_all) verify(mode, run(mode, all_, !mode.ordered), whole_);
    comparison_.modes.push_back({std::string(mode.name), slow, {}});
  }

  void round() {
    for (const std::size_t i : shuffled(options_.modes.size(), random_)) {
      const Mode& mode = *options_.modes[i];
      ModeSamples& samples = comparison_.modes[i];
      Sample sample = run(mode, samples.prefix_only ? *first_ : all_);
      verify(mode, sample, samples.prefix_only ? prefix_ : whole_);
      notes_.show("round " + std::to_string(samples.samples.size() + 1) + ", " + samples.mode + ": " +
                  fixed(sample.ns_per_record, 1) + " ns/record");
      samples.samples.push_back(std::move(sample));
    }
  }

  void drop_unfinished_round() {
    const auto fewer = [](const ModeSamples& a, const ModeSamples& b) { return a.samples.size() < b.samples.size(); };
    const std::size_t rounds = std::ranges::min_element(comparison_.modes, fewer)->samples.size();
    for (ModeSamples& mode : comparison_.modes) mode.samples.resize(rounds);
  }

  bool enough(Clock::time_point start) {
    const std::uint64_t rounds = comparison_.rounds();
    if (options_.rounds > 0) return rounds == options_.rounds;
    if (rounds >= kLeastRounds && widest_uncertainty(comparison_) <= kUncertainty) return true;
    if (rounds == 0 || std::chrono::duration<double>(Clock::now() - start).count() <= options_.max_time_s) return false;
    comparison_.stop = Stop::kOutOfTime;
    return true;
  }

  Sample run(const Mode& mode, const Workload& input, bool checked = false) const {
    Strings words = load_words(options_.load, mode, input);
    if (checked) words.insert(words.begin(), "--check");
    return run_load(words, interrupt_);
  }

  const CompareOptions& options_;
  const Interrupt& interrupt_;
  Notes notes_;
  ReportFile& report_;
  std::mt19937_64 random_;
  Workload all_;
  std::optional<Workload> first_;
  Sample whole_;
  Sample prefix_;
  Comparison comparison_;
};

}  // namespace

int compare(const Strings& arguments, const Interrupt& interrupt) {
  const Parsed<CompareOptions> parsed = parse_compare(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const LoadOptions& load = parsed.options.load;
  check_outputs({{"--report", load.report}, {"the table", "-"}}, load.files);
  ReportFile report(load.report);
  HgrmFolder hgrm(load.hgrm, parsed.options.modes);
  const Comparison comparison = Comparer(parsed.options, parsed.terminal, interrupt, report)
                                    .run(command_line("compare", arguments, parsed.variables), parsed.settings);
  // The table first: what fails from here on does not lose it.
  print_answer(load.stats == StatsFormat::kJson ? comparison_json(comparison) : comparison_text(comparison));
  report.write(comparison_json(comparison));
  hgrm.write(comparison);
  if (comparison.stop == Stop::kInterrupted) throw InterruptedError();
  return kOk;
}

}  // namespace shardflow::app
