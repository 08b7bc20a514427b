// Presets: named config files that come with the program, in data/presets.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shardflow::app {

// Beside an installed binary's bin/, or in the source tree above a build folder: found from where the binary lies, so
// that it may be moved. Throws UsageError if there is none.
std::filesystem::path data_folder();

// The file of preset `name`. Throws UsageError that lists the names there are.
std::filesystem::path preset_file(const std::string& name);

// A line a preset: its name and the comment that its file begins with.
std::string preset_list();

}  // namespace shardflow::app
