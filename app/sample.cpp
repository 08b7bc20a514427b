#include "app/sample.hpp"

#include <nlohmann/json.hpp>

namespace shardflow::app {

nlohmann::ordered_json json_of(const Sample& sample) {
  nlohmann::ordered_json json{{"ns_per_record", sample.ns_per_record},
                              {"wall_s", sample.wall_s},
                              {"user_s", sample.user_s},
                              {"system_s", sample.system_s},
                              {"voluntary_switches", sample.voluntary_switches},
                              {"involuntary_switches", sample.involuntary_switches},
                              {"peak_resident_bytes", sample.peak_resident_bytes},
                              {"records", sample.records},
                              {"keys", sample.keys},
                              {"digest", sample.digest}};
  if (sample.latency) json["latency"] = sample.latency->json();
  return json;
}

nlohmann::ordered_json json_of(const std::vector<Sample>& samples) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Sample& sample : samples) json.push_back(json_of(sample));
  return json;
}

nlohmann::ordered_json json_of(const Environment& environment) {
  return {{"cpu", environment.cpu},
          {"cores", environment.cores},
          {"memory_bytes", environment.memory_bytes},
          {"kernel", environment.kernel},
          {"huge_pages", environment.huge_pages},
          {"compiler", environment.compiler},
          {"version", SHARDFLOW_VERSION},
          {"date", environment.date}};
}

std::string dumped(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace shardflow::app
