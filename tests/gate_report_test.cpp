// What `gate` prints, from results that are given; and its file of bounds.
#include "app/gate_report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "app/gate_bounds.hpp"
#include "app/gate_questions.hpp"
#include "app/gate_runs.hpp"

namespace gate_report_test {

using namespace shardflow;
using namespace shardflow::app;

namespace {

GateRow row(const char* name, const char* unit, double base, double here) {
  GateRow row;
  row.group = "zipf:records=3M,keys=200k";
  row.name = name;
  row.unit = unit;
  row.decimals = 1;
  row.base = base;
  row.here = here;
  row.pairs = 16;
  row.control = 1.001;
  row.first.median = here / base;
  row.first.interval = {here / base - 0.01, here / base + 0.01, 0.97};
  return row;
}

GateReport slower() {
  GateReport report;
  report.command = "shardflow gate --against base/shardflow";
  report.label = "0123abc";
  report.base = "base/shardflow";
  report.environment = {"CPU X", 2, 4'000'000'000, "Linux 6", "madvise", "g++ 12", "2026-01-02T03:04:05Z"};
  report.verdict = Verdict::kOutside;
  report.elapsed_s = 24.4;
  GateRow wall = row("wall", "ms", 100, 110);
  wall.allowed = Range{0, 1.05};
  wall.first.finding = Finding::kAbove;
  wall.first.p_above = 0.00003;
  wall.confirmed_by = 24;
  wall.confirmation = wall.first;
  GateRow peak = row("peak", "MB", 20, 20);
  peak.allowed = Range{0, 1.10};
  peak.first.finding = Finding::kWithin;
  report.rows = {wall, peak, row("switches", "", 60, 57)};
  GateSample sample;
  sample.wall_s = 0.1;
  report.series = {{"zipf:records=3M,keys=200k", "base", false, {sample, sample}}};
  return report;
}

GateReport modes() {
  GateReport report;
  report.of_modes = true;
  report.base = "data/gate.ini";
  report.verdict = Verdict::kUndecided;
  report.reason = Reason::kTime;
  report.core_share = 0.97;
  GateRow serial = row("flow/serial", "", 55.3, 30.6);
  serial.group = "sequential:records=500k";
  serial.allowed = Range{0.4, 0.8};
  serial.first.finding = Finding::kWithin;
  GateRow threads = row("flow/threads", "", 15487, 30.6);
  threads.group = serial.group;
  threads.allowed = Range{0.001, 0.01};
  threads.first.interval = {0.0018, 0.0021, 0.97};
  report.rows = {serial, threads};
  return report;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) longest = std::max(longest, line.size());
  return longest;
}

}  // namespace

TEST_CASE("the text has a verdict a workload with its figures, the verdict, and what to do") {
  CHECK(gate_text(slower()) ==
        "this build against base/shardflow; 24 s\n"
        "\n"
        "zipf:records=3M,keys=200k: REGRESSION, 16 pairs\n"
        "  metric              base    here % change  95 % interval  bound      p\n"
        "  wall ms            100.0   110.0    +10.0  +9.0 to +11.0   +5.0 <.0001 ABOVE\n"
        "  peak MB             20.0    20.0     +0.0   -1.0 to +1.0  +10.0 1.0000 within\n"
        "  switches            60.0    57.0     -5.0   -6.0 to -4.0      -      - -\n"
        "  confirmed: wall +10.0 % (+9.0 to +11.0), 24 fresh pairs\n"
        "\n"
        "verdict: regression\n"
        "To do: find what it is; if that price is meant, raise it: --bound NAME=PERCENT.\n");
}

TEST_CASE("ratios between modes are shown as they are, with their ranges") {
  CHECK(gate_text(modes()) ==
        "this build's modes against data/gate.ini; 97 % of the cores were free; 0 s\n"
        "\n"
        "sequential:records=500k: not answered, 16 pairs\n"
        "  ns/record        mode    flow  ratio    95 % interval          allowed\n"
        "  flow/serial      55.3    30.6  0.553   0.543 to 0.563   0.400 to 0.800 within\n"
        "  flow/threads  15487.0    30.6 0.0020 0.0018 to 0.0021 0.0010 to 0.0100 open\n"
        "\n"
        "verdict: undecided\n"
        "To do: run it again on a quieter machine, or with a longer --max-time.\n");
}

TEST_CASE("where there are fewer cores than threads, it is not said that others had them") {
  GateReport report = modes();
  report.rows.clear();
  report.core_share.reset();
  report.threads = 200;
  report.environment.cores = 2;
  CHECK(gate_text(report).starts_with(
      "this build's modes against data/gate.ini; nothing was run: 200 threads on 2 cores; 0 s\n"));
}

TEST_CASE("no line is wider than 80 columns") {
  CHECK(longest_line(gate_text(slower())) <= 80);
  CHECK(longest_line(gate_text(modes())) <= 80);
}

TEST_CASE("every reason says what to do about it") {
  GateReport of_modes = modes();
  of_modes.reason = Reason::kControl;
  CHECK(gate_text(of_modes).ends_with("where as many cores are free as the bounds name threads.\n"));
  GateReport report = slower();
  report.verdict = Verdict::kPass;
  CHECK(gate_text(report).ends_with("verdict: no regression\nNothing to do.\n"));
  report.verdict = Verdict::kUndecided;
  report.reason = Reason::kControl;
  report.rows[0].first.control_tripped = true;
  report.rows[0].control = 1.06;
  CHECK(gate_text(report).find("the base against itself: wall +6.0 %, where nothing changed\n") != std::string::npos);
  CHECK(gate_text(report).ends_with("the machine makes differences where there are none.\n"));
  report.rows[0].first.control_tripped = false;
  report.rows[0].confirmation.control_tripped = true;
  report.rows[0].confirmation_control = 0.93;
  CHECK(gate_text(report).find("the base against itself: ") == std::string::npos);
  CHECK(gate_text(report).find("the base against itself, afresh: wall -7.0 %, where nothing changed\n") !=
        std::string::npos);
  report.reason = Reason::kDisagreement;
  CHECK(gate_text(report).ends_with("a fresh measurement did not see what the first one saw.\n"));
}

TEST_CASE("what is only nearly within is told, with what is shown and what is not") {
  GateReport report = slower();
  report.verdict = Verdict::kPass;
  report.rows[0].first.finding = Finding::kNearly;
  report.rows[0].confirmed_by = 0;
  const std::string text = gate_text(report);
  CHECK(text.find("\nzipf:records=3M,keys=200k: no regression, 16 pairs\n") != std::string::npos);
  CHECK(text.find("<.0001 nearly\n") != std::string::npos);
  CHECK(text.find("\n  wall: shown to be less than +10.0 %; +5.0 % can't be, the machine is too noisy\n") !=
        std::string::npos);
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("Markdown begins with the verdict, and folds away what is not bounded") {
  const std::string text = gate_markdown(slower());
  CHECK(text.starts_with("### Performance gate: regression\n\nTo do: "));
  CHECK(text.find("| zipf:records=3M,keys=200k | wall ms | 100.0 | 110.0 | +10.0 | +9.0 to +11.0 | +5.0 | <.0001 | "
                  "ABOVE |\n") != std::string::npos);
  CHECK(text.find("<details>") < text.find("| switches |"));
  CHECK(text.ends_with("on CPU X, 2 cores, Linux 6, huge pages madvise, g++ 12, 2026-01-02T03:04:05Z\n"));
  CHECK(gate_markdown(modes()).find("<details>") == std::string::npos);
  GateReport odd = slower();
  odd.rows[0].group = "a|b\nc";
  CHECK(gate_markdown(odd).find("\n| a\\|b c | wall ms |") != std::string::npos);
}

TEST_CASE("JSON has a schema version, the environment, the answers and every sample") {
  const auto json = nlohmann::json::parse(gate_json(slower()));
  CHECK(json["schema"] == 1);
  CHECK(json["verdict"] == "regression");
  CHECK(json["environment"]["huge_pages"] == "madvise");
  CHECK(json["rows"][0]["first"]["finding"] == "ABOVE");
  CHECK(json["rows"][0]["confirmation_pairs"] == 24);
  CHECK(json["rows"][1]["confirmation"].is_null());
  CHECK(json["rows"][2]["allowed"].is_null());
  CHECK(json["rows"][2]["first"]["finding"] == "-");
  CHECK(json["samples"][0]["wall_ms"] == nlohmann::json::array({100.0, 100.0}));
  CHECK(json["samples"][0]["peak_MB"] == nlohmann::json::array({nullptr, nullptr}));
}

TEST_CASE("names of any bytes can be reported") {
  GateReport report = slower();
  report.label = "caf\xe9";
  report.rows[0].group = "\xe9.tsv";
  CHECK(nlohmann::json::parse(gate_json(report))["label"] == "caf\xef\xbf\xbd");
  CHECK(nlohmann::json::parse(gate_history_line(report))["medians"][0]["group"] == "\xef\xbf\xbd.tsv");
}

TEST_CASE("a history line is one line, and enough for a plot") {
  const std::string line = gate_history_line(slower());
  CHECK(std::ranges::count(line, '\n') == 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["label"] == "0123abc");
  CHECK(json["date"] == "2026-01-02T03:04:05Z");
  CHECK(json["medians"][0]["group"] == "zipf:records=3M,keys=200k");
  CHECK(json["medians"][0]["metric"] == "wall");
  CHECK(json["medians"][0]["here"] == 110);
}

TEST_CASE("a history line says why a run was undecided, and which questions were open") {
  const auto json = nlohmann::json::parse(gate_history_line(modes()));
  CHECK(json["reason"] == "time");
  CHECK(json["medians"][0]["finding"] == "within");
  CHECK(json["medians"][1]["finding"] == "open");
  CHECK(json["medians"][1]["control_tripped"] == false);
}

TEST_CASE("a block says the smaller of a build's two turns, and CPU time vouches for wall time") {
  GateWorkload workload{"w", {}, {}};
  for (const double wall_s : {2.0, 3.0, 7.0, 5.0}) {
    GateSample sample;
    sample.wall_s = wall_s;
    sample.user_s = 1;
    for (auto& turns : workload.first) turns.push_back(sample);
  }
  workload.first[kHere][0].wall_s = 4;
  CHECK(block_values(workload.first[kBase], *find_metric("wall")) == std::vector<double>{2, 5});
  const GateSamples samples = gate_samples({{"wall", 1.05}, {"cpu", 1.02}, {"peak", 1.1}}, std::vector{workload});
  REQUIRE(samples.first.size() == 2);
  CHECK(samples.first[0].ratios == std::vector<double>{1.5, 1});
  CHECK(samples.first[0].voucher == 1);
  CHECK(samples.first[1].allowed.high == 1.02);
  CHECK_FALSE(samples.first[1].voucher.has_value());
  CHECK_FALSE(gate_samples({{"wall", 1.05}}, std::vector{workload}).first[0].voucher.has_value());
}

TEST_CASE("the bounds' text reads back as what it was written from") {
  const GateBounds bounds{"sequential:records=500k", 2, {{"floor", {2, 5}}, {"serial", {0.4, 0.79}}}};
  const GateBounds again = parse_gate_bounds(gate_bounds_text(bounds));
  CHECK(again.input == bounds.input);
  CHECK(again.threads == 2);
  REQUIRE(again.modes.size() == 2);
  CHECK(again.modes[0].mode == kFloor);
  CHECK(again.modes[1].mode == "serial");
  CHECK(again.modes[1].allowed.low == 0.4);
  CHECK(again.modes[1].allowed.high == 0.79);
}

TEST_CASE("bad bounds are told with their line") {
  const auto message = [](const std::string& text) -> std::string {
    try {
      parse_gate_bounds(text);
      return "none";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  CHECK(message("threads = 2\nflow/none = 1 to 2\n") ==
        "line 2: 'flow/none' is none of input, threads, flow/MODE and flow/floor");
  CHECK(message("flow/serial = 2 to 1\n") == "line 1: '2 to 1' is not 'LOW to HIGH' with 0 < LOW < HIGH");
  CHECK(message("flow/serial = 1 2\n") == "line 1: '1 2' is not 'LOW to HIGH' with 0 < LOW < HIGH");
  CHECK(message("# nothing\nserial\n") == "line 2: 'serial' is not 'NAME = VALUE'");
  CHECK(message("threads = 2\n") == "one of input, threads and flow/MODE is missing");
  CHECK(message("input = none:x=1\n").starts_with("line 1: "));
  CHECK(message("flow/serial = 1 to 2\nthreads = 2\nflow/serial = 1 to 3\n") ==
        "line 3: 'flow/serial' was given before");
  CHECK(message("threads = 2\nthreads = 3\n") == "line 2: 'threads' was given before");
}

TEST_CASE("a range has a margin to both sides and is rounded away from the middle") {
  const Range range = range_around("map", {0.5, 0.6, 0.95});
  CHECK(range.low == doctest::Approx(0.33));
  CHECK(range.high == doctest::Approx(0.90));
  CHECK(range_around("map", {0.00298, 0.003, 0.95}).low == doctest::Approx(0.0019));
}

TEST_CASE("what switches between threads for every record has a wider margin") {
  CHECK(range_around("channel", {0.5, 0.6, 0.95}).low == doctest::Approx(0.25));
  CHECK(range_around("channel", {0.5, 0.6, 0.95}).high == doctest::Approx(1.2));
}

TEST_CASE("flow may not be as slow as serial, unless it was when it was measured") {
  CHECK(range_around("serial", {0.6, 0.8, 0.95}).high == doctest::Approx(0.99));
  CHECK(range_around("serial", {0.9, 1.1, 0.95}).high == doctest::Approx(1.7));
}

TEST_CASE("the difference of two files pairs lines by their names") {
  CHECK(bounds_difference("# c\na = 1\nb = 2\nold = 0\n", "# c\na = 1\nb = 3\nnew = 4\n") ==
        "  # c\n  a = 1\n- b = 2\n+ b = 3\n+ new = 4\n- old = 0\n");
}

TEST_CASE("a block of turns is an order and its mirror image, and every order comes") {
  std::mt19937_64 random(1);
  std::vector<std::vector<std::size_t>> seen;
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::size_t> block = shuffled_block(3, random);
    REQUIRE(block.size() == 6);
    CHECK(std::equal(block.begin(), block.begin() + 3, block.rbegin()));
    std::vector<std::size_t> order(block.begin(), block.begin() + 3);
    if (std::ranges::find(seen, order) == seen.end()) seen.push_back(order);
    std::ranges::sort(order);
    CHECK(order == std::vector<std::size_t>{0, 1, 2});
  }
  CHECK(seen.size() == 6);
}

}  // namespace gate_report_test
