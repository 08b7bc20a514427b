#include "tests/peers/peers_table.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

std::vector<double> column(std::span<const PeerSample> samples, double PeerSample::*field) {
  std::vector<double> values;
  for (const PeerSample& sample : samples) values.push_back(sample.*field);
  return values;
}

std::string numbers(const PeerTable& table, const PeerResult& result) {
  const auto middle = [&](double PeerSample::*field) { return median(column(result.samples, field)); };
  return right(fixed(1e9 * middle(&PeerSample::wall_s) / static_cast<double>(table.records), 1), 10) + " |" +
         right(fixed(middle(&PeerSample::cpu_s), 2), 7) + " |" +
         right(with_commas(static_cast<std::uint64_t>(middle(&PeerSample::peak_mb))), 8) + " |";
}

std::string row(const PeerTable& table, const PeerResult& result) {
  const std::string start = "| " + left(result.name, 22) + " |";
  if (!result.problem.empty()) return start + " " + result.problem + "\n";
  const Slower ratio = slower(table.ours, result);
  return start + right(fixed(ratio.median, 2), 7) + "x " +
         left("(" + fixed(ratio.interval.low, 2) + " to " + fixed(ratio.interval.high, 2) + ")", 16) + " |" +
         numbers(table, result) + "\n";
}

nlohmann::ordered_json json_of(const PeerResult& result) {
  nlohmann::ordered_json json{{"name", result.name},
                              {"version", result.version},
                              {"problem", result.problem},
                              {"wrong", result.wrong},
                              {"samples", nlohmann::ordered_json::array()}};
  for (const PeerSample& each : result.samples) {
    json["samples"].push_back({{"wall_s", each.wall_s}, {"cpu_s", each.cpu_s}, {"peak_mb", each.peak_mb}});
  }
  return json;
}

}  // namespace

Slower slower(const PeerResult& ours, const PeerResult& peer) {
  const std::span rounds = std::span(ours.samples).first(std::min(ours.samples.size(), peer.samples.size()));
  const std::vector<double> ratios =
      paired_ratios(column(rounds, &PeerSample::wall_s), column(peer.samples, &PeerSample::wall_s));
  return {median(ratios), median_interval(ratios)};
}

std::string peers_markdown(const PeerTable& table) {
  std::vector<PeerResult> peers = table.peers;
  std::ranges::stable_sort(peers, [&](const PeerResult& a, const PeerResult& b) {
    if (a.problem.empty() != b.problem.empty()) return a.problem.empty();
    return a.problem.empty() && slower(table.ours, a).median < slower(table.ours, b).median;
  });
  std::string text = "**" + table.input + "**: " + with_commas(table.records) + " records, " + with_commas(table.keys) +
                     " keys, " + std::to_string(table.threads) + " threads (`" + table.spec + "`)\n\n";
  text += "| process                | time over ours           | ns/record |  CPU s | peak MB |\n";
  text += "|------------------------|-------------------------:|----------:|-------:|--------:|\n";
  text += "| " + left(table.ours.name, 22) + " |" + right("", 25) + " |" + numbers(table, table.ours) + "\n";
  for (const PeerResult& peer : peers) text += row(table, peer);
  return text;
}

std::string peers_json(const PeerTable& table) {
  nlohmann::ordered_json json{{"schema", 1},
                              {"kind", "peers"},
                              {"input", table.input},
                              {"spec", table.spec},
                              {"records", table.records},
                              {"keys", table.keys},
                              {"threads", table.threads},
                              {"ours", json_of(table.ours)}};
  for (const PeerResult& peer : table.peers) json["peers"].push_back(json_of(peer));
  return json.dump() + "\n";
}

}  // namespace shardflow::app
