#include "app/presets.hpp"

#include <algorithm>
#include <fstream>

#include "app/options.hpp"

namespace shardflow::app {
namespace {

namespace fs = std::filesystem;

fs::path presets_folder() { return data_folder() / "presets"; }

std::vector<fs::path> preset_files() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(presets_folder())) {
    if (entry.path().extension() == ".ini") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

fs::path data_folder() {
  std::error_code ignored;
  for (fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();; folder = folder.parent_path()) {
    for (const char* const place : {"share/shardflow", "data"}) {
      if (fs::is_directory(folder / place / "presets", ignored)) return folder / place;
    }
    if (folder == folder.parent_path())
      throw UsageError("no presets: there is no share/shardflow/presets near the binary");
  }
}

fs::path preset_file(const std::string& name) {
  std::string names;
  for (const fs::path& file : preset_files()) {
    if (file.stem() == name) return file;
    names += (names.empty() ? "" : ", ") + file.stem().string();
  }
  throw UsageError("'" + name + "' is no preset; there are " + names);
}

std::string preset_list() {
  std::string list;
  for (const fs::path& file : preset_files()) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    const std::string name = file.stem().string();
    list += name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') +
            line.substr(std::min<std::size_t>(line.size(), 2)) + "\n";
  }
  return list;
}

}  // namespace shardflow::app
