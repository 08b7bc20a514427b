// What `gate --history` wrote, run by run, and where its levels changed. Pure functions.
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace shardflow::app {

// One measurement of one run.
struct HistoryValue {
  std::size_t run = 0;  // counted from 0
  std::string date;
  std::string label;
  std::string verdict;
  double value = 0;
};

// One metric of one workload, loaded in one way on one kind of machine, over the runs.
struct HistorySeries {
  std::string group;  // workload, or pair of modes
  std::string metric;
  std::string unit;         // of its values; "x" for a ratio
  std::string machine;      // empty: of any
  std::string loaded_with;  // "flow, 2 threads, 4 shards"; empty: from lines that do not tell it, older ones
  std::vector<HistoryValue> values;
  std::vector<std::size_t> changes;  // indices of values at which a new level begins

  // The median of the level that `index` belongs to.
  double level_at(std::size_t index) const;
};

struct History {
  std::size_t runs = 0;
  std::vector<HistorySeries> series;
};

// Of runs against another build, what this build took: it can be compared on one machine. Of runs of the modes, their
// ratios, which a change of the machine leaves alone. Throws BadInputError with the line that is no such run; `name`
// is for that.
History read_history(std::istream& lines, const std::string& name);

// At most 80 columns.
std::string history_text(const History& history);
// For the report page and other programs, in one line. `command`: what made it.
std::string history_json(const History& history, const std::string& command);

}  // namespace shardflow::app
