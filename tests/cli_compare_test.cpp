// `shardflow compare`, from the command line.
#include <doctest/doctest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/cli_process.hpp"

namespace cli_compare_test {

using namespace testing;
using namespace std::chrono_literals;

namespace {

bool is_comparison(const std::string& report) { return report.find("\"kind\":\"comparison\"") != std::string::npos; }

// Of two modes, of which each has a sample a round.
bool has_two_rounds(const std::string& report) {
  constexpr std::string_view kOneASample = "\"ns_per_record\":";
  std::size_t samples = 0;
  for (auto at = report.find(kOneASample); at != std::string::npos; at = report.find(kOneASample, at + 1)) ++samples;
  return samples >= 4;
}

}  // namespace

TEST_CASE("all modes are compared and checked, over repeated keys too") {
  const Outcome outcome = run({"compare", "--synthetic", "zipf:records=3k,keys=500", "--rounds", "2", "--stats", "json",
                               "--progress", "never"});
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.error.empty());
  const auto json = nlohmann::json::parse(outcome.out);
  CHECK(json["records"] == 3000);
  CHECK(json["modes"].size() == 8);
  CHECK(json["modes"][0]["mode"] == "channel");
  for (const auto& mode : json["modes"]) {
    REQUIRE(mode["samples"].size() == 2);
    CHECK(mode["samples"][0]["keys"] == json["keys"]);
  }
}

TEST_CASE("the channel takes any number of workers and any capacity") {
  for (const char* const capacity : {"1", "100", "unbounded"}) {
    const Outcome outcome =
        run({"load", "-", "--mode", "channel", "--workers", "5", "--capacity", capacity, "-q", "--get", "a"}, "a\t1\n");
    CHECK(outcome.out == "1\n");
  }
  CHECK(run({"load", "x", "--capacity", "none"}).exit_code == 2);
  CHECK(run({"load", "-", "--mode", "threads", "--max-threads", "1", "-q", "--get", "a"}, "a\t1\n").out == "1\n");
}

TEST_CASE("the modes asked for are compared in the order given, and the table is for people") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\n");
  const Outcome outcome = run({"compare", file, "--modes", "serial,flow", "--rounds", "1"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("2 records, 2 keys; "));
  CHECK(outcome.out.find("\nserial ") < outcome.out.find("\nflow "));
}

TEST_CASE("what a run says when it fails is said once, and ends the comparison") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nbad\n");
  const Outcome outcome = run({"compare", file, "--rounds", "1"});
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.error ==
        "shardflow: " + file + ":2 (byte 4): no TAB in the line: \"bad\"; expected KEY<TAB>VALUE on every line\n");
}

TEST_CASE("options for formats are of files, and do not keep made-up records from being read") {
  const std::vector<std::vector<std::string>> cases{
      {"--key", "2", "--header"}, {"--format", "csv"}, {"--format", "csv", "--key", "2"}, {"--format", "jsonl"}};
  for (const std::vector<std::string>& options : cases) {
    std::vector<std::string> words{
        "compare", "--synthetic", "sequential:records=100", "--modes", "serial,flow", "--rounds", "1"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run(words);
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.error);
  }
  for (const char* const command : {"sweep", "floor"}) {
    const std::vector<std::string> words{command, "--synthetic", "sequential:records=100", "--rounds", "1"};
    const Outcome outcome = run(Invocation{words, "", {{"SHARDFLOW_FORMAT", "jsonl"}}, "", {}});
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.error);
  }
}

TEST_CASE("what was measured says how many bad records were skipped") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nbad\nb\t2\nworse\n");
  for (const char* const command : {"compare", "floor", "sweep"}) {
    std::vector<std::string> words{command, file, "--on-error", "skip", "--rounds", "1"};
    if (command == std::string("compare")) words.insert(words.end(), {"--modes", "flow"});
    const Outcome text = run(words);
    CHECK_MESSAGE(text.out.substr(0, text.out.find(';')).ends_with(", 2 bad records skipped"), text.out);
    words.insert(words.end(), {"--stats", "json"});
    CHECK(nlohmann::json::parse(run(words).out)["skipped_records"] == 2);
  }
}

TEST_CASE("the first records are all of them only if no good one is left behind them") {
  const Folder folder;
  std::string half_bad;
  for (int i = 0; i < 10; ++i) half_bad += "bad\nkey" + std::to_string(i % 3) + "\tvalue\n";
  const std::string file = folder.write("in", half_bad);
  const auto prefix = [&](const char* slow_records, const char* records) {
    const Outcome outcome = run({"compare", file, "--on-error", "skip", "--modes", "tasks", "--rounds", "1", "--stats",
                                 "json", "--slow-records", slow_records, "--records", records});
    REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.error);
    const auto json = nlohmann::json::parse(outcome.out);
    return std::pair(json["prefix_records"].get<int>(), json["records"].get<int>());
  };
  CHECK(prefix("15", "1k") == std::pair(15, 10));
  CHECK(prefix("20", "1k") == std::pair(10, 10));
  CHECK(prefix("20", "15") == std::pair(7, 7));
}

TEST_CASE("the report is a page with the JSON in it, and the table comes as well") {
  const Folder folder;
  const std::string report = folder.path("it's.html");
  const Outcome outcome = run({"compare", "--synthetic", "sequential:records=100", "--modes", "serial,flow", "--rounds",
                               "1", "--report", report});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("100 records, 100 keys; "));
  const std::string page = folder.read("it's.html");
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(is_comparison(page));
  CHECK(page.find("--report '" + folder.path("it") + "'\\\\''s.html'") != std::string::npos);
}

TEST_CASE("misuse of compare is exit code 2") {
  CHECK(run({"compare", "-"}).error == "shardflow: compare reads the input often: '-' won't do\n");
  CHECK(run({"compare", "x", "--modes", "flow,none"})
            .error.starts_with("shardflow: --modes: 'none' is no mode; there are flow"));
  CHECK(run({"compare", "x", "--modes", "flow,serial,flow"}).error == "shardflow: --modes: 'flow' is given twice\n");
  CHECK(run({"compare", "x", "--rounds", "0"}).exit_code == 2);
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\n");
  CHECK(run({"compare", file, "--report", file}).error == "shardflow: --report would replace an input: " + file + "\n");
  CHECK(run({"compare", file, "--report", "-"}).error ==
        "shardflow: --report and the table would mix on standard output; give --report a file\n");
  CHECK(folder.read("in") == "a\t1\n");
  CHECK(run({"load", "-", "--check"}).error == "shardflow: --check reads the input twice, so it needs files\n");
}

TEST_CASE("a signal ends a comparison and its child within 0.2 s") {
  const Ended ended = run_until_signal(
      {"compare", "--synthetic", "sequential:records=2M", "--modes", "flow,serial", "--rounds", "10000"}, SIGINT,
      300ms);
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.after_signal < 200ms);
}

TEST_CASE("a signal leaves the table of the rounds that were done, and the report") {
  const Folder folder;
  const Ended ended = run_until_signal({"compare", "--synthetic", "sequential:records=1k", "--modes", "flow,serial",
                                        "--rounds", "10000", "--report", folder.path("report.html")},
                                       SIGINT, [&] { return has_two_rounds(folder.read("report.html")); });
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.outcome.out.starts_with("1,000 records, 1,000 keys; "));
  CHECK(ended.outcome.out.find("\nstopped by a signal; the widest interval") != std::string::npos);
  CHECK(folder.read("report.html").find("\"stopped_by\":\"signal\"") != std::string::npos);
}

TEST_CASE("a comparison that is killed leaves the report of its rounds") {
  const Folder folder;
  run_until_signal({"compare", "--synthetic", "sequential:records=1k", "--modes", "flow,serial", "--rounds", "10000",
                    "--report", folder.path("report.html")},
                   SIGKILL, [&] { return is_comparison(folder.read("report.html")); });
  CHECK(is_comparison(folder.read("report.html")));
}

TEST_CASE("a report that can't be written is said before anything is measured") {
  const Folder folder;
  for (const char* const command : {"compare", "sweep"}) {
    const Outcome outcome = run({command, "--synthetic", "sequential:records=5M", "--modes", "threads", "--rounds",
                                 "100", "--report", folder.path("none/report.html")});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.error.find("none/report.html: ") != std::string::npos);
  }
}

TEST_CASE("each mode's latencies are written, merged over the rounds") {
  const Folder folder;
  const Outcome outcome = run({"compare", "--synthetic", "sequential:records=2k", "--modes", "flow,channel", "--rounds",
                               "3", "--hgrm", folder.path("latencies")});
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.find("\nlatency ") != std::string::npos);
  for (const char* const file : {"latencies/flow.hgrm", "latencies/channel.hgrm"}) {
    CHECK(folder.read(file).find("Total count    =         6000]") != std::string::npos);
  }
  CHECK(run({"compare", "--synthetic", "sequential", "--hgrm", "/dev/null/x"}).error ==
        "shardflow: /dev/null/x: the folder cannot be made: Not a directory\n");
}

TEST_CASE("at a rate, latencies are shown without being asked for") {
  const Outcome outcome =
      run({"compare", "--synthetic", "sequential:records=100", "--modes", "flow", "--rounds", "1", "--rate", "10k"});
  CHECK(outcome.out.find("\nlatency ") != std::string::npos);
  CHECK(run({"load", "-", "--rate", "10k"}, "a\t1\n").error.find("\n  latency ") != std::string::npos);
}

TEST_CASE("the JSON says with which variables and options it was made") {
  Invocation invocation{{"compare", "--synthetic", "sequential:records=100", "--modes", "flow", "--stats", "json"},
                        "",
                        {{"SHARDFLOW_ROUNDS", "1"}, {"SHARDFLOW_THREADS", "1"}, {"SHARDFLOW_OUTPUT", "x"}},
                        "",
                        {}};
  const Outcome outcome = run(invocation);
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.error);
  const auto json = nlohmann::json::parse(outcome.out);
  CHECK(json["command"] ==
        "SHARDFLOW_ROUNDS=1 SHARDFLOW_THREADS=1 shardflow compare --synthetic "
        "sequential:records=100 --modes flow --stats json");
  CHECK(json["settings"].get<std::string>().find("\nrounds = 1                              # environment\n") !=
        std::string::npos);
  CHECK(json["threads"] == 1);
}

TEST_CASE("made-up records are no more than their spec has, and the first of them over the same keys") {
  const auto told = [](const char* spec, const char* records) {
    const auto json = nlohmann::json::parse(run({"compare", "--synthetic", spec, "--records", records, "--modes",
                                                 "serial", "--rounds", "1", "--stats", "json"})
                                                .out);
    const auto loaded = nlohmann::json::parse(
        run({"load", "--synthetic", spec, "--records", records, "--digest", "--stats", "json"}).error);
    CHECK(json["modes"][0]["samples"][0]["digest"] == loaded["digest"]);
    return json["records"];
  };
  CHECK(told("sequential:records=2k", "5k") == 2000);
  CHECK(told("zipf:records=2k", "500") == 500);
}

TEST_CASE("load reads the first records only, when asked") {
  CHECK(run({"load", "-", "-q", "--records", "2", "--sort", "--output", "-"}, "a\t1\nb\t2\na\t3\n").out ==
        "a\t1\nb\t2\n");
}

}  // namespace cli_compare_test
