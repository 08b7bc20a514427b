#include "app/child.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "app/process.hpp"

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
                "",
                std::nullopt};
  if (json["digest"].is_string()) sample.digest = json["digest"];
  if (json.contains("latency")) sample.latency = LatencySummary::of(json["latency"]);
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
  std::vector<std::string> words{"shardflow", "load", "--stats", "json", "--progress", "never"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const ProcessResult result = run_process("/proc/self/exe", std::move(words), interrupt);
  if (result.exit_code != 0) throw std::runtime_error(message_of(result));
  return parse_sample(result.errors);
}

}  // namespace shardflow::app
