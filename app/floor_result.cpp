#include "app/floor_result.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/terminal.hpp"
#include "pipeline/measure/statistics.hpp"

namespace shardflow::app {
namespace {

struct Part {
  const char* name;
  const char* meaning;
  double Floor::*seconds;
};

constexpr std::array kParts{
    Part{"read", "every byte of the input, once", &Floor::read_s},
    Part{"separators", "every TAB and line end in it", &Floor::separators_s},
    Part{"pages", "of table and payload, from the kernel", &Floor::pages_s},
    Part{"slots", "one of the table, anywhere, for each key", &Floor::slots_s},
    Part{"payload", "keys and values, copied in sequence", &Floor::payload_s},
};

// Nanoseconds a record, a round each.
template <class Seconds>
std::vector<double> costs(const FloorResult& result, Seconds seconds) {
  std::vector<double> values;
  std::ranges::transform(result.floors, std::back_inserter(values), [&](const Floor& floor) {
    return std::invoke(seconds, floor) * 1e9 / static_cast<double>(result.records);
  });
  return values;
}

// Of a part that a few keys make next to nothing of, no more digits than of the others.
std::string number(double value) { return value < 0.01 ? fixed(value, 2) : short_number(value); }

// One round has no interval, and its column is left out.
std::string interval_column(const std::string& text, std::size_t rounds) { return rounds > 1 ? right(text, 18) : ""; }

std::string row(const std::string& name, const std::vector<double>& values, const std::string& rest) {
  const Interval interval = median_interval(values);
  return left(name, 14) + right(number(median(values)), 9) +
         interval_column(number(interval.low) + " to " + number(interval.high), values.size()) + "  " + rest + "\n";
}

std::string rounds_text(std::size_t rounds) {
  return rounds == 1 ? "one round" : "medians of " + plural(rounds, "round");
}

}  // namespace

std::string floor_text(const FloorResult& result) {
  const auto floors = costs(result, &Floor::sum_s);
  const auto loads = column(result.loads, &Sample::ns_per_record);
  const std::size_t rounds = floors.size();
  const double confidence = median_interval(floors).confidence;
  std::string text = plural(result.records, "record") + ", " + plural(result.keys, "key") +
                     skipped_text(result.skipped_records) + "; " + plural(result.threads, "thread") + "; " +
                     rounds_text(rounds) + "\n\n" + left("part", 14) + right("ns/record", 9) +
                     interval_column(fixed(100 * confidence, 0) + " % interval", rounds) + "  what\n";
  for (const Part& part : kParts) {
    text += row(part.name, costs(result, part.seconds), part.meaning);
  }
  text += row("floor", floors, "the sum, round by round");
  text += row("flow", loads, "all of a load: also parses, hashes");
  text += row("flow / floor", paired_ratios(floors, loads), "round by round");
  return text;
}

std::string floor_json(const FloorResult& result) {
  nlohmann::ordered_json rounds = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < result.floors.size(); ++i) {
    nlohmann::ordered_json round;
    for (const Part& part : kParts) round[std::string(part.name) + "_s"] = result.floors[i].*part.seconds;
    round["floor_s"] = result.floors[i].sum_s();
    round["load"] = json_of(result.loads[i]);
    rounds.push_back(std::move(round));
  }
  const auto ratios = paired_ratios(costs(result, &Floor::sum_s), column(result.loads, &Sample::ns_per_record));
  return dumped({{"schema", 1},
                 {"kind", "floor"},
                 {"command", result.command},
                 {"environment", json_of(result.environment)},
                 {"threads", result.threads},
                 {"records", result.records},
                 {"skipped_records", result.skipped_records},
                 {"keys", result.keys},
                 {"load_over_floor", median(ratios)},
                 {"rounds", std::move(rounds)}});
}

}  // namespace shardflow::app
