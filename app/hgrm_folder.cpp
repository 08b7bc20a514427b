#include "app/hgrm_folder.hpp"

#include <filesystem>

#include "pipeline/errors.hpp"

namespace shardflow::app {

HgrmFolder::HgrmFolder(const std::string& name, const std::vector<const Mode*>& modes) {
  if (name.empty()) return;
  const std::filesystem::path folder = name;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw IoError(name, "the folder cannot be made", failed.value());
  for (const Mode* const mode : modes) {
    sinks_.push_back(open_sink(folder / (std::string(mode->name) + ".hgrm"), nullptr));
  }
}

void HgrmFolder::write(const Comparison& comparison) {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    Histogram all;
    for (const Sample& sample : comparison.modes[i].samples) {
      for (const auto& [value_ns, count] : sample.distribution) all.record(value_ns, count);
    }
    sinks_[i]->write(all.hgrm());
    sinks_[i]->commit();
  }
}

}  // namespace shardflow::app
