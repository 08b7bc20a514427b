// `shardflow compare`, from the command line.
#include <doctest/doctest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"

using namespace testing;
using namespace std::chrono_literals;

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
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error ==
        "shardflow: " + file + ":2 (byte 4): no TAB in the line: \"bad\"; expected KEY<TAB>VALUE on every line\n");
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
  CHECK(page.find("\"kind\":\"comparison\"") != std::string::npos);
  CHECK(page.find("--report '" + folder.path("it") + "'\\\\''s.html'") != std::string::npos);
}

TEST_CASE("misuse of compare is exit code 2") {
  CHECK(run({"compare", "-"}).error == "shardflow: compare reads the input often: '-' won't do\n");
  CHECK(run({"compare", "x", "--modes", "flow,none"})
            .error.starts_with("shardflow: --modes: 'none' is no mode; there are flow"));
  CHECK(run({"compare", "x", "--rounds", "0"}).exit_code == 2);
  CHECK(run({"load", "-", "--check"}).error == "shardflow: --check reads the input twice, so it needs files\n");
}

TEST_CASE("a signal ends a comparison and its child within 0.2 s") {
  const Ended ended =
      run_until_signal({"compare", "--synthetic", "sequential:records=200k", "--modes", "flow,serial"}, SIGINT, 300ms);
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.after_signal < 200ms);
}

TEST_CASE("load reads the first records only, when asked") {
  CHECK(run({"load", "-", "-q", "--records", "2", "--sort", "--output", "-"}, "a\t1\nb\t2\na\t3\n").out ==
        "a\t1\nb\t2\n");
}
