// The report page in a browser: it draws everything, complains of nothing, and asks the network for nothing.
#include <doctest/doctest.h>

#include <cstdio>
#include <sstream>

#include "app/history.hpp"
#include "app/report/report_page.hpp"
#include "app/terminal.hpp"
#include "tests/browser.hpp"
#include "tests/history_data.hpp"
#include "tests/report_data.hpp"

namespace report_browser_test {

using namespace shardflow::app;
using namespace testing;

namespace {

// Runs after the page's own script, draws it as wide as a window of `width` pixels would, and leaves what it found in
// the document. (Chromium makes no window as narrow as that of a phone.)
constexpr const char* kObserver = R"js(<script>
document.body.style.width = `${width}px`;
drawAll();
const report = JSON.parse(document.getElementById("data").textContent);
const csv = () =>
  (report.kind === "history" ? d3.csvFormat(historyRows(report.series)) + "\n" : csvOf(pointsOf(report)));
const channels = (color) => {
  const made = document.createElement("i");
  made.style.color = color;
  document.body.append(made);
  const numbers = getComputedStyle(made).color.match(/[\d.]+/g).map(Number);
  made.remove();
  return numbers;
};
// As WCAG 2.1 defines it.
const luminance = (color) => {
  const [r, g, b] = channels(color).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const colors = ["--text", "--quiet", ...d3.range(8).map((i) => `--mode-${i}`)];
const downloads = [];
URL.createObjectURL = (blob) => { downloads.push(`${blob.type} of ${blob.size}`); return "data:,"; };
HTMLAnchorElement.prototype.click = function () { downloads.push(this.download); };
for (const button of document.querySelectorAll("button")) if (button.textContent.startsWith("Download")) button.click();
const found = document.createElement("pre");
found.id = "found";
found.textContent = [
  `requests ${performance.getEntriesByType("resource").length}`,
  `drawn at ${document.getElementById("report").getBoundingClientRect().width}`,
  ...[...document.querySelectorAll("#report *:not(.scroll *)")]
    .filter((each) => each.getBoundingClientRect().right > width)
    .map((each) => `beyond the edge: ${each.tagName} ${each.textContent}`),
  ...colors.filter((color) => contrast(`var(${color})`, "var(--page)") < 4.5)
    .map((color) => `hard to read: ${color} ${contrast(`var(${color})`, "var(--page)")}`),
  `page ${channels("var(--page)")}`,
  `buttons ${[...document.querySelectorAll("button")].filter((each) => each.offsetParent).length}`,
  ...[...document.querySelectorAll("table")].filter((each) => each.getBoundingClientRect().right > width)
    .map((each) => `table beyond the edge by ${each.getBoundingClientRect().right - width}`),
  `csv lines ${csv().split("\n").length - 1}`,
  ...downloads,
].join("\n");
document.body.append(found);
</script>)js";

// What is left is what a reader sees: the data and the scripts have the same words.
void remove_scripts(std::string& document) {
  const std::string end = "</script>";
  for (std::size_t at = 0; (at = document.find("<script", at)) != std::string::npos;) {
    document.erase(at, document.find(end, at) + end.size() - at);
  }
}

// Dark and print are shown by making the page's own rules for them hold.
enum class Look { kLight, kDark, kPrint };

std::string with_look(std::string page, Look look) {
  const std::string rule = look == Look::kDark ? "@media screen and (prefers-color-scheme: dark)" : "@media print";
  if (look == Look::kLight) return page;
  const std::size_t at = page.find(rule);
  REQUIRE(at != std::string::npos);
  return page.replace(at, rule.size(), "@media all");
}

Opened open_report(const std::string& json, int width = 1000, Look look = Look::kLight) {
  std::string page = with_look(report_page(json), look);
  const std::string observer = "<script>const width = " + std::to_string(width) + ";</script>" + kObserver;
  Opened opened = open_in_browser(page.insert(page.rfind("</body>"), observer));
  remove_scripts(opened.document);
  return opened;
}

// What stands between `begin` and the first `end` after it; empty if there is no such part.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return "";
  const std::size_t from = at + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

// The chart with this id; empty if there is none.
std::string chart(const Opened& opened, const std::string& id) {
  return between(opened.document, "<figure id=\"" + id + "\">", "</figure>");
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The chart is there, is drawn, names each mode, and shows each with its own symbol or line.
void check_series(const Opened& opened, const std::string& id, const std::vector<std::string>& modes) {
  CAPTURE(id);
  const std::string drawn = chart(opened, id);
  REQUIRE(contains(drawn, "<svg"));
  CHECK(contains(drawn, "role=\"img\""));
  for (std::size_t i = 0; i < modes.size(); ++i) {
    CAPTURE(modes[i]);
    CHECK(contains(drawn, ">" + modes[i] + "</text>"));
    CHECK(contains(drawn, "var(--mode-" + std::to_string(i) + ")"));
  }
}

void check_peace(const Opened& opened) {
  CHECK(opened.console == "");
  CHECK(contains(opened.document, "requests 0\n"));
  CHECK_FALSE(contains(opened.document, "beyond the edge:"));
  CHECK_FALSE(contains(opened.document, "hard to read"));
  for (const char* const wrong : {"class=\"failure\"", "NaN", "undefined", "Infinity"}) {
    CAPTURE(wrong);
    CHECK_FALSE(contains(opened.document, wrong));
  }
}

}  // namespace

TEST_CASE("a comparison shows each mode in each chart, and its numbers") {
  const Comparison comparison = made_up_comparison(true);
  const Opened opened = open_report(comparison_json(comparison));
  check_peace(opened);
  for (const char* const id : {"time", "speed-up", "cpu", "switches", "memory", "latency"}) {
    check_series(opened, std::string(id) + "-by-mode", {"threads", "channel", "flow-record", "flow"});
  }
  const std::string finding = between(opened.document, "<p class=\"finding\">", "</p>");
  CHECK(finding.starts_with("flow needs "));
  CHECK(contains(finding, " ns a record; threads, "));
  CHECK(contains(finding, " times as much (98 % interval "));
  CHECK(contains(opened.document, "A made-up CPU"));
  CHECK(contains(opened.document, comparison.command));
  CHECK(contains(opened.document, "* too slow for all of it: the first 100,000 records"));
}

TEST_CASE("all eight modes are told apart, in the dark as well, and their names and colours can be read") {
  const std::string json = comparison_json(made_up_comparison_of_all());
  for (const auto& [look, page] : {std::pair{Look::kLight, "page 255,255,255\n"}, {Look::kDark, "page 22,24,27\n"}}) {
    const Opened opened = open_report(json, 1000, look);
    check_peace(opened);
    CHECK(contains(opened.document, page));
    for (const char* const id : {"time", "speed-up", "cpu", "switches", "memory", "latency"}) {
      check_series(opened, std::string(id) + "-by-mode",
                   {"channel", "tasks", "threads", "flow-record", "map", "pipeline", "serial", "flow"});
    }
  }
}

TEST_CASE("on paper there are no buttons, and every table is whole") {
  constexpr int kA4 = 718;  // CSS pixels between margins of 1 cm
  Grid grid;
  grid.records = {100'000, 5'000'000};
  grid.threads = {1, 2, 4};
  grid.shards = {4, 8};
  grid.capacities = {100, 0};
  for (const std::string& json : {comparison_json(made_up_comparison_of_all()), sweep_json(made_up_sweep(grid))}) {
    const Opened opened = open_report(json, kA4, Look::kPrint);
    check_peace(opened);
    CHECK(contains(opened.document, "buttons 0\n"));
    CHECK_FALSE(contains(opened.document, "table beyond the edge"));
  }
}

TEST_CASE("a sweep of which every point was too slow says so, and a latency that not every run has is left out") {
  Grid grid;
  grid.threads = {1, 2};
  Sweep sweep = made_up_sweep(grid);
  sweep.points[0].samples[0].latency.reset();
  const Opened mixed = open_report(sweep_json(sweep));
  check_peace(mixed);
  CHECK(chart(mixed, "latency-by-threads").empty());
  CHECK_FALSE(chart(mixed, "time-by-threads").empty());
  sweep = made_up_sweep(grid);
  sweep.points[0].samples.back().latency.reset();
  check_peace(open_report(sweep_json(sweep)));
  for (SweepPoint& point : sweep.points) point = {point.at, true, {}};
  const Opened slow = open_report(sweep_json(sweep));
  check_peace(slow);
  CHECK(contains(slow.document, "No setting was measured: all were too slow, or not reached."));
  CHECK(contains(slow.document, "Too slow, a run took more than 60 s: channel at 5M records, 1 thread, 8 shards"));
}

TEST_CASE("a sweep that was stopped may have nothing where its page begins") {
  Grid grid;
  grid.threads = {1, 2, 4};
  grid.shards = {4, 8, 16};
  Sweep sweep = made_up_sweep(grid);
  // There is most for one thread, and most for eight shards, but not for both.
  for (SweepPoint& point : sweep.points) {
    const bool reached = point.at.mode == "flow" && (point.at.threads == 1) != (point.at.shards == 8);
    if (!reached) point = {point.at, false, {}};
  }
  const Opened opened = open_report(sweep_json(sweep));
  check_peace(opened);
  CHECK(chart(opened, "speed-up-by-mode").empty());
}

TEST_CASE("an interval of thousands of rounds is found") {
  const Comparison comparison = made_up_comparison(false, 2000);
  const Opened opened = open_report(comparison_json(comparison));
  check_peace(opened);
  CHECK(contains(opened.document, "95 % interval"));
}

TEST_CASE("the page says what ended a measurement early, and with which options it was made") {
  Comparison comparison = made_up_comparison(false);
  comparison.stop = Stop::kOutOfTime;
  const Opened opened = open_report(comparison_json(comparison));
  check_peace(opened);
  CHECK(contains(opened.document, "Stopped at --max-time, before the intervals were within 5 %."));
  CHECK(contains(opened.document, "<pre>blocks = 8                              # default</pre>"));
  Sweep sweep = made_up_sweep({});
  sweep.interrupted = true;
  CHECK(contains(open_report(sweep_json(sweep)).document, "Stopped by a signal."));
}

TEST_CASE("a history shows each metric, and since when it is on another level") {
  std::istringstream lines(history_lines(20, 20, 1.10));
  const std::string json = history_json(read_history(lines, "x"), "shardflow report --history x");
  for (const int width : {1000, 390}) {
    const Opened opened = open_report(json, width);
    check_peace(opened);
    for (const char* const id : {"trend-0", "trend-1"}) CHECK(contains(chart(opened, id), "<svg"));
    CHECK(contains(chart(opened, "trend-0"), "since c20 (2026-01-02) +1"));
    CHECK_FALSE(contains(chart(opened, "trend-1"), "since"));
    CHECK(contains(opened.document, "1 metric of 2 changed; at last wall of unique, since c20"));
    CHECK(contains(opened.document, "shardflow report --history x"));
    CHECK(contains(opened.document, "csv lines 81\n"));
  }
}

TEST_CASE("on a phone all fits; the medians and their intervals are those of the library") {
  const Comparison comparison = made_up_comparison(false, 11);
  const Opened opened = open_report(comparison_json(comparison), 390);
  check_peace(opened);
  CHECK(contains(opened.document, "drawn at 390\n"));
  CHECK(chart(opened, "latency-by-mode").empty());
  std::vector<double> times;
  for (const Sample& sample : comparison.modes[1].samples) times.push_back(sample.ns_per_record);
  const shardflow::Interval interval = shardflow::median_interval(times);
  CHECK(contains(opened.document, fixed(100 * interval.confidence, 0) + " % interval"));
  const std::string row = between(opened.document, "<th scope=\"row\">channel</th>", "</tr>");
  double median = 0;
  double low = 0;
  double high = 0;
  REQUIRE(std::sscanf(row.c_str(), "<td>%lf ns</td><td>%lf ns to %lf ns</td>", &median, &low, &high) == 3);
  const auto three_digits = [](double number) { return doctest::Approx(number).epsilon(0.005); };
  CHECK(median == three_digits(shardflow::median(times)));
  CHECK(low == three_digits(interval.low));
  CHECK(high == three_digits(interval.high));
}

TEST_CASE("a sweep has charts for the settings that vary, and for no others") {
  Grid grid;
  grid.records = {100'000, 1'000'000, 5'000'000};
  grid.threads = {1, 2, 4, 8};
  grid.capacities = {100, 10'000, 0};
  const Sweep sweep = made_up_sweep(grid);
  const Opened opened = open_report(sweep_json(sweep));
  check_peace(opened);
  for (const char* const measure : {"time", "memory", "latency"}) {
    check_series(opened, std::string(measure) + "-by-records", {"channel", "serial", "flow"});
    check_series(opened, std::string(measure) + "-by-threads", {"channel", "serial", "flow"});
    check_series(opened, std::string(measure) + "-by-capacity", {"channel"});
  }
  for (const char* const axis : {"shards", "block_bytes"}) {
    CHECK(chart(opened, std::string("time-by-") + axis).empty());
  }
  for (const char* const mode : {"channel", "flow"}) {
    const std::string drawn = chart(opened, std::string("scaling-threads-") + mode);
    CAPTURE(mode);
    for (const char* const curve : {">Amdahl</text>", ">USL</text>", ">ideal</text>"}) CHECK(contains(drawn, curve));
  }
  CHECK(contains(opened.document, ">residual</th>"));
  CHECK(contains(opened.document, ">serial fraction, contention (σ)</th>"));
  CHECK(contains(opened.document, "csv lines " + std::to_string(1 + sweep.points.size() * grid.rounds)));
  CHECK(contains(opened.document, "shardflow-sweep.json"));
  CHECK(contains(opened.document, "shardflow-sweep.csv"));
  CHECK(contains(opened.document, sweep.command));
  CHECK(contains(opened.document, sweep.input));
}

TEST_CASE("every setting may vary; what was not measured, and a law that was not fitted, is said") {
  Grid grid;
  grid.rounds = 1;
  grid.records = {100'000, 5'000'000};
  grid.threads = {1, 2};
  grid.shards = {4, 8};
  grid.capacities = {100, 0};
  grid.block_bytes = {64 << 10, 256 << 10};
  Sweep sweep = made_up_sweep(grid, false);
  for (SweepPoint& point : sweep.points) {
    if (point.at.mode == "channel" && point.at.records == 5'000'000) point = {point.at, true, {}};
  }
  const Opened opened = open_report(sweep_json(sweep));
  check_peace(opened);
  check_series(opened, "time-by-records", {"channel", "serial", "flow"});
  for (const char* const axis : {"threads", "shards", "block_bytes"}) {
    CHECK(contains(chart(opened, std::string("time-by-") + axis), ">flow</text>"));
  }
  CHECK(contains(chart(opened, "time-by-capacity"), "Nothing was measured at this setting."));
  CHECK(contains(opened.document, "Too slow, a run took more than 60 s: channel at 5M records, "));
  CHECK(contains(chart(opened, "scaling-threads-flow"), "No fit: it needs 3 different numbers of threads, and has 2."));
}

TEST_CASE("a page that fails, or asks for something, is noticed") {
  std::string page = report_page(R"({"kind":"poem"})");
  page.insert(page.rfind("</body>"), "<script>fetch('http://127.0.0.1:9/')</script>");
  const Opened opened = open_in_browser(page);
  CHECK(contains(opened.document, "class=\"failure\""));
  CHECK(contains(opened.console, "no such kind of report: poem"));
  CHECK(contains(opened.console, "Content Security Policy"));
}

}  // namespace report_browser_test
