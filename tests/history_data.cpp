#include "tests/history_data.hpp"

#include "app/gate_report.hpp"

namespace testing {

using namespace shardflow::app;

namespace {

GateRow row(const std::string& name, const std::string& unit, double here) {
  GateRow made;
  made.group = "unique";
  made.name = name;
  made.unit = unit;
  made.base = 100;
  made.here = here;
  made.first.median = 1.01;
  made.pairs = 16;
  return made;
}

}  // namespace

std::string history_lines(int before, int after, double factor) {
  std::string lines;
  for (int run = 0; run < before + after; ++run) {
    const double noise = 0.1 * (run * 7 % 5);
    GateReport report;
    report.label = "c" + std::to_string(run);
    report.mode = "flow";
    report.threads = 2;
    report.shards = 4;
    report.environment.cpu = "A made-up CPU";
    report.environment.cores = 2;
    report.environment.date = "2026-01-02 03:04:05";
    report.rows = {row("wall", "ms", (100 + noise) * (run < before ? 1 : factor)), row("peak", "MB", 50 + noise)};
    lines += gate_history_line(report);
  }
  return lines;
}

}  // namespace testing
