// `shardflow sweep`, from the command line.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"

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

TEST_CASE("files are swept over their first records, with latencies where asked") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\na\t3\n");
  const auto json = swept({file, "--records", "2,3", "--rounds", "1", "--latency"});
  CHECK(json["points"][0]["samples"][0]["keys"] == 2);
  CHECK(json["points"][1]["samples"][0]["records"] == 3);
  CHECK(json["points"][1]["samples"][0]["latency"]["count"] == 3);
}

TEST_CASE("a sweep that was killed goes on where its file ends") {
  const Folder folder;
  const std::string file = folder.path("sweep.csv");
  const std::vector<std::string> words{"--synthetic", "sequential:records=20k",
                                       "--modes",     "flow,serial",
                                       "--threads",   "1,2,3",
                                       "--rounds",    "20",
                                       "--output",    file};
  std::vector<std::string> all{"sweep"};
  all.insert(all.end(), words.begin(), words.end());
  // A slow machine, or a sanitizer, may take longer for the first run.
  std::ptrdiff_t runs_before = 0;
  for (auto delay = 300ms; runs_before < 2 && delay < 10s; delay *= 2) {
    CHECK(run_until_signal(all, SIGKILL, delay).outcome.exit_code == -1);
    runs_before = std::ranges::count(folder.read("sweep.csv"), '\n');
  }
  const std::string before = folder.read("sweep.csv");
  REQUIRE(runs_before > 1);
  REQUIRE(runs_before < 81);
  const auto json = swept(words);
  const std::string after = folder.read("sweep.csv");
  CHECK(after.starts_with(before.substr(0, before.rfind('\n') + 1)));
  CHECK(std::ranges::count(after, '\n') == 81);  // a header, 4 points of 20 runs
  for (const auto& point : json["points"]) CHECK(point["samples"].size() == 20);
  CHECK(swept(words)["points"] == json["points"]);  // all is there: nothing is run
  CHECK(folder.read("sweep.csv") == after);
}

TEST_CASE("an interrupted sweep says how to go on") {
  const Folder folder;
  const std::string file = folder.path("sweep.csv");
  const Ended ended = run_until_signal(
      {"sweep", "--synthetic", "sequential:records=200k", "--rounds", "1000", "--output", file}, SIGINT, 300ms);
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.outcome.error == "shardflow: stopped; the same command goes on where " + file + " ends\n");
}

TEST_CASE("a point that takes too long is left out, and so are those with more records") {
  const auto json = swept(
      {"--synthetic", "sequential", "--records", "2M,3M", "--modes", "threads", "--max-run", "1", "--rounds", "3"});
  for (const auto& point : json["points"]) {
    CHECK(point["too_slow"] == true);
    CHECK(point["samples"].empty());
  }
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
}

TEST_CASE("a sweep over nothing, or over what cannot be read, fails with one line") {
  const Folder folder;
  CHECK(run({"sweep", folder.write("empty", "")}).error == "shardflow: nothing to measure: the input has no records\n");
  CHECK(
      run({"sweep", folder.path("none")}).error.starts_with("shardflow: " + folder.path("none") + ": cannot be read"));
}
