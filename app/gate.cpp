// shardflow gate: whether this build is slower than another, or its modes than their bounds.
#include "app/gate.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "app/commands.hpp"
#include "app/outputs.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"

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

void write(const std::string& path, const std::string& text, std::ios::openmode mode) {
  std::ofstream out(path, mode);
  out << text << std::flush;
  if (!out) throw IoError(path, "cannot be written", errno);
}

std::vector<Output> outputs(const GateOptions& options) {
  std::vector<Output> all{{"--history", options.history}};
  for (const std::string& file : options.save) all.push_back({"--save", file});
  return all;
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

  check_outputs(outputs(options), {});
  GateReport report = options.against.empty() ? gate_modes(options, parsed.terminal, interrupt)
                                              : gate_against(options, parsed.terminal, interrupt);
  report.command = "shardflow gate";
  for (const std::string& word : arguments) report.command += " " + word;
  report.label = options.label;
  report.environment = Environment::now();
  print_answer(rendered(report, options.format));
  for (const std::string& file : options.save) write(file, rendered(report, format_of(file)), std::ios::trunc);
  if (!options.history.empty()) write(options.history, gate_history_line(report), std::ios::app);
  return exit_code(report.verdict);
}

}  // namespace shardflow::app
