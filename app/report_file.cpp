#include "app/report_file.hpp"

#include "app/report/report_page.hpp"

namespace shardflow::app {

ReportFile::ReportFile(const std::string& name) {
  if (!name.empty()) sink_ = open_sink(name, nullptr);
}

void ReportFile::write([[maybe_unused]] const std::string& json) {
  if constexpr (kHasReport) {
    if (!sink_) return;
    sink_->write(report_page(json));
    sink_->commit();
  }
}

}  // namespace shardflow::app
