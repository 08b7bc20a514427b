// shardflow gate: whether this build is slower than another, or its modes than their bounds.
#include "app/gate.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "app/commands.hpp"
#include "app/outputs.hpp"
#include "app/terminal.hpp"
#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"
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

// A run's line is added in one piece, so that gates that end at the same time do not mix theirs.
class HistoryFile {
 public:
  // Empty: none, and nothing is ever written. Throws IoError.
  explicit HistoryFile(const std::string& name) : name_(name) {
    if (name.empty()) return;
    file_ = Descriptor(open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!file_.open()) throw IoError(name, "cannot be opened", errno);
    is_empty_ = size() == 0;
  }
  ~HistoryFile() {
    if (is_empty_) unlink(name_.c_str());
  }
  HistoryFile(const HistoryFile&) = delete;
  HistoryFile& operator=(const HistoryFile&) = delete;

  // All of the line, or nothing. Throws IoError.
  void append(const std::string& line) {
    if (name_.empty()) return;
    const off_t before = size();
    const ssize_t written = ::write(file_.number(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) {
      is_empty_ = false;
      return;
    }
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0 && ftruncate(file_.number(), before) != 0) {
      throw IoError(name_, "has a line now that is none, and cannot be cut", errno);
    }
    throw IoError(name_, "cannot be written", error);
  }

 private:
  off_t size() const {
    struct stat status {};
    if (fstat(file_.number(), &status) != 0) throw IoError(name_, "cannot be opened", errno);
    return S_ISREG(status.st_mode) ? status.st_size : 1;
  }

  std::string name_;
  Descriptor file_;
  bool is_empty_ = false;  // and a regular file: then nobody misses it
};

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
