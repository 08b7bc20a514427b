#include "tests/bench/rounds.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace bench {

namespace {

// More than the inputs of a benchmark and what it writes.
constexpr std::uint64_t kMostBytes = 4'000'000'000;

}  // namespace

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

double run(std::vector<std::string> words, const std::string& log, const std::string& output) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
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

double Sample::per_record_ns(const char* field_s) const {
  return statistics[field_s].get<double>() * 1e9 / statistics["records"].get<double>();
}

double Sample::input_mb_per_s() const {
  return statistics["input_bytes"].get<double>() / 1e6 / statistics["wall_s"].get<double>();
}

Inputs::Inputs(std::string binary) : binary_(std::move(binary)), folder_(kMostBytes) {}

void Inputs::make(const std::string& name, const std::string& spec) const {
  run({binary_, "generate", spec, "--output", path(name)}, path("log"));
}

nlohmann::json Inputs::told(const std::vector<std::string>& words) const {
  run(words, path("log"));
  std::ifstream log(path("log"));
  return nlohmann::json::parse(log);
}

nlohmann::json Inputs::answer(const std::vector<std::string>& words) const {
  run(words, path("log"), path("answer"));
  std::ifstream answer(path("answer"));
  return nlohmann::json::parse(answer);
}

Sample Inputs::load(const std::string& name, const std::vector<std::string>& options) const {
  std::vector<std::string> words{binary_, "load", path(name), "--stats", "json"};
  words.insert(words.end(), options.begin(), options.end());
  const double wall_s = run(words, path("log"));
  std::ifstream log(path("log"));
  return {wall_s, nlohmann::json::parse(log)};
}

int print_bounds(Side side, const std::vector<Bound>& bounds, std::size_t rounds) {
  const bool at_most = side == Side::kAtMost;
  int missed = 0;
  std::printf("\n%-52s %8s %8s\n", "bound (median of the rounds)", "is", at_most ? "at most" : "at least");
  for (const Bound& bound : bounds) {
    std::vector<double> values;
    for (std::size_t round = 0; round < rounds; ++round) values.push_back(bound.value(round));
    const double value = median(values);
    const bool holds = at_most ? value <= bound.bound : value >= bound.bound;
    missed += holds ? 0 : 1;
    std::printf("%-52s %8.2f %8.2f %s\n", bound.name.c_str(), value, bound.bound, holds ? "holds" : "MISSED");
  }
  return missed;
}

int bench_main(int argc, char** argv,
               const std::function<int(const std::string& binary, std::size_t rounds)>& measure) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s BINARY [ROUNDS]\n", argv[0]);
    return 2;
  }
  const std::size_t rounds = argc > 2 ? std::max(1ul, std::strtoul(argv[2], nullptr, 10)) : 7;
  return measure(argv[1], rounds) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 1;
}

}  // namespace bench
