// shardflow compare: modes side by side, on the user's own data and machine.
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>

#include "app/child.hpp"
#include "app/commands.hpp"
#include "app/comparison.hpp"
#include "app/options.hpp"
#include "app/terminal.hpp"
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
  Comparer(const CompareOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt)
      : options_(options), terminal_(terminal), interrupt_(interrupt), random_(options.seed) {
    if (options_.load.synthetic) {
      // The children open the memory file by this process's descriptor, which they inherit.
      synthetic_ = synthetic_file(*options_.load.synthetic);
      fcntl(synthetic_.number(), F_SETFD, 0);
      files_ = {"/proc/self/fd/" + std::to_string(synthetic_.number())};
    } else {
      files_ = options_.load.files;
    }
  }

  Comparison run() {
    const auto start = Clock::now();
    prepare();
    for (const Mode* const mode : options_.modes) warm_up(*mode);
    while (!enough(start)) round();
    return std::move(comparison_);
  }

 private:
  // The oracle's map: what every mode must end in.
  void prepare() {
    note("serial, for the digests");
    whole_ = run_load(arguments("serial", false), interrupt_);
    if (whole_.records == 0) throw std::runtime_error("nothing to compare: the input has no records");
    comparison_.environment = Environment::now();
    comparison_.threads = options_.load.run.threads;
    comparison_.shards = options_.load.shards;
    comparison_.records = whole_.records;
    comparison_.keys = whole_.keys;
    comparison_.prefix_records = std::min(options_.slow_records, whole_.records);
    prefix_ = run_load(arguments("serial", true), interrupt_);
  }

  // One run that is not counted: to see whether the mode is right, and whether it is too slow for all records.
  void warm_up(const Mode& mode) {
    note(std::string(mode.name) + ", warm-up");
    const Sample first = run_load(checked(mode, true), interrupt_);
    verify(mode, first, prefix_);
    const double turn_s = first.ns_per_record * 1e-9 * static_cast<double>(whole_.records);
    const bool slow = turn_s > kLongestTurn_s && comparison_.prefix_records < whole_.records;
    if (!slow) verify(mode, run_load(checked(mode, false), interrupt_), whole_);
    comparison_.modes.push_back({std::string(mode.name), slow, {}});
  }

  void round() {
    std::vector<std::size_t> order(options_.modes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Shuffled, so that a drift of the machine hits all alike. Fisher and Yates, by hand: std::shuffle gives
    // another order with another standard library.
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_() % i]);
    for (const std::size_t i : order) {
      const Mode& mode = *options_.modes[i];
      ModeSamples& samples = comparison_.modes[i];
      Sample sample = run_load(arguments(mode.name, samples.prefix_only), interrupt_);
      verify(mode, sample, samples.prefix_only ? prefix_ : whole_);
      note("round " + std::to_string(samples.samples.size() + 1) + ", " + samples.mode + ": " +
           fixed(sample.ns_per_record, 1) + " ns/record");
      samples.samples.push_back(std::move(sample));
    }
  }

  bool enough(Clock::time_point start) const {
    const std::uint64_t rounds = comparison_.rounds();
    if (options_.rounds > 0) return rounds == options_.rounds;
    if (rounds > 0 && std::chrono::duration<double>(Clock::now() - start).count() > options_.max_time_s) return true;
    if (rounds < kLeastRounds) return false;
    for (std::size_t i = 0; i < comparison_.modes.size(); ++i) {
      if (speed_up(comparison_, i).uncertainty() > kUncertainty) return false;
    }
    return true;
  }

  // Where order is kept, or keys are unique, there is one right map. Else `--check` has looked at each value.
  void verify(const Mode& mode, const Sample& sample, const Sample& expected) const {
    const bool one_right_map = mode.ordered || expected.keys == expected.records;
    if (sample.records == expected.records && sample.keys == expected.keys &&
        (!one_right_map || sample.digest == expected.digest)) {
      return;
    }
    throw std::runtime_error("mode " + std::string(mode.name) +
                             " gave another map than serial: " + with_commas(sample.keys) + " keys, digest " +
                             sample.digest + ", in place of " + with_commas(expected.keys) + ", " + expected.digest);
  }

  Strings checked(const Mode& mode, bool prefix) const {
    Strings words = arguments(mode.name, prefix);
    if (!mode.ordered) words.insert(words.begin(), "--check");
    return words;
  }

  Strings arguments(std::string_view mode, bool prefix) const {
    const RunOptions& run = options_.load.run;
    Strings words{"--mode",
                  std::string(mode),
                  "--digest",
                  "--threads",
                  std::to_string(run.threads),
                  "--shards",
                  std::to_string(options_.load.shards),
                  "--block-size",
                  std::to_string(run.block_bytes),
                  "--blocks",
                  std::to_string(run.blocks),
                  "--max-record",
                  std::to_string(run.max_record_bytes),
                  "--max-memory",
                  std::to_string(options_.load.max_memory_bytes)};
    words.insert(words.end(), {"--workers", std::to_string(run.workers > 0 ? run.workers : run.threads)});
    words.insert(words.end(), {"--capacity", run.capacity > 0 ? std::to_string(run.capacity) : "unbounded"});
    words.insert(words.end(), {"--max-threads", std::to_string(run.max_threads)});
    if (run.latency) words.emplace_back("--latency");
    if (options_.load.rate_per_s > 0) words.insert(words.end(), {"--rate", std::to_string(options_.load.rate_per_s)});
    if (prefix) words.insert(words.end(), {"--records", std::to_string(comparison_.prefix_records)});
    words.emplace_back("--");
    words.insert(words.end(), files_.begin(), files_.end());
    return words;
  }

  void note(const std::string& text) const {
    const bool wanted =
        terminal_.progress == When::kAlways || (terminal_.progress == When::kAuto && is_terminal_stderr());
    if (wanted && !terminal_.quiet) print_note(text + "\n");
  }

  const CompareOptions& options_;
  const TerminalOptions& terminal_;
  const Interrupt& interrupt_;
  std::mt19937_64 random_;
  Descriptor synthetic_;
  Strings files_;
  Sample whole_;
  Sample prefix_;
  Comparison comparison_;
};

}  // namespace

int compare(const Strings& arguments, const Interrupt& interrupt) {
  const Parsed<CompareOptions> parsed = parse_compare(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  Comparison comparison = Comparer(parsed.options, parsed.terminal, interrupt).run();
  comparison.command = "shardflow compare";
  for (const std::string& word : arguments) comparison.command += " " + word;
  const bool json = parsed.options.load.stats == StatsFormat::kJson;
  return print_answer(json ? comparison_json(comparison) : comparison_text(comparison));
}

}  // namespace shardflow::app
