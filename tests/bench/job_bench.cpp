// The whole job, measured as a user meets it: processes from start to end, on files in the page cache.
//
// All cases run in turn, round after round, so that a drift of the machine hits them alike; what counts is
// the median of a round's ratios. One run before the first round warms the files and the memory up.
//
//   shardflow_job_bench BINARY [ROUNDS]
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Sample {
  double wall_s;  // of the process
  nlohmann::json statistics;
  double ns() const { return statistics["ns_per_record"]; }
};

struct Case {
  std::string name;
  std::string input;
  std::string mode;
  std::vector<Sample> samples;
};

struct Bound {
  std::string name;
  bool at_least;  // else at most
  double limit;
  std::vector<double> values;  // one a round
};

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

// Standard error goes to `log`, standard output nowhere. Returns the wall time in seconds.
double run(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const auto start = std::chrono::steady_clock::now();
  pid_t process = 0;
  if (posix_spawn(&process, pointers[0], &files, nullptr, pointers.data(), environ) != 0) {
    throw std::runtime_error(words[0] + " cannot be started");
  }
  int status = 0;
  waitpid(process, &status, 0);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  posix_spawn_file_actions_destroy(&files);
  if (status != 0) throw std::runtime_error(words[0] + " " + words[1] + " failed; see " + log);
  return wall.count();
}

// A folder in memory, where there is room: reading it is reading the page cache.
class Inputs {
 public:
  explicit Inputs(std::string binary) : binary_(std::move(binary)) {
    std::string pattern =
        (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) / "shardflow-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
  }
  ~Inputs() { fs::remove_all(folder_); }
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  void make(const std::string& name, const std::string& spec) const {
    run({binary_, "generate", spec, "--output", path(name)}, path("log"));
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  // The 99th percentile of the time from when a record was read off a live pipe of 100k records a second until it
  // could be found, in milliseconds.
  double live_p99_ms() const {
    run({"/bin/sh", "-c",
         binary_ + " generate sequential:records=200k --rate 100k | " + binary_ + " load - --latency --stats json"},
        path("log"));
    std::ifstream log(path("log"));
    return nlohmann::json::parse(log)["latency"]["p99_ns"].get<double>() / 1e6;
  }

  // The JSON of one run of compare over the modes that people try first.
  nlohmann::json compare(const std::string& name, std::size_t rounds) const {
    run({"/bin/sh", "-c",
         binary_ + " compare " + path(name) + " --modes flow,channel,tasks,threads,map --stats json --rounds " +
             std::to_string(rounds) + " > " + path("compare")},
        path("log"));
    std::ifstream json(path("compare"));
    return nlohmann::json::parse(json);
  }

  Sample load(const Case& which) const {
    const double wall_s =
        run({binary_, "load", path(which.input), "--mode", which.mode, "--stats", "json"}, path("log"));
    std::ifstream log(path("log"));
    return {wall_s, nlohmann::json::parse(log)};
  }

 private:
  std::string binary_;
  fs::path folder_;
};

// Touches `bytes` of memory in a process of its own and gives them back. On a virtual machine the host backs
// a page when it is first touched, at ten times the price of clearing one, and takes it away again when it
// was free for some seconds; which run that falls to is no property of the program.
void touch_memory(double bytes) {
  const pid_t process = fork();
  if (process == 0) {
    const auto size = static_cast<std::size_t>(bytes);
    void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, size, MADV_HUGEPAGE);
    madvise(memory, size, MADV_POPULATE_WRITE);
    _exit(0);
  }
  waitpid(process, nullptr, 0);
}

double overhead_per_key(const Sample& sample) {
  const auto field = [&](const char* name) { return sample.statistics[name].get<double>(); };
  return (field("table_bytes") + field("arena_bytes") - field("key_bytes") - field("value_bytes")) / field("keys");
}

double peak_mb(const Sample& sample) { return sample.statistics["peak_resident_bytes"].get<double>() / 1e6; }

double wall_over_reported(const Sample& sample) { return sample.wall_s / sample.statistics["wall_s"].get<double>(); }

void print_cases(const std::vector<Case>& cases) {
  std::printf("%-22s %10s %10s %10s %8s %10s %10s\n", "case (medians)", "ns/record", "user", "system", "wall/", "peak",
              "bytes/key");
  std::printf("%-22s %10s %10s %10s %8s %10s %10s\n", "", "", "", "", "reported", "MB", "overhead");
  for (const Case& each : cases) {
    const auto of = [&](const std::function<double(const Sample&)>& value) {
      std::vector<double> values;
      std::ranges::transform(each.samples, std::back_inserter(values), value);
      return median(values);
    };
    const auto per_record = [](const Sample& s, const char* field) {
      return s.statistics[field].get<double>() * 1e9 / s.statistics["records"].get<double>();
    };
    std::printf("%-22s %10.1f %10.1f %10.1f %8.2f %10.0f %10.1f\n", each.name.c_str(),
                of([](const Sample& s) { return s.ns(); }),
                of([&](const Sample& s) { return per_record(s, "user_s"); }),
                of([&](const Sample& s) { return per_record(s, "system_s"); }), of(wall_over_reported), of(peak_mb),
                of(overhead_per_key));
  }
}

// Returns how many bounds were missed.
int print_bounds(const std::vector<Bound>& bounds) {
  int missed = 0;
  std::printf("\n%-48s %8s %17s\n", "bound (median of the rounds)", "is", "is to be");
  for (const Bound& bound : bounds) {
    const double value = median(bound.values);
    const bool holds = bound.at_least ? value >= bound.limit : value <= bound.limit;
    missed += holds ? 0 : 1;
    std::printf("%-48s %8.2f %8s %8.2f %s\n", bound.name.c_str(), value, bound.at_least ? "at least" : "at most",
                bound.limit, holds ? "holds" : "MISSED");
  }
  return missed;
}

// How many times as long as flow each of the others takes in one compare run, which fails where a map differs.
void add_bounds_of_modes(const nlohmann::json& comparison, std::vector<Bound>& bounds) {
  const auto ns = [](const nlohmann::json& sample) { return sample["ns_per_record"].get<double>(); };
  const nlohmann::json& flow = comparison["modes"][0]["samples"];
  constexpr std::array<std::pair<const char*, double>, 4> kLeast{
      {{"channel", 10}, {"tasks", 15}, {"threads", 300}, {"map", 4}}};
  for (const auto& [mode, least] : kLeast) {
    for (const nlohmann::json& each : comparison["modes"]) {
      if (each["mode"] != mode) continue;
      bounds.push_back({"compare, 5M unique: " + std::string(mode) + " over flow", true, least, {}});
      for (std::size_t round = 0; round < flow.size(); ++round) {
        bounds.back().values.push_back(ns(each["samples"][round]) / ns(flow[round]));
      }
    }
  }
}

// REQUIRES: the cases of measure(), in its order.
std::vector<Bound> bounds_of_cases(const std::vector<Case>& cases) {
  std::vector<Bound> bounds;
  const auto at_most = [&](const std::string& name, double limit, const std::function<double(std::size_t)>& value) {
    bounds.push_back({name, false, limit, {}});
    for (std::size_t round = 0; round < cases[0].samples.size(); ++round) bounds.back().values.push_back(value(round));
  };
  const auto ns = [&](std::size_t which, std::size_t round) { return cases[which].samples[round].ns(); };
  at_most("5M unique, flow: ns/record", 60, [&](std::size_t r) { return ns(0, r); });
  at_most("5M unique, serial: ns/record", 110, [&](std::size_t r) { return ns(1, r); });
  at_most("5M unique: flow over serial", 1 / 1.8, [&](std::size_t r) { return ns(0, r) / ns(1, r); });
  at_most("unique: 40M over 1M", 1.5, [&](std::size_t r) { return ns(6, r) / ns(2, r); });
  at_most("50M over 400 keys: ns/record", 20, [&](std::size_t r) { return ns(3, r); });
  at_most("1M keys: zipf(0.99) over uniform", 1, [&](std::size_t r) { return ns(4, r) / ns(5, r); });
  at_most("5M unique: the process over what it reports", 1.15,
          [&](std::size_t r) { return wall_over_reported(cases[0].samples[r]); });
  at_most("5M unique: bytes a key beyond key and value", 40,
          [&](std::size_t r) { return overhead_per_key(cases[0].samples[r]); });
  at_most("50M over 400 keys (1 GB of input): peak MB", 16,
          [&](std::size_t r) { return peak_mb(cases[3].samples[r]); });
  return bounds;
}

int measure(const std::string& binary, std::size_t rounds) {
  const Inputs inputs(binary);
  const std::map<std::string, std::string> specs{
      {"seed", "sequential:records=5M"},    {"1M", "sequential:records=1M"},
      {"40M", "sequential:records=40M"},    {"hot", "uniform:records=50M,keys=400"},
      {"zipf", "zipf:records=20M,keys=1M"}, {"uniform", "uniform:records=20M,keys=1M"},
  };
  for (const auto& [name, spec] : specs) inputs.make(name, spec);

  // The largest last: what it frees keeps the kernel busy for a while.
  std::vector<Case> cases{
      {"5M unique, flow", "seed", "flow", {}},        {"5M unique, serial", "seed", "serial", {}},
      {"1M unique, flow", "1M", "flow", {}},          {"50M over 400, flow", "hot", "flow", {}},
      {"zipf 20M over 1M, flow", "zipf", "flow", {}}, {"uniform 20M over 1M", "uniform", "flow", {}},
      {"40M unique, flow", "40M", "flow", {}}};
  std::vector<double> peak_bytes;
  for (const Case& each : cases) peak_bytes.push_back(peak_mb(inputs.load(each)) * 1e6);
  std::vector<double> live_p99_ms;
  for (std::size_t round = 0; round < rounds; ++round) {
    // A guest reports freed memory to its host some seconds later, on one of the cores to be measured.
    std::this_thread::sleep_for(std::chrono::seconds(4));
    for (std::size_t i = 0; i < cases.size(); ++i) {
      touch_memory(1.1 * peak_bytes[i]);
      cases[i].samples.push_back(inputs.load(cases[i]));
    }
    live_p99_ms.push_back(inputs.live_p99_ms());
  }
  print_cases(cases);
  std::vector<Bound> bounds = bounds_of_cases(cases);
  bounds.push_back({"live pipe of 100k records/s: latency p99 in ms", false, 2, live_p99_ms});
  add_bounds_of_modes(inputs.compare("seed", rounds), bounds);
  return print_bounds(bounds);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s BINARY [ROUNDS]\n", argv[0]);
    return 2;
  }
  return measure(argv[1], argc > 2 ? std::max(1ul, std::strtoul(argv[2], nullptr, 10)) : 7) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "shardflow_job_bench: %s\n", error.what());
  return 1;
}
