// A build without reports: nothing here needs npm.
#include <stdexcept>

#include "app/report/report_page.hpp"

namespace shardflow::app {

bool has_report() { return false; }

std::string report_page(const std::string&) { throw std::logic_error("this build has no report"); }

}  // namespace shardflow::app
