// The HTML report of `compare`, `sweep` and `report`: one page that opens offline, with its charts' library in it.
#pragma once

#include <string>

namespace shardflow::app {

// Whether this build can make reports: the CMake option SHARDFLOW_REPORT.
bool has_report();

// The page for a comparison's, a sweep's or a history's JSON; of any other, the page itself says that it can't draw it.
// Nothing in the JSON can end the element that holds it. REQUIRES: has_report().
std::string report_page(const std::string& json);

}  // namespace shardflow::app
