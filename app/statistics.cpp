#include "app/statistics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/latency.hpp"
#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

// More than this over the mean, and one shard holds the others up.
constexpr double kSkewed = 4;

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

// "  label     text", which goes on in a next line where it is longer than one.
std::string row(const std::string& label, const std::string& text) {
  constexpr std::size_t kLabelColumns = 10;
  constexpr std::size_t kTextColumns = 80 - 2 - kLabelColumns;
  std::string line = "  " + left(label + " ", kLabelColumns);
  if (text.size() <= kTextColumns) return line + text + "\n";
  // Between what commas part, or else between words: "42.5" and "us" belong together.
  const std::size_t comma = text.rfind(", ", kTextColumns - 1);
  const std::size_t blank = comma == std::string::npos ? text.rfind(' ', kTextColumns) : comma + 1;
  line += text.substr(0, blank) + "\n";
  return blank == std::string::npos ? line : line + row("", text.substr(blank + 1));
}

// Whether the last value of a key stays.
bool is_ordered(const LoadStatistics& s) {
  const Mode* const mode = find_mode(s.mode);
  return mode == nullptr || mode->ordered;
}

// Behind a slow pipe it may be seconds.
std::string cost_text(double ns) { return ns < 1000 ? fixed(ns, 1) + " ns/record" : human_ns(ns) + "/record"; }

std::string headline(const LoadStatistics& s, bool color) {
  const std::string cost = cost_text(s.ns_per_record());
  return plural(s.run.records, "record") + ", " + plural(s.keys, "key") + " in " + fixed(s.usage.wall_s, 3) +
         " s: " + (color ? "\033[1m" + cost + "\033[0m" : cost) + "\n";
}

std::string huge_pages(const LoadStatistics& s) {
  if (s.anonymous.resident_bytes == 0) return "unknown";
  const auto percent = static_cast<std::uint64_t>(
      100 * ratio(static_cast<double>(s.anonymous.huge_bytes), static_cast<double>(s.anonymous.resident_bytes)) + 0.5);
  const std::string share =
      std::to_string(percent) + " % of " + human_bytes(static_cast<double>(s.anonymous.resident_bytes));
  const bool refused = s.anonymous.huge_bytes == 0 && s.anonymous.resident_bytes > 8 * kHugePageBytes;
  return share + " in huge pages" + (refused ? " (refused: transparent_hugepage)" : "");
}

std::string memory_text(const LoadStatistics& s) {
  return human_bytes(static_cast<double>(s.peak_resident_bytes)) + " peak; " +
         fixed(ratio(static_cast<double>(s.memory.overhead_bytes()), static_cast<double>(s.keys)), 1) +
         " bytes a key beyond key and value";
}

std::string shards_text(const LoadStatistics& s) {
  return std::to_string(s.shard_records.size()) + ", the fullest " + fixed(s.imbalance(), 2) + " x the mean";
}

std::string numa_text(const LoadStatistics& s) {
  if (s.mode != "flow") return "only the mode flow binds its shards to nodes";
  switch (s.run.numa_nodes) {
    case 0:
      return "unknown: oneTBB's tbbbind library is missing (libtbbbind-2-5)";
    case 1:
      return "this machine has one node: nothing to bind";
    default:
      return std::to_string(s.run.numa_nodes) + " nodes, the shards bound to them in turn";
  }
}

// At most 68 columns.
std::string latency_text(const LatencySummary& latency) {
  const auto time = [](std::uint64_t ns) { return human_ns(static_cast<double>(ns)); };
  return "50 % " + time(latency.p50_ns) + ", 90 % " + time(latency.p90_ns) + ", 99 % " + time(latency.p99_ns) +
         ", 99.9 % " + time(latency.p999_ns) + ", max " + time(latency.max_ns);
}

std::string floor_text(const LoadStatistics& s) {
  const double floor_ns = ratio(s.floor->sum_s() * 1e9, static_cast<double>(s.run.records));
  return "this machine needs " + cost_text(floor_ns) + " at least; this took " +
         short_number(ratio(s.ns_per_record(), floor_ns)) + " x that";
}

std::string each_shard(const LoadStatistics& s) {
  std::string text;
  for (std::size_t i = 0; i < s.shard_keys.size(); ++i) {
    text += row("shard " + std::to_string(i),
                with_commas(s.shard_keys[i]) + " keys, " + with_commas(s.shard_records[i]) + " records written");
  }
  return text;
}

}  // namespace

double LoadStatistics::ns_per_record() const { return ratio(usage.wall_s * 1e9, static_cast<double>(run.records)); }

double LoadStatistics::imbalance() const {
  if (shard_records.empty()) return 0;
  const auto sum = static_cast<double>(std::accumulate(shard_records.begin(), shard_records.end(), std::uint64_t{0}));
  return ratio(static_cast<double>(std::ranges::max(shard_records)) * static_cast<double>(shard_records.size()), sum);
}

std::string statistics_text(const LoadStatistics& s, bool verbose, bool color) {
  const auto records = static_cast<double>(s.run.records);
  const double wall_s = std::max(s.usage.wall_s, 1e-9);
  std::string text = headline(s, color);
  text += row("speed", human_count(records / wall_s) + " records/s, " +
                           human_bytes(static_cast<double>(s.run.bytes) / wall_s) + "/s");
  text += row("mode", std::string(s.mode) + ", " + plural(s.threads, "thread") + ", " + plural(s.blocks, "block") +
                          " of " + human_bytes(static_cast<double>(s.block_bytes)));
  if (!is_ordered(s)) text += row("order", "of a key's values, this mode may keep another one than the last");
  text += row("cpu", fixed(s.usage.user_s, 3) + " s user, " + fixed(s.usage.system_s, 3) + " s system; " +
                         with_commas(s.usage.voluntary_switches) + " voluntary, " +
                         with_commas(s.usage.involuntary_switches) + " forced switches");
  text += row("memory", memory_text(s));
  text += row("pages", huge_pages(s));
  text += row("shards", shards_text(s));
  if (s.imbalance() > kSkewed) text += row("skewed", "a few keys, or keys made to collide");
  if (s.numa) text += row("numa", numa_text(s));
  text += row("combined", fixed(100 * ratio(records - static_cast<double>(s.run.routed), records), 1) +
                              " % of the records repeated a key of their block");
  if (s.run.skipped > 0) text += row("skipped", plural(s.run.skipped, "bad record"));
  if (s.run.latency.count() > 0) text += row("latency", latency_text(LatencySummary::of(s.run.latency)));
  text += asked_text(s);
  return verbose ? text + each_shard(s) : text;
}

std::string asked_text(const LoadStatistics& s) {
  return (s.floor ? row("floor", floor_text(s)) : "") + (s.digest ? row("digest", s.digest->hex()) : "");
}

std::string statistics_json(const LoadStatistics& s) {
  nlohmann::ordered_json json{
      {"schema", 1},
      {"version", SHARDFLOW_VERSION},
      {"mode", s.mode},
      {"ordered", is_ordered(s)},
      {"threads", s.threads},
      {"shards", s.shard_records.size()},
      {"block_bytes", s.block_bytes},
      {"blocks", s.blocks},
      {"records", s.run.records},
      {"keys", s.keys},
      {"input_bytes", s.run.bytes},
      {"routed_records", s.run.routed},
      {"skipped_records", s.run.skipped},
      {"wall_s", s.usage.wall_s},
      {"user_s", s.usage.user_s},
      {"system_s", s.usage.system_s},
      {"ns_per_record", s.ns_per_record()},
      {"voluntary_switches", s.usage.voluntary_switches},
      {"involuntary_switches", s.usage.involuntary_switches},
      {"peak_resident_bytes", s.peak_resident_bytes},
      {"anonymous_bytes", s.anonymous.resident_bytes},
      {"huge_page_bytes", s.anonymous.huge_bytes},
      {"key_bytes", s.memory.key_bytes},
      {"value_bytes", s.memory.value_bytes},
      {"table_bytes", s.memory.table_bytes},
      {"arena_bytes", s.memory.arena_bytes},
      {"shard_records", s.shard_records},
      {"shard_keys", s.shard_keys},
      {"digest", s.digest ? nlohmann::ordered_json(s.digest->hex()) : nlohmann::ordered_json()},
  };
  if (s.run.latency.count() > 0) {
    json["latency"] = LatencySummary::of(s.run.latency).json();
    json["latency"]["histogram"] = histogram_json(s.run.latency);
  }
  if (s.numa) json["numa_nodes"] = s.run.numa_nodes;
  if (s.floor) json["floor_s"] = s.floor->sum_s();
  return json.dump() + "\n";
}

}  // namespace shardflow::app
