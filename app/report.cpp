// shardflow report: how measurements went over time.
#include <cerrno>
#include <fstream>
#include <iostream>

#include "app/commands.hpp"
#include "app/history.hpp"
#include "app/options.hpp"
#include "app/outputs.hpp"
#include "app/report_file.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

History read(const std::string& name) {
  if (name == "-") return read_history(std::cin, "standard input");
  std::ifstream file(name);
  // A folder opens, and has no first byte.
  if (!file || (file.peek() == std::ifstream::traits_type::eof() && errno == EISDIR)) {
    throw IoError(name, "cannot be read", errno);
  }
  return read_history(file, name);
}

}  // namespace

int report(const std::vector<std::string>& arguments, const Interrupt&) {
  const Parsed<ReportOptions> parsed = parse_report(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const ReportOptions& options = parsed.options;
  check_outputs({{"--output", options.output}}, {options.history});
  errno = 0;
  ReportFile page(options.output);
  const History history = read(options.history);
  const std::string json = history_json(history, command_line("report", arguments, parsed.variables));
  if (!options.output.empty()) {
    page.write(json);
    return kOk;
  }
  return print_answer(options.stats == StatsFormat::kJson ? json : history_text(history));
}

}  // namespace shardflow::app
