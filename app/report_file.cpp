#include "app/report_file.hpp"

#include <filesystem>

#include "app/report/report_page.hpp"

namespace shardflow::app {

namespace {

// A file, or where one can be made.
bool is_replaceable(const std::string& name) {
  std::error_code ignored;
  const auto type = std::filesystem::status(name, ignored).type();
  return name != "-" && (type == std::filesystem::file_type::regular || type == std::filesystem::file_type::not_found);
}

}  // namespace

ReportFile::ReportFile(const std::string& name) : name_(name) {
  if (name.empty()) return;
  replaceable_ = is_replaceable(name);
  sink_ = open_sink(name, nullptr);
}

void ReportFile::write(const std::string& json) {
  if (name_.empty()) return;
  if (!sink_) sink_ = open_sink(name_, nullptr);
  sink_->write(report_page(json));
  sink_->commit();
  sink_.reset();
}

void ReportFile::write_so_far(const std::string& json) {
  if (replaceable_) write(json);
}

}  // namespace shardflow::app
