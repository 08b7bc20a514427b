// What `floor` prints, from rounds that are given.
#include "app/floor_result.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace floor_result_test {

using namespace shardflow;
using namespace shardflow::app;

namespace {

FloorResult example() {
  FloorResult result;
  result.command = "shardflow floor example.tsv";
  result.records = 1'000'000;
  result.keys = 900'000;
  result.threads = 2;
  for (int round = 0; round < 7; ++round) {
    const double noise = 1 + round * 0.01;
    result.floors.push_back({0.002 * noise, 0.001 * noise, 0.003 * noise, 0.006 * noise, 0.004 * noise});
    Sample load;
    load.ns_per_record = 24 * noise;
    load.records = result.records;
    result.loads.push_back(load);
  }
  return result;
}

}  // namespace

TEST_CASE("the table has each part, their sum, a load, and how far it is from the sum") {
  CHECK(floor_text(example()) ==
        "1,000,000 records, 900,000 keys; 2 threads; medians of 7 rounds\n"
        "\n"
        "part          ns/record     98 % interval  what\n"
        "read               2.06      2.00 to 2.12  every byte of the input, once\n"
        "separators         1.03      1.00 to 1.06  every TAB and line end in it\n"
        "pages              3.09      3.00 to 3.18  of table and payload, from the kernel\n"
        "slots              6.18      6.00 to 6.36  one of the table, anywhere, for each key\n"
        "payload            4.12      4.00 to 4.24  keys and values, copied in sequence\n"
        "floor              16.5      16.0 to 17.0  the sum, round by round\n"
        "flow               24.7      24.0 to 25.4  all of a load: also parses, hashes\n"
        "flow / floor       1.50      1.50 to 1.50  round by round\n");
}

TEST_CASE("one round has no interval, and shows none") {
  FloorResult once = example();
  once.threads = 1;
  once.floors.resize(1);
  once.loads.resize(1);
  const std::string text = floor_text(once);
  CHECK(
      text.starts_with("1,000,000 records, 900,000 keys; 1 thread; one round\n"
                       "\n"
                       "part          ns/record  what\n"
                       "read               2.00  every byte of the input, once\n"));
  CHECK(text.find("interval") == std::string::npos);
  CHECK(text.find(" to ") == std::string::npos);
}

TEST_CASE("what costs next to nothing does not widen its column") {
  FloorResult few_keys = example();
  for (Floor& floor : few_keys.floors) floor.slots_s = 9.5e-8;
  const std::string text = floor_text(few_keys);
  CHECK(text.find("slots              0.00      0.00 to 0.00  one of the table") != std::string::npos);
}

TEST_CASE("the JSON has every round") {
  const auto json = nlohmann::json::parse(floor_json(example()));
  CHECK(json["kind"] == "floor");
  CHECK(json["load_over_floor"].get<double>() == doctest::Approx(1.5));
  REQUIRE(json["rounds"].size() == 7);
  CHECK(json["rounds"][0]["slots_s"] == 0.006);
  CHECK(json["rounds"][0]["floor_s"].get<double>() == doctest::Approx(0.016));
  CHECK(json["rounds"][6]["load"]["ns_per_record"].get<double>() == doctest::Approx(25.44));
}

}  // namespace floor_result_test
