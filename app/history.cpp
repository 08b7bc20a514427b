#include "app/history.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "app/sample.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/measure/change_points.hpp"
#include "pipeline/measure/statistics.hpp"

namespace shardflow::app {
namespace {

using Json = nlohmann::ordered_json;

// Of ratios between modes, the threads alone.
std::string loaded_with(const Json& run) {
  if (!run.contains("loaded_with")) return "";
  const Json& how = run["loaded_with"];
  const std::string threads = plural(how.at("threads").get<std::uint64_t>(), "thread");
  if (!how.contains("mode")) return threads;
  return how["mode"].get<std::string>() + ", " + threads + ", " +
         plural(how.at("shards").get<std::uint64_t>(), "shard");
}

void add_run(const Json& run, History& history, std::map<std::string, std::size_t>& places) {
  const bool of_modes = run.at("kind") == "modes";
  const Json& environment = run.at("environment");
  const std::string machine =
      environment.at("cpu").get<std::string>() + ", " + plural(environment.at("cores").get<std::uint64_t>(), "core");
  const std::string how = loaded_with(run);
  for (const Json& median : run.at("medians")) {
    const std::string group = median.at("group");
    const std::string metric = median.at("metric");
    // A ratio of modes is the same on every machine, about; a time is not.
    const std::string where = of_modes ? "" : machine;
    const auto [place, fresh] = places.emplace(
        group + '\n' + metric + '\n' + where + '\n' + how + (of_modes ? "\nmodes" : ""), history.series.size());
    if (fresh) {
      const std::string unit = of_modes ? "x" : median.at("unit").get<std::string>();
      history.series.push_back({group, metric, unit, where, how, {}, {}});
    }
    history.series[place->second].values.push_back(
        {history.runs, run.at("date"), run.at("label"), run.at("verdict"), median.at(of_modes ? "ratio" : "here")});
  }
  ++history.runs;
}

// Without nlohmann/json's "[json.exception.out_of_range.403] ".
std::string reason_of(const std::exception& error) {
  const std::string text = error.what();
  const std::size_t end = text.find("] ");
  return text.starts_with('[') && end != std::string::npos ? text.substr(end + 2) : text;
}

std::vector<double> numbers(const HistorySeries& series) {
  std::vector<double> values;
  for (const HistoryValue& each : series.values) values.push_back(each.value);
  return values;
}

std::string change_words(const HistorySeries& series, std::size_t at) {
  const double percent = 100 * (series.level_at(at) / series.level_at(at - 1) - 1);
  const HistoryValue& first = series.values[at];
  return "since " + (first.label.empty() ? "run " + std::to_string(first.run + 1) : first.label) + " (" +
         first.date.substr(0, 10) + ") " + (percent >= 0 ? "+" : "") + fixed(percent, 1) + " %";
}

// Behind their number.
const char* runs_text(std::size_t runs) { return runs == 1 ? " run\n" : " runs\n"; }

Json json_of(const HistorySeries& series) {
  Json json{{"group", series.group},     {"metric", series.metric},           {"unit", series.unit},
            {"machine", series.machine}, {"loaded_with", series.loaded_with}, {"values", Json::array()},
            {"changes", Json::array()}};
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const HistoryValue& each = series.values[i];
    json["values"].push_back({{"run", each.run + 1},
                              {"date", each.date},
                              {"label", each.label},
                              {"verdict", each.verdict},
                              {"value", each.value},
                              {"level", series.level_at(i)}});
  }
  for (const std::size_t at : series.changes) {
    json["changes"].push_back({{"run", series.values[at].run + 1}, {"words", change_words(series, at)}});
  }
  return json;
}

}  // namespace

double HistorySeries::level_at(std::size_t index) const {
  const auto next = std::ranges::upper_bound(changes, index);
  const std::size_t begin = next == changes.begin() ? 0 : *std::prev(next);
  const std::size_t end = next == changes.end() ? values.size() : *next;
  std::vector<double> level;
  for (std::size_t i = begin; i < end; ++i) level.push_back(values[i].value);
  return median(level);
}

History read_history(std::istream& lines, const std::string& name) {
  History history;
  std::map<std::string, std::size_t> places;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;  // what an editor left
    try {
      const Json run = Json::parse(line);
      if (run.at("schema") != 1) throw BadInputError("its schema is not 1");
      add_run(run, history, places);
    } catch (const std::exception& error) {
      throw BadInputError(name + ":" + std::to_string(number) +
                          ": this is no line of 'gate --history': " + reason_of(error));
    }
  }
  if (history.runs == 0) throw BadInputError(name + ": it has no runs; 'shardflow gate --history' writes them");
  for (HistorySeries& series : history.series) series.changes = change_points(numbers(series));
  return history;
}

std::string history_text(const History& history) {
  std::string text = with_commas(history.runs) + runs_text(history.runs);
  std::string above;
  for (const HistorySeries& series : history.series) {
    const std::string where = series.group + (series.machine.empty() ? "" : ", on " + series.machine);
    const std::string how = series.loaded_with.empty() ? "" : "  " + series.loaded_with + "\n";
    const std::string heading = where + "\n" + how;
    if (heading != above) text += "\n" + where.substr(0, 80) + "\n" + how;
    above = heading;
    text += "  " + left(series.metric, 16) + right(fixed(series.values.back().value, 2), 10) + " " +
            left(series.unit, 4) + right(with_commas(series.values.size()), 5) + runs_text(series.values.size());
    for (const std::size_t at : series.changes) text += "    " + change_words(series, at).substr(0, 76) + "\n";
  }
  return text;
}

std::string history_json(const History& history, const std::string& command) {
  Json json{
      {"schema", 1}, {"kind", "history"}, {"command", command}, {"runs", history.runs}, {"series", Json::array()}};
  for (const HistorySeries& series : history.series) json["series"].push_back(json_of(series));
  return dumped(json);
}

}  // namespace shardflow::app
