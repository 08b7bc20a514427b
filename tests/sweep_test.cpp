// What `sweep` runs, and what it makes of the samples.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "app/sweep_file.hpp"
#include "app/sweep_grid.hpp"
#include "app/sweep_result.hpp"
#include "tests/folder.hpp"

namespace sweep_test {

using namespace shardflow;
using namespace shardflow::app;

namespace {

SweepOptions options(std::initializer_list<const char*> modes) {
  SweepOptions options;
  for (const char* const mode : modes) options.modes.push_back(find_mode(mode));
  options.threads = {1, 2};
  options.shards = {8};
  options.capacities = {100, 0};
  options.block_bytes = {4096};
  options.load.run.max_threads = 256;
  return options;
}

std::vector<std::string> described(const std::vector<GridPoint>& grid) {
  std::vector<std::string> lines;
  for (const GridPoint& point : grid) {
    lines.push_back(describe(point));
  }
  return lines;
}

Sample sample(double ns_per_record) {
  Sample sample;
  sample.ns_per_record = ns_per_record;
  sample.wall_s = 0.5;
  sample.user_s = 0.25;
  sample.system_s = 0.125;
  sample.voluntary_switches = 3;
  sample.involuntary_switches = 4;
  sample.peak_resident_bytes = 5'000'000;
  sample.records = 1000;
  sample.keys = 10;
  sample.digest = "abc";
  return sample;
}

// Throughput that follows the Universal Scalability Law exactly: 10 M/s, contention 0.1, coherency 0.02.
Sweep by_threads(const std::vector<std::uint32_t>& threads) {
  Sweep sweep;
  sweep.command = "shardflow sweep x";
  sweep.input = "sequential";
  for (const std::uint32_t n : threads) {
    GridPoint at{"flow", 1000, n, 8, SIZE_MAX, 4096};
    const double slowdown = 1 + 0.1 * (n - 1) + 0.02 * n * (n - 1);
    sweep.points.push_back({at, false, {sample(100 * slowdown / n), sample(100.0001 * slowdown / n)}});
  }
  return sweep;
}

constexpr double kLongestRun_s = 10;

std::string error_of(const std::string& name, Conditions conditions) {
  try {
    std::vector<SweepPoint> points;
    SweepFile(name, std::move(conditions)).read_into(points, kLongestRun_s);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an axis multiplies the points of those modes alone that it makes a difference to") {
  CHECK(described(make_grid(options({"serial", "flow", "channel"}))) ==
        std::vector<std::string>{
            "serial, all records, 1 thread, 8 shards",
            "flow, all records, 1 thread, 8 shards",
            "flow, all records, 2 threads, 8 shards",
            "channel, all records, 1 thread, 8 shards, capacity 100",
            "channel, all records, 1 thread, 8 shards, capacity unbounded",
            "channel, all records, 2 threads, 8 shards, capacity 100",
            "channel, all records, 2 threads, 8 shards, capacity unbounded",
        });
}

TEST_CASE("workers are channel's threads, and a point that stands twice in the lists is one") {
  SweepOptions both = options({"channel", "flow", "flow"});
  both.workers = {5};
  both.capacities = {7, 7};
  both.records = {1000, 1000};
  both.threads = {2};
  CHECK(described(make_grid(both)) == std::vector<std::string>{"channel, 1k records, 5 threads, 8 shards, capacity 7",
                                                               "flow, 1k records, 2 threads, 8 shards"});
}

TEST_CASE("a point's options reach the run") {
  const LoadOptions at = options_at({"channel", 1000, 5, 16, 0, 64}, LoadOptions());
  CHECK(at.mode == find_mode("channel"));
  CHECK(at.run.workers == 5);
  CHECK(at.shards == 16);
  CHECK(at.run.capacity == 0);
  CHECK(at.run.block_bytes == 64);
}

TEST_CASE("the laws are fitted along an axis, and give back what the samples were made from") {
  const auto studies = scaling_studies(by_threads({1, 2, 4, 8}));
  REQUIRE(studies.size() == 1);
  CHECK(studies[0].over == "threads");
  REQUIRE(studies[0].universal);
  CHECK(studies[0].universal->sigma.value == doctest::Approx(0.1).epsilon(0.001));
  CHECK(studies[0].universal->kappa.value == doctest::Approx(0.02).epsilon(0.001));
  CHECK(studies[0].universal->best_concurrency.value == doctest::Approx(6.708).epsilon(0.001));
}

TEST_CASE("two points are no curve: the fit is refused, and said why") {
  const Sweep sweep = by_threads({1, 2});
  CHECK_FALSE(scaling_studies(sweep).at(0).universal);
  CHECK(sweep_text(sweep).ends_with("\nno fit over threads: it needs 3 different numbers of them, and there are 2\n"));
  CHECK(scaling_studies(by_threads({2})).empty());
}

TEST_CASE("lines of the grid are studied apart") {
  Sweep sweep = by_threads({1, 2, 4});
  const std::size_t size = sweep.points.size();
  for (std::size_t i = 0; i < size; ++i) {
    sweep.points.push_back(sweep.points[i]);
    sweep.points.back().at.block_bytes = 64;
  }
  const auto studies = scaling_studies(sweep);
  REQUIRE(studies.size() == 2);
  CHECK(studies[0].measured.size() == 6);
  CHECK(studies[1].at.block_bytes == 64);
}

TEST_CASE("the table shows the axes that vary, and stays within 80 columns") {
  Sweep sweep = by_threads({1, 2, 4});
  sweep.longest_run_s = 10;
  sweep.points.push_back({{"threads", 1000, 256, 8, SIZE_MAX, 4096}, true, {}});
  const std::string text = sweep_text(sweep);
  CHECK(text ==
        "sequential; medians of 2 runs; all maps were checked\n\n"
        "mode           threads ns/record     50 % interval peak MB\n"
        "flow                 1       100        100 to 100       5\n"
        "flow                 2      57.0      57.0 to 57.0       5\n"
        "flow                 4      38.5      38.5 to 38.5       5\n"
        "threads            256  too slow\n"
        "\n"
        "too slow: a run took more than 10 s (--max-run)\n"
        "\n"
        "flow, 1k records, over threads (95 % intervals):\n"
        "  Amdahl     serial fraction 0.18 (0.15 to 0.21); residual 1.6 %\n"
        "  universal  contention 0.10 (0.10 to 0.10); residual 0.0 %\n"
        "             coherency 0.020 (0.020 to 0.020)\n"
        "             best with 6.71 (6.71 to 6.71) threads\n");
}

TEST_CASE("the JSON has every sample and the fits, and no number where there is none") {
  Sweep sweep = by_threads({1, 2, 4});
  sweep.points.push_back({{"channel", 1000, 2, 8, 0, 4096}, false, {sample(1)}});
  const auto json = nlohmann::json::parse(sweep_json(sweep));
  CHECK(json["schema"] == 1);
  CHECK(json["kind"] == "sweep");
  CHECK(json["points"].size() == 4);
  CHECK(json["points"][0]["samples"].size() == 2);
  CHECK_FALSE(json["points"][0].contains("capacity"));
  CHECK(json["points"][3]["capacity"].is_null());
  CHECK(json["fits"][0]["over"] == "threads");
  CHECK(json["fits"][0]["measured"].size() == 6);
  CHECK(json["fits"][0]["universal"]["sigma"]["value"].get<double>() == doctest::Approx(0.1).epsilon(0.001));
}

TEST_CASE("runs that were written are read again, each to its point") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  std::vector<SweepPoint> points = by_threads({1, 2}).points;
  for (SweepPoint& point : points) point.samples.clear();
  Sample with_latency = sample(1.25);
  with_latency.latency = {1000, 1, 2, 3, 4, 5};
  {
    SweepFile file(name, {{"input", "in \"put\", a"}, {"machine", "cpu, 2 cores"}});
    file.read_into(points, kLongestRun_s);
    file.append(points[0].at, sample(0.1));
    file.append(points[0].at, with_latency);
    file.append_too_slow(points[1].at, kLongestRun_s);
    file.append({"flow", 77, 1, 8, SIZE_MAX, 4096}, sample(3));  // of a larger grid
  }
  SweepFile(name, {{"input", "in \"put\", a"}, {"machine", "cpu, 2 cores"}}).read_into(points, kLongestRun_s);
  REQUIRE(points[0].samples.size() == 2);
  CHECK(points[0].samples[0].ns_per_record == 0.1);
  CHECK(points[0].samples[0].digest == "abc");
  CHECK_FALSE(points[0].samples[0].latency);
  CHECK(points[0].samples[1].latency->p999_ns == 4);
  CHECK(points[0].samples[1].latency->count == 1000);
  CHECK(points[1].too_slow);
}

TEST_CASE("a sweep goes on over an input with a line feed in its name") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  std::vector<SweepPoint> points = by_threads({1}).points;
  points[0].samples.clear();
  const Conditions conditions{{"input", "two\nli\nnes"}, {"rate", "0"}};
  {
    SweepFile file(name, conditions);
    file.read_into(points, kLongestRun_s);
    file.append(points[0].at, sample(1));
  }
  SweepFile(name, conditions).read_into(points, kLongestRun_s);
  CHECK(points[0].samples.size() == 1);
  CHECK(error_of(name, {{"input", "one\nline"}, {"rate", "0"}})
            .find("input was 'two\\nli\\nnes', and is 'one\\nline';") != std::string::npos);
}

TEST_CASE("a line that a kill cut off is dropped, and the next one begins afresh") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  std::vector<SweepPoint> points = by_threads({1}).points;
  points[0].samples.clear();
  {
    SweepFile file(name, {{"input", "in"}});
    file.read_into(points, kLongestRun_s);
    file.append(points[0].at, sample(1));
  }
  const std::string whole = folder.read("sweep.csv");
  folder.write("sweep.csv", whole + whole.substr(whole.find('\n') + 1, 40));
  SweepFile file(name, {{"input", "in"}});
  file.read_into(points, kLongestRun_s);
  CHECK(points[0].samples.size() == 1);
  CHECK(folder.read("sweep.csv") == whole);
}

TEST_CASE("a file of something else is left as it is, and refused") {
  const testing::Folder folder;
  const std::string other = folder.write("notes", "my notes\n");
  CHECK(error_of(other, {{"input", "in"}}) ==
        other + ": is no file of a sweep by this version; remove it, or give --output another name");
  CHECK(folder.read("notes") == "my notes\n");
  const std::string short_notes = folder.write("short", "my notes");  // without LF
  CHECK(error_of(short_notes, {{"input", "in"}}).find("is no file of a sweep") != std::string::npos);
  CHECK(folder.read("short") == "my notes");
}

TEST_CASE("runs under other conditions are refused, and what differs is said") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  std::vector<SweepPoint> points = by_threads({1}).points;
  const Conditions as_written{{"input", "in, \"put\""}, {"latency", "off"}, {"rate", "0"}};
  {
    SweepFile file(name, as_written);
    file.read_into(points, kLongestRun_s);
    file.append(points[0].at, sample(1));
  }
  CHECK(error_of(name, as_written).empty());
  CHECK(
      error_of(name, {{"input", "in, \"put\""}, {"latency", "on"}, {"rate", "0"}}) ==
      name +
          ": has runs of another experiment: latency was 'off', and is 'on'; remove it, or give --output another name");
  CHECK(error_of(name, {{"input", "other"}, {"latency", "off"}, {"rate", "9"}})
            .find("input was 'in, \"put\"', and is 'other'; rate was '0', and is '9';") != std::string::npos);
  CHECK(error_of(name, {{"input", "in"}}).find("is no file of a sweep by this version") != std::string::npos);
}

TEST_CASE("what was too slow is measured again where a run may take longer, and is never shown beside samples") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  const GridPoint at = by_threads({1}).points[0].at;
  const Conditions conditions{{"input", "in"}};
  const auto read = [&](double longest_run_s) {
    std::vector<SweepPoint> points{{at, false, {}}};
    SweepFile(name, conditions).read_into(points, longest_run_s);
    return points[0];
  };
  read(1);  // makes it
  SweepFile(name, conditions).append(at, sample(1));
  SweepFile(name, conditions).append_too_slow(at, 1);
  CHECK(read(1).too_slow);
  CHECK(read(0.5).too_slow);
  CHECK(read(1).samples.empty());
  CHECK_FALSE(read(30).too_slow);
  CHECK(read(30).samples.empty());
  SweepFile(name, conditions).append(at, sample(2));
  CHECK_FALSE(read(1).too_slow);
  CHECK(read(1).samples.size() == 1);
}

TEST_CASE("two sweeps do not write one file") {
  const testing::Folder folder;
  const std::string name = folder.path("sweep.csv");
  const SweepFile file(name, {{"input", "in"}});
  CHECK(error_of(name, {{"input", "in"}}) ==
        name + ": another sweep writes it; wait for that one, or give --output another name");
}

TEST_CASE("where there are no intervals, no runs or no best number, there are words for it") {
  Sweep sweep = by_threads({1, 2, 4});
  for (SweepPoint& point : sweep.points) point.samples.resize(1);
  CHECK(sweep_text(sweep).starts_with(
      "sequential; one run each; all maps were checked\n\nmode           threads ns/record peak MB\n"));
  sweep.points[1].samples.clear();
  sweep.interrupted = true;
  CHECK(sweep_text(sweep).find("\nstopped by a signal\n") != std::string::npos);
  for (SweepPoint& point : sweep.points) point = {point.at, true, {}};
  CHECK(sweep_text(sweep).starts_with("sequential\n"));
  Sweep linear = by_threads({1, 2, 4, 8});
  for (SweepPoint& point : linear.points) {
    point.samples = {sample(100.0 / point.at.threads), sample(101.0 / point.at.threads)};
  }
  const std::string text = sweep_text(linear);
  CHECK_MESSAGE(text.find("inf") == std::string::npos, text);
  CHECK_MESSAGE(text.find("best number of threads") != std::string::npos, text);
}

TEST_CASE("a sweep over all records has one number of them, whatever its points came to") {
  Sweep sweep = by_threads({1, 2, 4});
  for (SweepPoint& point : sweep.points) point.at.records = UINT64_MAX;
  sweep.points[1] = {sweep.points[1].at, true, {}};
  sweep.points[2].samples.clear();
  sweep.records = 1000;
  const auto records = [&] {
    std::vector<nlohmann::json> told;
    const auto json = nlohmann::json::parse(sweep_json(sweep));
    for (const auto& point : json["points"]) told.push_back(point["records"]);
    return told;
  };
  CHECK(records() == std::vector<nlohmann::json>{1000, 1000, 1000});
  CHECK(sweep_text(sweep).find("\nmode           threads ns/record") != std::string::npos);
  // Only those in the file, all too slow: nobody has counted.
  for (SweepPoint& point : sweep.points) point.samples.clear();
  sweep.records.reset();
  CHECK(records() == std::vector<nlohmann::json>(3, nullptr));
}

TEST_CASE("the title of a study with many settings is wrapped at 80 columns") {
  Sweep sweep;
  for (const std::uint32_t threads : {1u, 2u, 4u}) {
    for (const std::size_t capacity : {std::size_t{100}, std::size_t{1'234'567}}) {
      for (const std::size_t block_bytes : {std::size_t{4096}, std::size_t{1'234'567}}) {
        for (const std::uint32_t shards : {8u, 60'000u}) {
          const GridPoint at{"flow-record", 1'234'567, threads, shards, capacity, block_bytes};
          sweep.points.push_back({at, false, {sample(100.0 / threads), sample(101.0 / threads)}});
          for (Sample& each : sweep.points.back().samples) each.records = 1'234'567;
        }
      }
    }
  }
  std::istringstream lines(sweep_text(sweep));
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

}  // namespace sweep_test
