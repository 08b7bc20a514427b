#include "app/gate_report.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "app/sample.hpp"
#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Json = nlohmann::ordered_json;

// A ratio of 1.052 as "+5.2", one of 3.5 as "+250".
std::string change(double ratio) {
  const std::string text = fixed(100 * (ratio - 1), ratio < 2 ? 1 : 0);
  return text.starts_with('-') ? text : "+" + text;
}

std::string ratio_text(double ratio) { return fixed(ratio, ratio < 0.1 ? 4 : ratio < 1 ? 3 : 2); }

// Against another build, ratios are changes in percent; between modes they are what they are.
std::string shown(const GateReport& report, double ratio) {
  return report.of_modes ? ratio_text(ratio) : change(ratio);
}
std::string shown(const GateReport& report, const Interval& interval) {
  return shown(report, interval.low) + " to " + shown(report, interval.high);
}
std::string shown(const GateReport& report, const std::optional<Range>& allowed) {
  if (!allowed) return "-";
  if (report.of_modes) return shown(report, allowed->low) + " to " + shown(report, allowed->high);
  return change(allowed->high);
}

std::string p_text(const GateRow& row) {
  if (!row.allowed) return "-";
  const double p = std::min(row.first.p_above, row.first.p_below);
  return p < 0.0001 ? "<.0001" : fixed(p, 4);
}

std::string_view finding_text(Finding finding) {
  constexpr std::array<std::string_view, 5> kTexts{"open", "within", "ABOVE", "BELOW", "nearly"};
  return kTexts[static_cast<std::size_t>(finding)];
}
std::string finding_text(const GateRow& row) {
  return row.allowed ? std::string(finding_text(row.first.finding)) : "-";
}

bool is_outside(const Answer& answer) { return answer.finding == Finding::kAbove || answer.finding == Finding::kBelow; }
bool is_confirmed(const GateRow& row) { return is_outside(row.first) && row.confirmation.finding == row.first.finding; }

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "no regression";
    case Verdict::kOutside:
      return "regression";
    default:
      return "undecided";
  }
}

std::string_view reason_name(Reason reason) {
  constexpr std::array<std::string_view, 4> kReasons{"", "time", "control", "disagreement"};
  return kReasons[static_cast<std::size_t>(reason)];
}

// The groups in the order of the rows.
std::vector<std::span<const GateRow>> groups(const GateReport& report) {
  std::vector<std::span<const GateRow>> groups;
  for (std::size_t first = 0; first < report.rows.size();) {
    std::size_t last = first;
    while (last < report.rows.size() && report.rows[last].group == report.rows[first].group) ++last;
    groups.emplace_back(report.rows.begin() + static_cast<std::ptrdiff_t>(first), last - first);
    first = last;
  }
  return groups;
}

std::string group_verdict(const GateReport& report, std::span<const GateRow> rows) {
  std::string text = "no regression";
  for (const GateRow& row : rows) {
    if (is_confirmed(row)) return report.verdict == Verdict::kOutside ? "REGRESSION" : "undecided";
    if (row.first.control_tripped || row.confirmation.control_tripped) text = "undecided, the base differs from itself";
    const Finding found = row.allowed ? row.first.finding : Finding::kWithin;
    if (found != Finding::kWithin && found != Finding::kNearly && text == "no regression") {
      text = found == Finding::kOpen ? "not answered" : "undecided, not confirmed";
    }
  }
  return text;
}

std::string named(const GateRow& row) { return row.unit.empty() ? row.name : row.name + " " + row.unit; }

// "wall +9.8 % (+8.9 to +10.4)": what a row says where it is outside.
std::string outside_text(const GateReport& report, const GateRow& row, const Answer& answer) {
  return row.name + " " + shown(report, answer.median) + (report.of_modes ? " (" : " % (") +
         shown(report, answer.interval) + ")";
}

std::vector<std::string> notes(const GateReport& report, std::span<const GateRow> rows) {
  std::vector<std::string> notes;
  for (const GateRow& row : rows) {
    if (row.confirmed_by > 0) {
      notes.push_back((is_confirmed(row) ? "confirmed: " : "not confirmed: ") +
                      outside_text(report, row, row.confirmation) + ", " + std::to_string(row.confirmed_by) +
                      " fresh pairs");
    }
    if (row.first.finding == Finding::kNearly) {
      notes.push_back(row.name + ": shown to be less than " + shown(report, nearly(row.allowed->high)) + " %; " +
                      shown(report, row.allowed) + " % can't be, the machine is too noisy");
    }
    const auto tripped = [&](const Answer& answer, std::optional<double> control, const std::string& when) {
      if (!answer.control_tripped || !control) return;
      notes.push_back("the base against itself" + when + ": " + row.name + " " + shown(report, *control) +
                      " %, where nothing changed");
    };
    tripped(row.first, row.control, "");
    tripped(row.confirmation, row.confirmation_control, ", afresh");
  }
  return notes;
}

std::string builds_table(const GateReport& report, std::span<const GateRow> rows) {
  std::string text = "  " + left("metric", 16) + right("base", 8) + right("here", 8) + right("% change", 9) +
                     right("95 % interval", 15) + right("bound", 7) + right("p", 7) + "\n";
  for (const GateRow& row : rows) {
    text += "  " + left(named(row), 16) + right(fixed(row.base, row.decimals), 8) +
            right(fixed(row.here, row.decimals), 8) + right(shown(report, row.first.median), 9) +
            right(shown(report, row.first.interval), 15) + right(shown(report, row.allowed), 7) +
            right(p_text(row), 7) + " " + finding_text(row) + "\n";
  }
  return text;
}

std::string modes_table(const GateReport& report, std::span<const GateRow> rows) {
  std::string text = "  " + left("ns/record", 13) + right("mode", 8) + right("flow", 8) + right("ratio", 7) +
                     right("95 % interval", 17) + right("allowed", 17) + "\n";
  for (const GateRow& row : rows) {
    text += "  " + left(row.name, 13) + right(fixed(row.base, row.decimals), 8) +
            right(fixed(row.here, row.decimals), 8) + right(shown(report, row.first.median), 7) +
            right(shown(report, row.first.interval), 17) + right(shown(report, row.allowed), 17) + " " +
            finding_text(row) + "\n";
  }
  return text;
}

// A file's name may hold anything, and the row is to keep its columns.
std::string cell(const std::string& text) {
  std::string shown;
  for (const char c : text) shown += c == '|' ? "\\|" : c == '\n' || c == '\r' ? " " : std::string(1, c);
  return shown;
}

std::string markdown_table(const GateReport& report, bool bounded) {
  std::string text = report.of_modes ? "| input | ratio | mode | flow | ratio | 95 % interval | allowed | p | |\n"
                                     : "| workload | metric | base | here | % change | 95 % interval | bound | p | |\n";
  text += "|---|---|---:|---:|---:|---:|---:|---:|---|\n";
  for (const GateRow& row : report.rows) {
    if (row.allowed.has_value() != bounded) continue;
    text += "| " + cell(row.group) + " | " + named(row) + " | " + fixed(row.base, row.decimals) + " | " +
            fixed(row.here, row.decimals) + " | " + shown(report, row.first.median) + " | " +
            shown(report, row.first.interval) + " | " + shown(report, row.allowed) + " | " + p_text(row) + " | " +
            finding_text(row) + " |\n";
  }
  return text;
}

std::string cores_text(const GateReport& report) {
  if (report.core_share) return "; " + fixed(100 * *report.core_share, 0) + " % of the cores were free";
  if (!report.of_modes) return "";
  return "; nothing was run: " + plural(report.threads, "thread") + " on " + plural(report.environment.cores, "core");
}

std::string first_line(const GateReport& report) {
  const std::string what =
      report.of_modes ? "this build's modes against " + report.base : "this build against " + report.base;
  return what + cores_text(report) + "; " + fixed(report.elapsed_s, 0) + " s";
}

std::string what_to_do(const GateReport& report) {
  if (report.verdict == Verdict::kPass) return "Nothing to do.";
  if (report.verdict == Verdict::kOutside) {
    return report.of_modes ? "To do: find what changed a mode's speed. If it was meant: shardflow gate --update."
                           : "To do: find what it is; if that price is meant, raise it: --bound NAME=PERCENT.";
  }
  switch (report.reason) {
    case Reason::kControl:
      if (report.of_modes) return "To do: run it again where as many cores are free as the bounds name threads.";
      return "To do: run it again, the machine makes differences where there are none.";
    case Reason::kDisagreement:
      return "To do: run it again, a fresh measurement did not see what the first one saw.";
    default:
      return "To do: run it again on a quieter machine, or with a longer --max-time.";
  }
}

Json json_of(const Interval& interval) {
  return {{"low", interval.low}, {"high", interval.high}, {"confidence", interval.confidence}};
}

Json json_of(const Answer& answer) {
  return {{"finding", finding_text(answer.finding)},
          {"median_ratio", answer.median},
          {"interval", json_of(answer.interval)},
          {"p_above", answer.p_above},
          {"p_below", answer.p_below},
          {"control_tripped", answer.control_tripped}};
}

Json json_of(const GateRow& row) {
  Json json{{"group", row.group}, {"metric", row.name}, {"unit", row.unit}, {"base", row.base}, {"here", row.here}};
  json["allowed"] = row.allowed ? Json{{"low", row.allowed->low}, {"high", row.allowed->high}} : Json();
  json["pairs"] = row.pairs;
  json["first"] = json_of(row.first);
  json["first"]["finding"] = finding_text(row);
  json["confirmation_pairs"] = row.confirmed_by;
  json["confirmation"] = row.confirmed_by > 0 ? json_of(row.confirmation) : Json();
  json["control_ratio"] = row.control ? Json(*row.control) : Json();
  json["confirmation_control_ratio"] = row.confirmation_control ? Json(*row.confirmation_control) : Json();
  return json;
}

// With another value of these it is another experiment.
Json loaded_with(const GateReport& report) {
  if (report.of_modes) return {{"threads", report.threads}};
  return {{"mode", report.mode}, {"threads", report.threads}, {"shards", report.shards}};
}

Json json_of(const GateSeries& series) {
  Json json{{"group", series.group}, {"build", series.build}, {"part", series.confirmation ? "confirmation" : "first"}};
  // A list a metric, not an object a run: a third of the size, and what a plot wants.
  for (const GateMetric& metric : gate_metrics()) {
    Json values = Json::array();
    for (const GateSample& sample : series.samples) {
      const auto value = metric.value(sample);
      values.push_back(value ? Json(*value * metric.scale) : Json());
    }
    json[json_name(metric)] = std::move(values);
  }
  return json;
}

}  // namespace

std::span<const GateMetric> gate_metrics() {
  using Value = std::optional<double>;
  static constexpr std::array<GateMetric, 8> kMetrics{{
      {"wall", "ms", 1e3, 1, 1e-6, [](const GateSample& s) -> Value { return s.wall_s; }},
      // Not user and system apart for a verdict: the kernel splits the sum by where its clock ticks fell.
      {"cpu", "ms", 1e3, 1, 1e-6, [](const GateSample& s) -> Value { return s.user_s + s.system_s; }},
      {"peak", "MB", 1e-6, 1, 1e3, [](const GateSample& s) { return s.peak_bytes; }},
      {"bytes-per-key", "B", 1, 1, 1e-3, [](const GateSample& s) { return s.bytes_per_key; }},
      {"user", "ms", 1e3, 1, 1e-3, [](const GateSample& s) -> Value { return s.user_s; }},
      {"system", "ms", 1e3, 1, 1e-3, [](const GateSample& s) -> Value { return s.system_s; }},
      {"switches", "", 1, 0, 1, [](const GateSample& s) -> Value { return s.switches; }},
      {"record", "ns", 1, 2, 1e-3, [](const GateSample& s) -> Value { return s.ns_per_record; }},
  }};
  return kMetrics;
}

const GateMetric* find_metric(std::string_view name) {
  const auto found = std::ranges::find(gate_metrics(), name, &GateMetric::name);
  return found == gate_metrics().end() ? nullptr : &*found;
}

std::string json_name(const GateMetric& metric) {
  return std::string(metric.name) + (metric.unit.empty() ? "" : "_") + std::string(metric.unit);
}

std::string gate_text(const GateReport& report) {
  std::string text = first_line(report) + "\n";
  for (const auto rows : groups(report)) {
    text += "\n" + rows.front().group + ": " + group_verdict(report, rows) + ", " + std::to_string(rows.front().pairs) +
            " pairs\n" + (report.of_modes ? modes_table(report, rows) : builds_table(report, rows));
    for (const std::string& note : notes(report, rows)) text += "  " + note + "\n";
  }
  return text + "\nverdict: " + std::string(verdict_name(report.verdict)) + "\n" + what_to_do(report) + "\n";
}

std::string gate_markdown(const GateReport& report) {
  std::string text =
      "### Performance gate: " + std::string(verdict_name(report.verdict)) + "\n\n" + what_to_do(report) + "\n\n";
  for (const auto rows : groups(report)) {
    for (const std::string& note : notes(report, rows)) text += "- " + rows.front().group + ": " + note + "\n";
  }
  text += "\n" + markdown_table(report, true) + "\n";
  if (std::ranges::any_of(report.rows, [](const GateRow& row) { return !row.allowed; })) {
    text +=
        "<details><summary>Measured, not bounded</summary>\n\n" + markdown_table(report, false) + "\n</details>\n\n";
  }
  const Environment& on = report.environment;
  return text + first_line(report) + ", on " + on.cpu + ", " + std::to_string(on.cores) + " cores, " + on.kernel +
         ", huge pages " + on.huge_pages + ", " + on.compiler + ", " + on.date + "\n";
}

std::string gate_json(const GateReport& report) {
  Json json{{"schema", 1},
            {"kind", report.of_modes ? "modes" : "against"},
            {"command", report.command},
            {"label", report.label},
            {"base", report.base},
            {"loaded_with", loaded_with(report)},
            {"environment", json_of(report.environment)},
            {"verdict", verdict_name(report.verdict)},
            {"reason", reason_name(report.reason)},
            {"elapsed_s", report.elapsed_s},
            {"core_share", report.core_share ? Json(*report.core_share) : Json()},
            {"rows", Json::array()},
            {"samples", Json::array()}};
  for (const GateRow& row : report.rows) json["rows"].push_back(json_of(row));
  for (const GateSeries& series : report.series) json["samples"].push_back(json_of(series));
  return dumped(json);
}

std::string gate_history_line(const GateReport& report) {
  Json json{{"schema", 1},
            {"kind", report.of_modes ? "modes" : "against"},
            {"date", report.environment.date},
            {"label", report.label},
            {"verdict", verdict_name(report.verdict)},
            {"reason", reason_name(report.reason)},
            {"elapsed_s", report.elapsed_s},
            {"loaded_with", loaded_with(report)},
            {"environment", json_of(report.environment)},
            {"medians", Json::array()}};
  for (const GateRow& row : report.rows) {
    json["medians"].push_back({{"group", row.group},
                               {"metric", row.name},
                               {"unit", row.unit},
                               {"here", row.here},
                               {"base", row.base},
                               {"ratio", row.first.median},
                               {"low", row.first.interval.low},
                               {"high", row.first.interval.high},
                               {"pairs", row.pairs},
                               {"finding", finding_text(row)},
                               {"control_tripped", row.first.control_tripped || row.confirmation.control_tripped}});
  }
  return dumped(json);
}

}  // namespace shardflow::app
