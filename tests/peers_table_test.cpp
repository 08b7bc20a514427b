#include "tests/peers/peers_table.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace peers_table_test {

using namespace shardflow::app;

namespace {

PeerTable made_up() {
  PeerTable table;
  table.input = "unique-5m";
  table.spec = "sequential:records=5000000";
  table.records = 5'000'000;
  table.keys = 5'000'000;
  table.threads = 2;
  table.ours = {"shardflow", "1", "", false, {{0.1, 0.2, 300}, {0.2, 0.3, 301}, {0.1, 0.2, 300}}};
  table.peers = {{"none", "not here", "not here", false, {}},
                 {"slow", "2", "", false, {{2, 4, 1200}}},
                 {"wrong", "2", "another map", true, {}},
                 {"a name of 22 columns..", "2", "", false, {{0.3, 0.4, 600}, {0.8, 0.9, 600}, {0.4, 0.5, 600}}}};
  return table;
}

}  // namespace

TEST_CASE("a peer is compared with ours round by round, as far as it came") {
  const PeerTable table = made_up();
  CHECK(slower(table.ours, table.peers[1]).median == doctest::Approx(20));
  CHECK(slower(table.ours, table.peers[3]).median == doctest::Approx(4));
  CHECK(slower(table.ours, table.peers[3]).interval.low == doctest::Approx(3));
}

TEST_CASE("the table has the fastest first, problems last, and fits a terminal") {
  const std::string text = peers_markdown(made_up());
  const std::vector<std::string> rows{
      "**unique-5m**: 5,000,000 records, 5,000,000 keys, 2 threads (`sequential:records=5000000`)",
      "",
      "| process                | time over ours           | ns/record |  CPU s | peak MB |",
      "|------------------------|-------------------------:|----------:|-------:|--------:|",
      "| shardflow              |                          |      20.0 |   0.20 |     300 |",
      "| a name of 22 columns.. |   4.00x (3.00 to 4.00)   |      80.0 |   0.50 |     600 |",
      "| slow                   |  20.00x (20.00 to 20.00) |     400.0 |   4.00 |   1,200 |",
      "| none                   | not here",
      "| wrong                  | another map"};
  std::istringstream lines(text);
  std::size_t row = 0;
  for (std::string line; std::getline(lines, line); ++row) {
    REQUIRE(row < rows.size());
    CHECK(line == rows[row]);
  }
  CHECK(row == rows.size());
}

TEST_CASE("the JSON has every sample") {
  const auto json = nlohmann::json::parse(peers_json(made_up()));
  CHECK(json["ours"]["samples"].size() == 3);
  CHECK(json["peers"][3]["samples"][1]["peak_mb"] == 600);
  CHECK(json["peers"][2]["wrong"] == true);
}

}  // namespace peers_table_test
