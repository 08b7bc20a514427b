// `shardflow gate`, from the command line: every verdict and every way to fail. The bases are scripts about the program
// itself, so that a verdict hangs on what they say and not on how fast the machine is.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"

namespace cli_gate_test {

using namespace testing;
using namespace std::chrono_literals;

namespace {

const Folder& folder() {
  static const Folder folder;
  return folder;
}

std::string script(const std::string& name, const std::string& text) {
  const std::string path = folder().write(name, "#!/bin/sh\n" + text);
  chmod(path.c_str(), 0700);
  return path;
}

// The program, but `sed` edits what it tells.
std::string telling(const std::string& name, const std::string& edit) {
  return script(name, binary() + " \"$@\" 2>&1 >/dev/null | sed '" + edit + "' >&2\n");
}

// The program, that tells of a small peak in one block of pairs and of a large one in the next.
std::string coming_and_going(const std::string& name) {
  const std::string count = folder().path("count_" + name);
  return script(name, "n=$(cat " + count + " 2>/dev/null || echo 0); echo $((n + 1)) >" + count +
                          "\n[ $(((n + 3) / 4 % 2)) = 0 ] && peak=1000 || peak=1000000000000\n" + binary() +
                          " \"$@\" 2>&1 >/dev/null | sed \"s/\\\"peak_resident_bytes\\\":[0-9]*/"
                          "\\\"peak_resident_bytes\\\":$peak/\" >&2\n");
}

// Against `base`, on little input: the peak alone is bounded, unless `more` says otherwise.
Outcome gate(const std::string& base, std::vector<std::string> more = {"--bound", "peak=100%"}) {
  std::vector<std::string> words{"gate",    "--against", base,      "sequential:records=1k",
                                 "--pairs", "15",        "--bound", "wall=none",
                                 "--bound", "cpu=none",  "--bound", "bytes-per-key=none"};
  words.insert(words.end(), more.begin(), more.end());
  return run(std::move(words));
}

const char* const kSmallPeak = "s/\"peak_resident_bytes\":[0-9]*/\"peak_resident_bytes\":1000/";

}  // namespace

TEST_CASE("a build against itself is no regression: exit code 0") {
  const Outcome outcome = gate(binary());
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("\nsequential:records=1k: no regression, 15 pairs\n") != std::string::npos);
  CHECK(outcome.out.ends_with("verdict: no regression\nNothing to do.\n"));
  CHECK(outcome.error.empty());
}

TEST_CASE("a build that needs more than allowed is a regression, confirmed: exit code 4") {
  const Outcome outcome = gate(telling("smaller", kSmallPeak));
  CHECK(outcome.exit_code == 4);
  CHECK(outcome.out.find("  confirmed: peak +") != std::string::npos);
  CHECK(outcome.out.find("verdict: regression\n") != std::string::npos);
}

TEST_CASE("a difference that comes and goes with the blocks is undecided: exit code 5") {
  const Outcome outcome = gate(coming_and_going("alternating"));
  CHECK(outcome.exit_code == 5);
  CHECK(outcome.out.find("verdict: undecided\nTo do: run it again") != std::string::npos);
}

// Not of a build against itself: in one run of a few dozen that happens to be faster, and so no slower.
TEST_CASE("time that is over leaves what has no answer undecided") {
  const Outcome outcome =
      run({"gate", "--against", coming_and_going("for_a_second"), "sequential:records=1k", "--bound", "peak=100%",
           "--bound", "wall=none", "--bound", "cpu=none", "--max-time", "1"});
  CHECK(outcome.exit_code == 5);
  CHECK(outcome.out.find("sequential:records=1k: not answered, ") != std::string::npos);
  CHECK(outcome.out.find("not answered, 270 pairs") == std::string::npos);  // the most that there are without a limit
}

TEST_CASE("another map is a wrong result, not a slowdown: exit code 1") {
  const Outcome digest = gate(telling("wrong", "s/\"digest\":\"[0-9a-f]/\"digest\":\"x/"));
  CHECK(digest.exit_code == 1);
  CHECK(digest.error.starts_with("shardflow: wrong result on sequential:records=1k: this build's map has digest "));
  const std::string base = telling("untold", "s/,\"digest\":\"[0-9a-f]*\"//");
  CHECK(gate(base).error ==
        "shardflow: the base, " + base + ", told no digest of its map, so there is nothing to compare with\n");
  const Outcome keys = gate(telling("fewer", "s/\"keys\":1000/\"keys\":999/"));
  CHECK(keys.exit_code == 1);
  CHECK(keys.error ==
        "shardflow: wrong result on sequential:records=1k: 1,000 records and 1,000 keys in place of 1,000 and 999\n");
}

TEST_CASE("a base that fails, crashes, hangs, is none or is missing is a failure that names it: exit code 1") {
  const auto error = [](const std::string& base) {
    const Outcome outcome = gate(base, {"--timeout", "1"});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.out.empty());
    return outcome.error;
  };
  const std::string failing = script("failing", "echo 'shardflow: no room' >&2; exit 3\n");
  CHECK(error(failing) == "shardflow: the base, " + failing + ", failed with exit code 3: no room\n");
  const std::string crashing = script("crashing", "kill -SEGV $$\n");
  CHECK(error(crashing) == "shardflow: the base, " + crashing + ", was ended by a signal: Segmentation fault\n");
  const std::string hanging = script("hanging", "exec sleep 60\n");
  CHECK(error(hanging) == "shardflow: the base, " + hanging + ", did not end within 1 s (--timeout)\n");
  CHECK(error("/bin/true") == "shardflow: the base, /bin/true, told no statistics: is it a shardflow?\n");
  CHECK(error("/no/such") == "shardflow: /no/such: cannot be started: No such file or directory\n");
}

TEST_CASE("what an older base does not tell is left out") {
  const Outcome outcome = gate(telling("older", "s/\"peak_resident_bytes\":[0-9]*,//; s/\"arena_bytes\":[0-9]*,//"),
                               {"--bound", "wall=1000%"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("wall ms") != std::string::npos);
  CHECK(outcome.out.find("peak MB") == std::string::npos);
}

TEST_CASE("the report comes in three formats, is saved by extension, and a history grows by a line a run") {
  const std::string json_file = folder().path("gate.json");
  const std::string md_file = folder().path("gate.md");
  const std::string history = folder().path("history.jsonl");
  for (int time = 1; time <= 2; ++time) {
    const Outcome outcome = gate(
        binary(), {"--format", "md", "--save", json_file, "--save", md_file, "--history", history, "--label", "abc"});
    REQUIRE(outcome.exit_code == 0);
    CHECK(outcome.out == folder().read("gate.md"));
    const auto json = nlohmann::json::parse(folder().read("gate.json"));
    CHECK(json["samples"][0]["wall_ms"].size() == 30);
    const std::string lines = folder().read("history.jsonl");
    CHECK(std::ranges::count(lines, '\n') == time);
    CHECK(nlohmann::json::parse(lines.substr(0, lines.find('\n')))["label"] == "abc");
  }
}

TEST_CASE("what gate reads is not written to, and what can't be written is found before anything is measured") {
  const std::string input = folder().write("data.txt", "a\t1\n");
  const std::string base = telling("kept", "");
  const auto error = [&](const std::string& option, const std::string& file) {
    const Outcome outcome =
        run({"gate", "--against", base, input, "--pairs", "15", "--progress", "always", option, file});
    CHECK(outcome.out.empty());
    CHECK(outcome.exit_code == (outcome.error.find("would") == std::string::npos ? 1 : 2));
    return outcome.error;
  };
  CHECK(error("--save", input) == "shardflow: --save would replace an input: " + input + "\n");
  CHECK(error("--history", base) == "shardflow: --history would replace an input: " + base + "\n");
  CHECK(error("--history", "-") ==
        "shardflow: --history and the report would mix on standard output; give --history a file\n");
  CHECK(folder().read("data.txt") == "a\t1\n");
  CHECK(error("--save", "/no/such/x.md") == "shardflow: /no/such/x.md: cannot be created: No such file or directory\n");
  CHECK(error("--history", "/no/such/x") == "shardflow: /no/such/x: cannot be opened: No such file or directory\n");
}

TEST_CASE("a gate that measures nothing leaves no history where there was none, and an old one as it was") {
  const Folder place;
  place.write("old", "{}\n");
  const std::string crashing = script("crashing", "kill -SEGV $$\n");
  for (const char* const history : {"new", "old"}) {
    CHECK(run({"gate", "--against", crashing, "sequential:records=1k", "--history", place.path(history)}).exit_code ==
          1);
  }
  CHECK(place.names() == std::vector<std::string>{"old"});
  CHECK(place.read("old") == "{}\n");
}

TEST_CASE("a report that can't be written in the end leaves the history its line") {
  const Folder place;
  const std::string gone = place.path("gone");
  std::filesystem::create_directory(gone);
  const std::string base = script("removing", "rm -rf " + gone + "\nexec " + binary() + " \"$@\"\n");
  const Outcome outcome = gate(base, {"--bound", "peak=100%", "--save", gone + "/x.md", "--history", place.path("h")});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error.starts_with("shardflow: " + gone + "/x.md: cannot be "));
  CHECK(outcome.out.find("\nverdict: ") != std::string::npos);
  CHECK(std::ranges::count(place.read("h"), '\n') == 1);
}

TEST_CASE("the command is one that can be typed again") {
  Invocation invocation{{"gate", "--against", binary(), "sequential:records=1k", "--pairs", "15", "--format", "json",
                         "--label", "two words"},
                        "",
                        {{"SHARDFLOW_THRESHOLD", "900%"}},
                        "",
                        {}};
  CHECK(nlohmann::json::parse(run(invocation).out)["command"] ==
        "SHARDFLOW_THRESHOLD=900% shardflow gate --against " + binary() +
            " sequential:records=1k --pairs 15 --format json --label 'two words'");
}

TEST_CASE("files and presets are workloads too") {
  const std::string file = folder().write("in.tsv", "a\t1\nb\t2\n");
  const Outcome outcome =
      run({"gate", "--against", binary(), "--pairs", "15", file, "smoke", "--bound", "wall=1000%", "--bound",
           "cpu=1000%", "--bound", "peak=1000%", "--bound", "bytes-per-key=1000%", "--progress", "always"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("\n" + file + ": no regression, 15 pairs\n") != std::string::npos);
  CHECK(outcome.out.find("\nsmoke: no regression, 15 pairs\n") != std::string::npos);
  CHECK(outcome.error.find("measurement, " + file + ": 1 pairs\n") != std::string::npos);
  CHECK(run({"gate", "--against", binary(), "nonsense"}).exit_code == 2);
}

// Which would be another experiment under the preset's name; this one is no input at all.
TEST_CASE("a variable does not replace a preset's input") {
  const Invocation invocation{
      {"gate", "--against", "/no/such", "smoke"}, "", {{"SHARDFLOW_SYNTHETIC", "none"}}, "", {}};
  CHECK(run(invocation).error == "shardflow: /no/such: cannot be started: No such file or directory\n");
}

TEST_CASE("misuse of gate is exit code 2") {
  const auto error = [](std::vector<std::string> words) {
    words.insert(words.begin(), "gate");
    const Outcome outcome = run(std::move(words));
    CHECK(outcome.exit_code == 2);
    return outcome.error;
  };
  CHECK(error({"--against", "x", "--threshold", "much"}) ==
        "shardflow: --threshold: 'much' is no percentage above 0; write 5%\n");
  CHECK(error({"--against", "x", "--threshold", "-1"}).ends_with("write 5%\n"));
  CHECK(error({"--against", "x", "--bound", "colour=3%"}) ==
        "shardflow: --bound: 'colour=3%' is not NAME=PERCENT; --help has the names\n");
  CHECK(error({"--against", "x", "--save", "x.html"}) ==
        "shardflow: --save: x.html ends in none of .txt, .md and .json\n");
  CHECK(error({"--against", "x", "--format", "pdf"}).starts_with("shardflow: --format: 'pdf'"));
  CHECK(error({"--update", "--against", "x"}) == "shardflow: --update is of the modes, not of --against\n");
  CHECK(error({"--threshold", "2%"}) == "shardflow: --threshold is for --against BINARY\n");
  CHECK(error({"--threads", "2"}) == "shardflow: --threads is for --against BINARY\n");
  CHECK(error({"--against", "x", "--bounds", "y"}) == "shardflow: --bounds is of the modes, not of --against\n");
  CHECK(error({"--update", "--save", "x.md"}) == "shardflow: --save is of a gate's verdict, which --update has not\n");
  CHECK(error({"--against", "x", "--history", "y.json", "--save", "y.json"}) ==
        "shardflow: --history and --save name the same file\n");
  CHECK(error({"zipf"}) == "shardflow: workloads are for --against BINARY\n");
  CHECK(error({"--bounds", "/no/such"}) == "shardflow: /no/such: cannot be read; --bounds FILE names another\n");
  CHECK(
      error({"--bounds", folder().write("bad.ini", "x\n")}).ends_with("bad.ini: line 1: 'x' is not 'NAME = VALUE'\n"));
}

TEST_CASE("a signal ends a gate and its child at once") {
  const Ended ended = run_until_signal({"gate", "--against", binary(), "sequential:records=5M"}, SIGTERM, 300ms);
  CHECK(ended.outcome.exit_code == 143);
  CHECK(ended.after_signal < 1s);
}

namespace {

// 4; or, where others took the cores meanwhile, 5 with that reason.
bool is_outside_or_says_busy(const Outcome& outcome) {
  if (outcome.exit_code == 4) return outcome.out.find("shardflow gate --update") != std::string::npos;
  return outcome.exit_code == 5 && outcome.out.find("where as many cores are free") != std::string::npos;
}

}  // namespace

TEST_CASE("modes within their ranges pass, below or above them fail, and --update writes the ranges anew") {
  const auto bounds = [](const std::string& range) {
    return folder().write("modes.ini", "input = sequential:records=2k\nthreads = 1\nflow/serial = " + range + "\n");
  };
  CHECK(run({"gate", "--bounds", bounds("0.000001 to 1000000"), "--pairs", "15"}).exit_code == 0);
  const Outcome above = run({"gate", "--bounds", bounds("0.000001 to 0.00001"), "--pairs", "15"});
  CHECK(is_outside_or_says_busy(above));
  CHECK(above.out.find(" ABOVE\n") != std::string::npos);
  const std::string file = bounds("100000 to 1000000");
  const Outcome below = run({"gate", "--bounds", file, "--pairs", "15"});
  CHECK(is_outside_or_says_busy(below));
  CHECK(below.out.find(" BELOW\n") != std::string::npos);
  const Outcome update = run({"gate", "--update", "--bounds", file, "--pairs", "15"});
  CHECK(update.exit_code == 0);
  CHECK(update.out.find("- flow/serial = 100000 to 1000000\n+ flow/serial = ") != std::string::npos);
  CHECK(folder().read("modes.ini").find("\nthreads = 1\nflow/serial = ") != std::string::npos);
}

TEST_CASE("as many pairs as were asked for are measured, whatever time they take") {
  const std::string file =
      folder().write("long.ini", "input = sequential:records=2k\nthreads = 1\nflow/serial = 0.000001 to 1000000\n");
  const Outcome outcome = run({"gate", "--bounds", file, "--pairs", "150", "--max-time", "1"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("150 pairs") != std::string::npos);
}

TEST_CASE("flow is held against the floor as well, which the same runs measure") {
  const std::string file =
      folder().write("floor.ini", "input = sequential:records=2k\nthreads = 1\nflow/floor = 0.01 to 100000\n");
  const std::string json_file = folder().path("floor.json");
  CHECK(run({"gate", "--bounds", file, "--pairs", "15", "--save", json_file}).exit_code == 0);
  const auto json = nlohmann::json::parse(folder().read("floor.json"));
  CHECK(json["rows"][0]["metric"] == "flow/floor");
  CHECK(json["rows"][0]["here"].get<double>() > json["rows"][0]["base"].get<double>());
  CHECK(json["samples"][0]["build"] == "floor");
  CHECK(json["samples"][0]["wall_ms"] == json["samples"][1]["wall_ms"]);
  CHECK(run({"gate", "--update", "--bounds", file, "--pairs", "15"}).out.find("+ flow/floor = ") != std::string::npos);
}

TEST_CASE("with fewer cores than the bounds name threads, nothing is said about the modes") {
  const std::string file =
      folder().write("large.ini", "input = sequential:records=2k\nthreads = 4000\nflow/serial = 0.1 to 1\n");
  const Outcome outcome = run({"gate", "--bounds", file});
  CHECK(outcome.exit_code == 5);
  CHECK(outcome.out.find("where as many cores are free") != std::string::npos);
  CHECK(run({"gate", "--update", "--bounds", file}).exit_code == 1);
}

TEST_CASE("what gate appended to a history, report reads") {
  const Folder place;
  const std::string history = place.path("gate.jsonl");
  for (const char* const label : {"one", "two"}) {
    const auto outcome = run({"gate", "--against", binary(), "sequential:records=1k", "--pairs", "16", "--history",
                              history, "--label", label, "--timeout", "60"});
    CHECK((outcome.exit_code == 0 || outcome.exit_code == 5));
  }
  const auto told = run({"report", "--history", history});
  CHECK(told.exit_code == 0);
  CHECK(told.out.starts_with("2 runs\n\nsequential:records=1k, on "));
  CHECK(run({"report", "--history", "-", "--stats", "json"}, place.read("gate.jsonl")).out.find("\"label\":\"two\"") !=
        std::string::npos);
  CHECK(run({"report", "--history", history, "--output", history}).error ==
        "shardflow: --output would replace an input: " + history + "\n");
  CHECK(run({"report", "--history", "-"}, "x").error.starts_with("shardflow: standard input:1: "));
  CHECK(run({"report"}).exit_code == 2);
  CHECK(run({"report", "--history", place.path("none")}).exit_code == 1);
  CHECK(run({"report", "--history", place.path("")}).exit_code == 1);
  CHECK(run({"report", "--history", place.write("empty", "")}).exit_code == 3);
}

}  // namespace cli_gate_test
