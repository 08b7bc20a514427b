#include "app/child.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "app/commands.hpp"
#include "app/process.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

Sample parse_sample(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  Sample sample{json["ns_per_record"],
                json["wall_s"],
                json["user_s"],
                json["system_s"],
                json["voluntary_switches"],
                json["involuntary_switches"],
                json["peak_resident_bytes"],
                json["records"],
                json["keys"],
                json["skipped_records"],
                "",
                std::nullopt,
                {}};
  if (json["digest"].is_string()) sample.digest = json["digest"];
  if (json.contains("latency")) {
    sample.latency = LatencySummary::of(json["latency"]);
    sample.distribution = counts_of(json["latency"]["histogram"]);
  }
  return sample;
}

// The first line of a failed child's standard error, without the name that ours will begin with again.
std::string message_of(const ProcessResult& result) {
  constexpr std::string_view kName = "shardflow: ";
  if (result.signal != 0) return std::string("a run was ended by signal ") + strsignal(result.signal);
  const std::string line = result.errors.substr(0, result.errors.find('\n'));
  return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

}  // namespace

Sample run_load(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  return run_load_within(arguments, interrupt, kNoTimeout).value();
}

std::optional<Sample> run_load_within(const std::vector<std::string>& arguments, const Interrupt& interrupt,
                                      std::chrono::milliseconds timeout) {
  std::vector<std::string> words{"shardflow", "load", "--stats", "json", "--progress", "never"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const ProcessResult result = run_process("/proc/self/exe", std::move(words), interrupt, timeout);
  if (result.timed_out) return std::nullopt;
  if (result.exit_code == kBadInput) throw BadInputError(message_of(result));
  if (result.exit_code != 0) throw std::runtime_error(message_of(result));
  return parse_sample(result.errors);
}

Sample run_oracle(LoadOptions options, const Workload& input, const Interrupt& interrupt) {
  options.run.latency = false;
  options.rate_per_s = 0;
  Sample sample = run_load(load_words(options, *find_mode("serial"), input), interrupt);
  if (sample.records == 0) throw std::runtime_error("nothing to measure: the input has no records");
  return sample;
}

void verify(const Mode& mode, const Sample& sample, const Sample& expected) {
  const bool one_right_map = mode.ordered || expected.keys == expected.records;
  if (sample.records == expected.records && sample.keys == expected.keys &&
      (!one_right_map || sample.digest == expected.digest)) {
    return;
  }
  throw std::runtime_error("mode " + std::string(mode.name) +
                           " gave another map than serial: " + with_commas(sample.keys) + " keys, digest " +
                           sample.digest + ", in place of " + with_commas(expected.keys) + ", " + expected.digest);
}

}  // namespace shardflow::app
