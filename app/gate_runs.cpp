#include "app/gate_runs.hpp"

#include <fcntl.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

// The first line of what it wrote, without the name that ours will begin with again.
std::string message_of(const std::string& errors) {
  constexpr std::string_view kName = "shardflow: ";
  const std::string line = errors.substr(0, errors.find('\n'));
  return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

void require_success(const ProcessResult& result, std::chrono::milliseconds timeout) {
  if (result.timed_out) {
    throw std::runtime_error("did not end within " + fixed(std::chrono::duration<double>(timeout).count(), 0) +
                             " s (--timeout)");
  }
  if (result.signal != 0) throw std::runtime_error(std::string("was ended by a signal: ") + strsignal(result.signal));
  if (result.exit_code != 0) {
    throw std::runtime_error("failed with exit code " + std::to_string(result.exit_code) + ": " +
                             message_of(result.errors));
  }
}

// What an older build does not tell stays unset.
GateRun parse_run(const ProcessResult& result) try {
  const auto json = nlohmann::json::parse(result.errors);
  const auto number = [&](const char* field) { return json.at(field).get<double>(); };
  GateRun run;
  run.records = json.at("records");
  run.keys = json.at("keys");
  if (json.contains("digest") && json["digest"].is_string()) run.digest = json["digest"];
  run.sample.wall_s = result.usage.wall_s;
  run.sample.user_s = result.usage.user_s;
  run.sample.system_s = result.usage.system_s;
  run.sample.switches = static_cast<double>(result.usage.voluntary_switches + result.usage.involuntary_switches);
  run.sample.ns_per_record = number("ns_per_record");
  if (json.contains("floor_s")) run.floor_ns_per_record = 1e9 * number("floor_s") / number("records");
  if (json.contains("peak_resident_bytes")) run.sample.peak_bytes = number("peak_resident_bytes");
  if (json.contains("table_bytes") && json.contains("arena_bytes") && run.keys > 0) {
    run.sample.bytes_per_key =
        (number("table_bytes") + number("arena_bytes") - number("key_bytes") - number("value_bytes")) / number("keys");
  }
  return run;
} catch (const nlohmann::json::exception&) {
  throw std::runtime_error("told no statistics: is it a shardflow?");
}

}  // namespace

GateBuild this_build() { return {"this build", "/proc/self/exe"}; }

GateInput::GateInput(const SyntheticSpec& spec) : memory_(synthetic_file(spec)) {
  // The children open it by this process's descriptor, which they inherit.
  fcntl(memory_.number(), F_SETFD, 0);
  path_ = "/proc/self/fd/" + std::to_string(memory_.number());
}

GateRun run_build(const GateBuild& build, std::vector<std::string> arguments, const GateInput& input,
                  std::chrono::milliseconds timeout, const Interrupt& interrupt) {
  std::vector<std::string> words{"shardflow", "load", "--stats", "json", "--progress", "never"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--", input.path()});
  const ProcessResult result = run_process(build.program, std::move(words), interrupt, timeout);
  try {
    require_success(result, timeout);
    return parse_run(result);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(build.name + " " + error.what());
  }
}

std::chrono::duration<double> time_for(const GateOptions& options) {
  constexpr double kUnlimited_s = 1e8;
  return std::chrono::duration<double>(options.pairs > 0 ? kUnlimited_s : options.max_time_s);
}

Judgement measure_until_judged(const GateRule& rule, std::chrono::duration<double> max_time,
                               const std::function<GateSamples()>& samples, const Measure& measure) {
  const auto whole = std::chrono::duration_cast<Clock::duration>(max_time);
  Clock::time_point deadline = Clock::now() + whole;
  for (bool confirming = false;;) {
    Judgement judgement = judge(rule, samples(), Clock::now() >= deadline);
    if (judgement.verdict != Verdict::kOpen) return judgement;
    if (judgement.confirming && !confirming) deadline = Clock::now() + whole;
    confirming = judgement.confirming;
    measure(judgement, deadline);
  }
}

void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

std::vector<std::size_t> shuffled_block(std::size_t count, std::mt19937_64& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(order, random);
  std::vector<std::size_t> block = order;
  block.insert(block.end(), order.rbegin(), order.rend());
  return block;
}

}  // namespace shardflow::app
