// How far a run is, in a line. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shardflow::app {

struct ProgressState {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  double input_share = 0;       // read, of the whole input; 0: unknown
  double elapsed_s = 0;         // more than 0
  std::string_view phase = {};  // what comes after the reading: "writing"
};

// "43 %: 12.3 M records, 290.0 MB, 31.2 M records/s, 4 s left", without share and time where the total is unknown; of
// another phase "writing, 43 %: 290.0 MB, 4 s left".
std::string progress_text(const ProgressState& state);

// The same behind a bar that fills what is left of a terminal's line, cut where the line is too short for all. Always
// shorter than `columns`, so that it never wraps.
std::string progress_bar(const ProgressState& state, std::size_t columns);

}  // namespace shardflow::app
