// `shardflow sweep`, from the command line.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"
#include "tests/sanitized.hpp"

namespace cli_sweep_test {

using namespace testing;
using namespace std::chrono_literals;

namespace {

nlohmann::json swept(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sweep");
  arguments.insert(arguments.end(), {"--stats", "json", "--progress", "never"});
  const Outcome outcome = run(std::move(arguments));
  CHECK_MESSAGE(outcome.exit_code == 0, outcome.error);
  return nlohmann::json::parse(outcome.out);
}

// Of a sweep's file, its header too.
std::ptrdiff_t lines_of(const Folder& folder) { return std::ranges::count(folder.read("sweep.csv"), '\n'); }

}  // namespace

TEST_CASE("every point of the grid is run, over repeated keys too, in ordered and unordered modes") {
  const auto json = swept({"--synthetic", "zipf:records=9k,keys=500", "--records", "1k,2k", "--modes",
                           "flow,tasks,serial", "--threads", "1,2", "--rounds", "2"});
  REQUIRE(json["points"].size() == 10);
  for (const auto& point : json["points"]) {
    REQUIRE(point["samples"].size() == 2);
    CHECK(point["samples"][0]["records"] == point["records"]);
  }
}

TEST_CASE("more made-up records than the spec has are swept over as many keys, unless their number is given") {
  const auto keys = [](const char* spec) {
    std::vector<std::uint64_t> told;
    const auto json = swept({"--synthetic", spec, "--records", "1k,5k", "--rounds", "1"});
    for (const auto& point : json["points"]) {
      CHECK(point["samples"][0]["records"] == point["records"]);
      told.push_back(point["samples"][0]["keys"]);
    }
    return told;
  };
  CHECK(keys("sequential:records=2k") == std::vector<std::uint64_t>{1000, 5000});
  CHECK(keys("sequential:records=2k,keys=3k") == std::vector<std::uint64_t>{1000, 3000});
  // Fewer are the first of the spec's: of a thousand draws from 100k keys, hardly one is twice.
  CHECK(keys("uniform:records=100k")[0] > 980);
}

TEST_CASE("files are swept over their first records, with latencies where asked") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\na\t3\n");
  const auto json = swept({file, "--records", "2,3", "--rounds", "1", "--latency"});
  CHECK(json["points"][0]["samples"][0]["keys"] == 2);
  CHECK(json["points"][1]["samples"][0]["records"] == 3);
  CHECK(json["points"][1]["samples"][0]["latency"]["count"] == 3);
}

TEST_CASE("a sweep that was killed goes on where its file ends") {
  constexpr int kRounds = kSanitized ? 5 : 20;
  constexpr int kLines = 1 + 4 * kRounds;  // a header, 4 points
  const Folder folder;
  const std::string file = folder.path("sweep.csv");
  const std::vector<std::string> words{
      "--synthetic", "sequential:records=20k", "--modes",  "flow,serial", "--threads", "1,2,3",
      "--rounds",    std::to_string(kRounds),  "--output", file};
  std::vector<std::string> all{"sweep"};
  all.insert(all.end(), words.begin(), words.end());
  CHECK(run_until_signal(all, SIGKILL, [&] { return lines_of(folder) > 1; }).outcome.exit_code == -1);
  const std::ptrdiff_t runs_before = lines_of(folder);
  const std::string before = folder.read("sweep.csv");
  REQUIRE(runs_before > 1);
  REQUIRE(runs_before < kLines);
  const auto json = swept(words);
  const std::string after = folder.read("sweep.csv");
  CHECK(after.starts_with(before.substr(0, before.rfind('\n') + 1)));
  CHECK(std::ranges::count(after, '\n') == kLines);
  for (const auto& point : json["points"]) CHECK(point["samples"].size() == kRounds);
  CHECK(swept(words)["points"] == json["points"]);  // all is there: nothing is run
  CHECK(folder.read("sweep.csv") == after);
}

TEST_CASE("an interrupted sweep says how to go on") {
  const Folder folder;
  const std::string file = folder.path("sweep.csv");
  const Ended ended =
      run_until_signal({"sweep", "--synthetic", "sequential:records=20k", "--rounds", "10000", "--output", file},
                       SIGINT, [&] { return lines_of(folder) > 1; });
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.outcome.error == "shardflow: stopped; the same command goes on where " + file + " ends\n");
}

TEST_CASE("a signal that was ignored when the sweep began does not end it, nor its runs") {
  // nohup ignores SIGHUP; a shell without job control SIGINT, of what it runs in the background.
  constexpr int kRounds = kSanitized ? 20 : 40;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    const Folder folder;
    Invocation ignoring{{"sweep", "--synthetic", "sequential:records=1k", "--threads", "1", "--rounds",
                         std::to_string(kRounds), "--output", folder.path("sweep.csv")},
                        {},
                        {},
                        {},
                        {}};
    ignoring.in_child = [signal] {
      setpgid(0, 0);
      std::signal(signal, SIG_IGN);
    };
    const Ended ended = run_until_signal(
        ignoring, signal, [&](pid_t process) { return lines_of(folder) > 1 && kill(-process, signal) == 0; });
    CHECK_MESSAGE(ended.outcome.exit_code == 0, ended.outcome.error);
    CHECK(lines_of(folder) == 1 + kRounds);
  }
}

TEST_CASE("an interrupted sweep without a file prints what it has") {
  // A slow machine, or a sanitizer, may take longer for the first run; before it there is nothing to print.
  Outcome outcome;
  for (auto delay = 700ms; outcome.out.empty() && delay < 20s; delay *= 2) {
    outcome =
        run_until_signal({"sweep", "--synthetic", "sequential:records=1k", "--threads", "1,2", "--rounds", "10000"},
                         SIGINT, delay)
            .outcome;
    CHECK(outcome.exit_code == 130);
  }
  CHECK(outcome.out.find("\nstopped by a signal\n\nmode ") != std::string::npos);
}

TEST_CASE("a sweep does not go on where another experiment ended") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\n");
  const std::string csv = folder.path("sweep.csv");
  const std::vector<std::string> words{"sweep", file, "--rounds", "1", "--output", csv};
  const auto refusal = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return run(more).error;
  };
  REQUIRE(run(words).exit_code == 0);
  CHECK(refusal({}).empty());
  CHECK(refusal({"--latency"}).find("latency was 'off', and is 'on'") != std::string::npos);
  CHECK(refusal({"--blocks", "77"}).find("blocks was '8', and is '77'") != std::string::npos);
  CHECK(refusal({"--rate", "1k"}).find("rate was '0', and is '1000'") != std::string::npos);
  CHECK(refusal({"--max-threads", "9"}).find("max_threads was '256', and is '9'") != std::string::npos);
  CHECK(refusal({"--max-record", "1KiB"}).find("max_record was ") != std::string::npos);
  CHECK(refusal({"--format", "tsv"}).find("input_options was ") != std::string::npos);
  folder.write("in", "a\t3\nb\t4\n");  // as large as it was
  CHECK(refusal({}).find("input_state was ") != std::string::npos);
}

TEST_CASE("a run that a sweep's file has is held against the oracle") {
  const Folder folder;
  const std::string csv = folder.path("sweep.csv");
  const std::vector<std::string> words{"sweep", "--synthetic", "sequential:records=100", "--rounds", "1", "--output",
                                       csv};
  REQUIRE(run(words).exit_code == 0);
  std::string text = folder.read("sweep.csv");
  const std::size_t keys = text.rfind(",100,100,");
  REQUIRE(keys != std::string::npos);
  text[keys + 9] = text[keys + 9] == '0' ? '1' : '0';  // of the digest
  folder.write("sweep.csv", text);
  const Outcome outcome = run(words);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error.find("sweep.csv: flow, all records, ") != std::string::npos);
  CHECK(outcome.error.find(": mode flow gave another map than serial") != std::string::npos);
}

TEST_CASE("a point that fails is named") {
  const Outcome outcome = run({"sweep", "--synthetic", "sequential:records=300k", "--rounds", "1", "--shards", "1,2k",
                               "--max-memory", "16MiB", "--threads", "1", "--max-run", "100"});
  CHECK(outcome.exit_code == 1);
  CHECK_MESSAGE(outcome.error.starts_with("shardflow: flow, all records, 1 thread, 2,000 shards: "), outcome.error);
}

TEST_CASE("a point that takes too long is left out, and so are those with more records") {
  const auto json = swept({"--synthetic", "sequential", "--records", kSanitized ? "200k,300k" : "2M,3M", "--modes",
                           "threads", "--max-run", "1", "--rounds", "3"});
  for (const auto& point : json["points"]) {
    CHECK(point["too_slow"] == true);
    CHECK(point["samples"].empty());
  }
}

TEST_CASE("a point that is left out has the records that the others read") {
  constexpr int kRecords = kSanitized ? 300'000 : 3'000'000;
  const auto json = swept({"--synthetic", "sequential:records=" + std::to_string(kRecords), "--modes", "flow,threads",
                           "--max-run", "1", "--rounds", "1"});
  REQUIRE(json["points"].size() == 2);
  CHECK(json["points"][1]["too_slow"] == true);
  for (const auto& point : json["points"]) CHECK(point["records"] == kRecords);
}

TEST_CASE("the report of a sweep is a page with its JSON in it") {
  const Folder folder;
  const Outcome outcome = run({"sweep", "--synthetic", "sequential:records=100", "--threads", "1,2", "--rounds", "1",
                               "--report", folder.path("sweep.html")});
  CHECK(outcome.exit_code == 0);
  CHECK(folder.read("sweep.html").find("\"kind\":\"sweep\"") != std::string::npos);
}

TEST_CASE("misuse of sweep is exit code 2") {
  CHECK(run({"sweep", "-"}).error == "shardflow: sweep reads the input often: '-' won't do\n");
  CHECK(run({"sweep", "x", "--threads", "1,none"}).error.starts_with("shardflow: --threads: 'none'"));
  CHECK(run({"sweep", "x", "--modes", "flow,none"}).error.starts_with("shardflow: --modes: 'none' is no mode"));
  CHECK(run({"sweep", "x", "--capacity", ""}).error == "shardflow: --capacity: the list is empty\n");
  CHECK(run({"sweep", "x", "--rounds", "0"}).exit_code == 2);
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\n");
  const std::string same = folder.path("same");
  CHECK(run({"sweep", file, "--output", same, "--report", same}).error ==
        "shardflow: --output and --report name the same file\n");
  CHECK(run({"sweep", file, "--output", file}).error == "shardflow: --output would replace an input: " + file + "\n");
  CHECK(folder.read("in") == "a\t1\n");
}

TEST_CASE("a sweep over nothing, or over what cannot be read, fails with one line") {
  const Folder folder;
  const std::string three = folder.write("three", "a\t1\nbad\nb\t2\n");
  CHECK(run({"sweep", three, "--on-error", "skip", "--records", "3", "--modes", "flow", "--rounds", "1"}).exit_code ==
        0);
  CHECK(run({"sweep", folder.write("two", "a\t1\nb\t2\n"), "--records", "3"}).error ==
        "shardflow: the input has 2 records, so it can't be swept over 3\n");
  CHECK(run({"sweep", folder.write("empty", "")}).error == "shardflow: nothing to measure: the input has no records\n");
  CHECK(
      run({"sweep", folder.path("none")}).error.starts_with("shardflow: " + folder.path("none") + ": cannot be read"));
}

}  // namespace cli_sweep_test
