// What people would pick instead, beside ours: whole processes on the same files, in shuffled turns, one at a time.
//
//   shardflow_peers_bench BINARY MANIFEST ROUNDS THREADS DIVISOR INPUT...
//
// A line of MANIFEST is NAME TAB VERSION TAB COMMAND; with no command, VERSION says why there is none. A peer is run as
// COMMAND FILE THREADS [OUTPUT], and its map, written to OUTPUT as TSV in any order, must be ours; the rounds are
// without OUTPUT. DIVISOR makes each input smaller. Standard output: a table an input; and to JSON_FILE in the
// environment, a line each. Exit code 1 if a peer's map was another one.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "app/process.hpp"
#include "app/shuffle.hpp"
#include "pipeline/interrupt.hpp"
#include "tests/memory_folder.hpp"
#include "tests/peers/peers_table.hpp"

namespace {

namespace fs = std::filesystem;
using namespace shardflow;
using namespace shardflow::app;

constexpr std::chrono::minutes kTimeout{5};
// One that took longer than this runs in the first round alone.
constexpr double kSlow_s = 60;
// Longer than it takes until the host has what the process before has freed.
constexpr std::chrono::seconds kPause{3};

// The largest input, and a map of it.
constexpr std::uint64_t kMostBytes = 12'000'000'000;

struct Workload {
  const char* name;
  const char* distribution;
  std::uint64_t records;
  std::uint64_t keys;  // 0: all different
  const char* more;
};
constexpr Workload kWorkloads[] = {
    {"unique-5m", "sequential", 5'000'000, 0, ""},
    {"unique-40m", "sequential", 40'000'000, 0, ""},
    {"hot-413", "uniform", 50'000'000, 413, ""},
    {"hot-10k", "uniform", 50'000'000, 10'000, ""},
    {"zipf-10m", "zipf", 50'000'000, 10'000'000, ""},
    {"long-keys", "sequential", 5'000'000, 0, ",key-bytes=80"},
    {"long-values", "sequential", 5'000'000, 0, ",value-bytes=1000"},
};

struct Peer {
  std::string name;
  std::string version;
  std::vector<std::string> command;
};

struct Setup {
  std::string binary;
  std::size_t rounds;
  std::string threads;
  std::uint64_t divisor;
  fs::path folder;
  std::vector<Peer> peers;
};

std::vector<Peer> read_manifest(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  std::vector<Peer> peers;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Peer peer;
    std::getline(fields, peer.name, '\t');
    std::getline(fields, peer.version, '\t');
    for (std::string word; std::getline(fields, word, ' ');) peer.command.push_back(word);
    peers.push_back(peer);
  }
  return peers;
}

std::vector<std::string> words_of(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Raised by a signal: what is in memory by then is to go again.
Interrupt& interrupt() {
  static Interrupt raised;
  return raised;
}

ProcessResult run(const std::vector<std::string>& words) {
  return run_process(words.front(), words, interrupt(), kTimeout);
}

PeerSample sample_of(const ProcessResult& result) {
  return {result.usage.wall_s, result.usage.user_s + result.usage.system_s,
          static_cast<double>(result.peak_resident_bytes) / 1e6};
}

// Empty: it ended well.
std::string failure(const ProcessResult& result) {
  if (result.timed_out) return "took more than 5 minutes";
  if (result.signal != 0) return "ended by signal " + std::to_string(result.signal);
  if (result.exit_code == 0) return "";
  return "exit code " + std::to_string(result.exit_code) + ": " + result.errors.substr(0, result.errors.find('\n'));
}

nlohmann::json statistics(const Setup& setup, const std::string& file) {
  const ProcessResult result =
      run({setup.binary, "load", file, "--threads", setup.threads, "--digest", "--stats", "json"});
  if (result.exit_code != 0) throw std::runtime_error("shardflow load " + file + ": " + failure(result));
  return nlohmann::json::parse(result.errors);
}

// Whether it can be run, and its map is ours. Returns how long it took.
double check(const Setup& setup, const Peer& peer, const std::string& input, const std::string& digest,
             PeerResult& result) {
  if (peer.command.empty()) {
    result.problem = peer.version;
    return 0;
  }
  const std::string output = setup.folder / "output.tsv";
  const ProcessResult process = run(words_of(peer.command, {input, setup.threads, output}));
  result.problem = failure(process);
  if (result.problem.empty() && statistics(setup, output)["digest"] != digest) {
    result.problem = "another map";
    result.wrong = true;
  }
  fs::remove(output);
  return process.usage.wall_s;
}

// After a pause each runs twice in a row, and the second run counts: a virtual machine's host takes back memory that is
// free for two seconds, and who gets it again first waits for it, ten times as long as for the kernel. Without the
// pause that falls into the run: after a process of 1 GB, a second run of ours took anything from 95 to 290 ms.
void measure(const Setup& setup, const std::string& input, const std::vector<double>& took_s, PeerTable& table) {
  std::mt19937_64 random(1);
  const std::size_t ours = table.peers.size();
  for (std::size_t round = 0; round < setup.rounds; ++round) {
    for (const std::size_t turn : shuffled(table.peers.size() + 1, random)) {
      if (turn != ours && (!table.peers[turn].problem.empty() || (round > 0 && took_s[turn] > kSlow_s))) continue;
      PeerResult& result = turn == ours ? table.ours : table.peers[turn];
      const auto words = turn == ours
                             ? std::vector<std::string>{setup.binary, "load", input, "--threads", setup.threads, "-q"}
                             : words_of(setup.peers[turn].command, {input, setup.threads});
      if (setup.divisor == 1) std::this_thread::sleep_for(kPause);
      if (turn == ours || took_s[turn] <= kSlow_s) run(words);
      const ProcessResult process = run(words);
      if (const std::string problem = failure(process); !problem.empty()) {
        if (turn == ours) throw std::runtime_error("shardflow: " + problem);
        result.problem = problem;
        continue;
      }
      result.samples.push_back(sample_of(process));
    }
  }
}

PeerTable run_workload(const Setup& setup, const Workload& workload) {
  const auto scaled = [&](std::uint64_t count) {
    return std::to_string(std::max<std::uint64_t>(1, count / setup.divisor));
  };
  PeerTable table;
  table.input = workload.name;
  table.spec = std::string(workload.distribution) + ":records=" + scaled(workload.records) + workload.more;
  // Few keys stay as few.
  if (workload.keys > 0) {
    table.spec += ",keys=" + (workload.keys <= 10'000 ? std::to_string(workload.keys) : scaled(workload.keys));
  }
  table.threads = std::stoul(setup.threads);
  const std::string input = setup.folder / "input.tsv";
  const ProcessResult generated = run({setup.binary, "generate", table.spec, "--output", input, "-q"});
  if (generated.exit_code != 0)
    throw std::runtime_error("shardflow generate " + table.spec + ": " + failure(generated));
  const nlohmann::json ours = statistics(setup, input);
  table.records = ours["records"];
  table.keys = ours["keys"];
  table.ours.name = "shardflow";
  table.ours.version = ours["version"];
  std::vector<double> took_s;
  for (const Peer& peer : setup.peers) {
    table.peers.push_back({peer.name, peer.version, "", false, {}});
    took_s.push_back(check(setup, peer, input, ours["digest"], table.peers.back()));
    std::cerr << workload.name << ": " << peer.name << ", " << took_s.back() << " s " << table.peers.back().problem
              << '\n';
  }
  measure(setup, input, took_s, table);
  fs::remove(input);
  return table;
}

const Workload& workload_of(const std::string& name) {
  const auto found = std::ranges::find_if(kWorkloads, [&](const Workload& each) { return each.name == name; });
  if (found == std::end(kWorkloads)) throw std::runtime_error("'" + name + "' is no input");
  return *found;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 6) {
    std::cerr << "usage: shardflow_peers_bench BINARY MANIFEST ROUNDS THREADS DIVISOR INPUT...\n";
    return 2;
  }
  std::vector<std::string> names(argv + 6, argv + argc);
  if (names.empty()) std::ranges::transform(kWorkloads, std::back_inserter(names), &Workload::name);
  const char* const json_file = std::getenv("JSON_FILE");
  interrupt();  // made before a handler may need it
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupt().raise(); });
  const std::uint64_t divisor = std::stoul(argv[5]);
  const testing::MemoryFolder folder(kMostBytes / divisor);
  const Setup setup{argv[1], std::stoul(argv[3]), argv[4], divisor, folder.path(), read_manifest(argv[2])};
  if (setup.rounds == 0) throw std::runtime_error("0 rounds have no median");
  bool wrong = false;
  for (const std::string& name : names) {
    const PeerTable table = run_workload(setup, workload_of(name));
    std::cout << peers_markdown(table) << std::endl;
    if (json_file != nullptr) std::ofstream(json_file, std::ios::app) << peers_json(table);
    wrong |= std::ranges::any_of(table.peers, &PeerResult::wrong);
  }
  return wrong ? 1 : 0;
} catch (const std::exception& error) {
  std::cerr << "shardflow_peers_bench: " << error.what() << '\n';
  return 1;
}
