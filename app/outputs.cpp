#include "app/outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "app/output.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

namespace fs = std::filesystem;

std::optional<struct stat> status_of(const std::string& name) {
  struct stat status {};
  const int failed = name == "-" ? fstat(STDOUT_FILENO, &status) : stat(name.c_str(), &status);
  return failed == 0 ? std::optional(status) : std::nullopt;
}

// Whether writing to one is writing to the other; "-" is standard output. A device such as /dev/null takes both.
bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return a != "/dev/null";
  const auto first = status_of(a);
  const auto second = status_of(b);
  if (first && second) {
    return first->st_dev == second->st_dev && first->st_ino == second->st_ino && !S_ISCHR(first->st_mode);
  }
  return !first && !second && replaced_by(a) == replaced_by(b);
}

void check_apart(const Output& a, const Output& b) {
  if (!same_file(a.name, b.name)) return;
  const std::string both = a.option + " and " + b.option;
  if (!same_file(a.name, "-")) throw UsageError(both + " name the same file");
  throw UsageError(both + " would mix on standard output; give " + a.option + " a file");
}

void check_no_part(const Output& output, const std::string& folder) {
  if (output.name.empty()) return;
  const fs::path file = replaced_by(output.name);
  // Whether the folder's name ends in a slash or not.
  const fs::path parts = (replaced_by(folder) / "").parent_path();
  if (file.parent_path() != parts || !file.filename().string().starts_with(kPartPrefix)) return;
  throw UsageError(output.option + " has the name of a part of --split: " + output.name);
}

void check_no_input(const Output& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (input == "-" || !same_file(output.name, input)) continue;
    throw UsageError(output.option + " would replace an input: " + input);
  }
}

}  // namespace

void check_outputs(const std::vector<Output>& outputs, const std::vector<std::string>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    if (output->name.empty()) continue;
    for (auto earlier = outputs.begin(); earlier != output; ++earlier) {
      if (!earlier->name.empty()) check_apart(*earlier, *output);
    }
    if (output->keeps_inputs) check_no_input(*output, inputs);
  }
}

void check_outputs(const LoadOptions& options, bool may_replace_input) {
  const std::vector<Output> meanwhile{{"--rejects", options.rejects}, {"--hgrm", options.hgrm}};
  std::vector<Output> all = meanwhile;
  if (options.split == 0) all.insert(all.begin(), {"--output", options.output, !may_replace_input});
  all.push_back({"--get", options.get.empty() ? "" : "-"});
  check_outputs(all, options.files);
  if (options.split == 0) return;
  for (const Output& output : meanwhile) check_no_part(output, options.output);
}

}  // namespace shardflow::app
