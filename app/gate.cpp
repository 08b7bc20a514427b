// shardflow gate: whether this build is slower than another, or its modes than their bounds.
#include "app/gate.hpp"

#include <filesystem>
#include <memory>

#include "app/commands.hpp"
#include "app/history_file.hpp"
#include "app/outputs.hpp"
#include "app/terminal.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

std::string rendered(const GateReport& report, GateFormat format) {
  switch (format) {
    case GateFormat::kMarkdown:
      return gate_markdown(report);
    case GateFormat::kJson:
      return gate_json(report);
    default:
      return gate_text(report);
  }
}

GateFormat format_of(const std::filesystem::path& file) {
  if (file.extension() == ".md") return GateFormat::kMarkdown;
  return file.extension() == ".json" ? GateFormat::kJson : GateFormat::kText;
}

// Opened before the measurement begins: minutes of it are not to end in a report that can't be written.
class Files {
 public:
  explicit Files(const GateOptions& options) : history_(options.history) {
    for (const std::string& file : options.save) saved_.push_back({format_of(file), open_sink(file, nullptr)});
  }

  // The history first: a report that can't be saved was printed, at least.
  void write(const GateReport& report) {
    history_.append(gate_history_line(report));
    for (const auto& [format, sink] : saved_) {
      sink->write(rendered(report, format));
      sink->commit();
    }
  }

 private:
  struct Saved {
    GateFormat format;
    std::unique_ptr<Sink> sink;
  };

  HistoryFile history_;
  std::vector<Saved> saved_;
};

std::vector<Output> outputs(const GateOptions& options) {
  std::vector<Output> all{{"--history", options.history}};
  for (const std::string& file : options.save) all.push_back({"--save", file});
  all.push_back({"the report", "-"});
  return all;
}

// What must still be as it is when the last run is over, or in the next gate.
std::vector<std::string> inputs(const GateOptions& options) {
  std::vector<std::string> files;
  files.push_back(options.against.empty() ? bounds_path(options) : options.against);
  for (const WorkloadOption& workload : options.workloads) {
    if (!workload.synthetic) files.push_back(workload.name);
  }
  return files;
}

int exit_code(Verdict verdict) {
  if (verdict == Verdict::kPass) return kOk;
  return verdict == Verdict::kOutside ? kRegression : kUndecided;
}

}  // namespace

int gate(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<GateOptions> parsed = parse_gate(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const GateOptions& options = parsed.options;
  if (options.update) return print_answer(update_gate_bounds(options, parsed.terminal, interrupt));

  check_outputs(outputs(options), inputs(options));
  Files files(options);
  GateReport report = options.against.empty() ? gate_modes(options, parsed.terminal, interrupt)
                                              : gate_against(options, parsed.terminal, interrupt);
  report.command = command_line("gate", arguments, parsed.variables);
  report.label = options.label;
  report.environment = Environment::now();
  // This first: what fails from here on does not lose it.
  print_answer(rendered(report, options.format));
  files.write(report);
  return exit_code(report.verdict);
}

}  // namespace shardflow::app
