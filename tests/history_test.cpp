#include "app/history.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "pipeline/errors.hpp"
#include "tests/history_data.hpp"

namespace history_test {

using namespace shardflow;
using namespace shardflow::app;
using testing::history_lines;

namespace {

History read(const std::string& lines) {
  std::istringstream in(lines);
  return read_history(in, "gate.jsonl");
}

std::string refused(const std::string& lines) {
  try {
    read(lines);
  } catch (const BadInputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a metric's level changes where it did, and keeps to its machine") {
  const History history = read(history_lines(20, 20, 1.10));
  CHECK(history.runs == 40);
  REQUIRE(history.series.size() == 2);
  const HistorySeries& wall = history.series[0];
  CHECK(wall.group == "unique");
  CHECK(wall.unit == "ms");
  CHECK(wall.machine == "A made-up CPU, 2 cores");
  CHECK(wall.values.size() == 40);
  CHECK(wall.changes == std::vector<std::size_t>{20});
  CHECK(wall.level_at(0) == doctest::Approx(100).epsilon(0.01));
  CHECK(wall.level_at(19) == wall.level_at(0));
  CHECK(wall.level_at(39) == doctest::Approx(110).epsilon(0.01));
  CHECK(history.series[1].changes.empty());
  std::string moved = history_lines(1, 0, 1);
  moved.replace(moved.find("A made-up CPU"), 13, "Another");
  CHECK(read(history_lines(1, 0, 1) + moved).series.size() == 4);
  std::string larger = history_lines(1, 0, 1);
  larger.replace(larger.find("\"cores\":2"), 9, "\"cores\":4");
  CHECK(read(history_lines(1, 0, 1) + larger).series.size() == 4);
}

TEST_CASE("one run is a run, of the history and of each metric") {
  const std::string text = history_text(read(history_lines(1, 0, 1)));
  CHECK(text.starts_with("1 run\n"));
  CHECK(text.find("    1 run\n") != std::string::npos);
  CHECK(text.find("1 runs") == std::string::npos);
}

TEST_CASE("the history as text says since when, within 80 columns") {
  const std::string text = history_text(read(history_lines(20, 20, 1.10)));
  CHECK(text.starts_with("40 runs\n\nunique, on A made-up CPU, 2 cores\n  flow, 2 threads, 4 shards\n  wall "));
  CHECK(text.find("\n    since c20 (2026-01-02) +1") != std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

TEST_CASE("what was loaded in another way is another series, and lines that do not tell how are one as well") {
  const std::string line = history_lines(1, 0, 1);
  std::string one_thread = line;
  one_thread.replace(line.find("\"threads\":2"), 11, "\"threads\":1");
  const History history = read(line + one_thread + line);
  REQUIRE(history.series.size() == 4);
  CHECK(history.series[0].values.size() == 2);
  CHECK(history.series[2].loaded_with == "flow, 1 thread, 4 shards");
  CHECK(history_text(history).find("\nunique, on A made-up CPU, 2 cores\n  flow, 1 thread, 4 shards\n") !=
        std::string::npos);
  CHECK(nlohmann::json::parse(history_json(history, ""))["series"][0]["loaded_with"] == "flow, 2 threads, 4 shards");
  std::string older = line;
  older.erase(line.find("\"loaded_with\""), line.find("\"environment\"") - line.find("\"loaded_with\""));
  CHECK(read(older + older).series[0].values.size() == 2);
  CHECK(read(older + line).series.size() == 4);
  CHECK(history_text(read(older)).starts_with("1 run\n\nunique, on A made-up CPU, 2 cores\n  wall "));
}

TEST_CASE("ratios of modes are compared over all machines") {
  std::string line = history_lines(1, 0, 1);
  line.replace(line.find("against"), 7, "modes");
  const History history = read(line);
  CHECK(history.series[0].machine.empty());
  CHECK(history.series[0].unit == "x");
  CHECK(history.series[0].values[0].value == doctest::Approx(1.01));
}

TEST_CASE("the history as JSON has every value, its level, and the changes") {
  const auto json = nlohmann::json::parse(history_json(read(history_lines(20, 20, 1.10)), "shardflow report x"));
  CHECK(json["kind"] == "history");
  CHECK(json["command"] == "shardflow report x");
  CHECK(json["series"][0]["values"].size() == 40);
  CHECK(json["series"][0]["values"][20]["label"] == "c20");
  CHECK(json["series"][0]["changes"][0]["run"] == 21);
}

TEST_CASE("empty lines are skipped, and counted") {
  CHECK(read(history_lines(1, 0, 1) + "\n" + history_lines(1, 0, 1) + "\r\n\n").runs == 2);
  CHECK(refused(history_lines(1, 0, 1) + "\n{}\n").starts_with("gate.jsonl:3: "));
  CHECK(refused("\n").ends_with("it has no runs; 'shardflow gate --history' writes them"));
}

TEST_CASE("what is no history is refused with its line") {
  CHECK(refused("") == "gate.jsonl: it has no runs; 'shardflow gate --history' writes them");
  CHECK(refused(history_lines(1, 0, 1) + "{\"a\":1}\n") ==
        "gate.jsonl:2: this is no line of 'gate --history': key 'schema' not found");
  CHECK(refused("{\"a\":").starts_with("gate.jsonl:1: this is no line of 'gate --history': parse error at "));
  std::string newer = history_lines(1, 0, 1);
  newer.replace(newer.find("\"schema\":1"), 10, "\"schema\":2");
  CHECK(refused(newer) == "gate.jsonl:1: this is no line of 'gate --history': its schema is not 1");
}

}  // namespace history_test
