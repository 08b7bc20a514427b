// The command line program: finds the subcommand, runs it, turns what it throws into one line and an exit code.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"

namespace {

using namespace shardflow;
using namespace shardflow::app;

int run(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const std::string_view first = arguments.empty() ? "--help" : std::string_view(arguments[0]);
  if (first == "--help" || first == "-h" || first == "help") return print_answer(usage());
  if (first == "--version") return print_answer("shardflow " SHARDFLOW_VERSION "\n");
  for (const Command& command : commands()) {
    if (command.name == first) return command.run({arguments.begin() + 1, arguments.end()}, interrupt);
  }
  throw UsageError("'" + std::string(first) + "' is no command; 'shardflow --help' lists them");
}

int fail(ExitCode code, const std::exception& error) {
  print_error(error.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write: unfinished files are removed first
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file beyond the size limit
  const SignalWatch watch;
  try {
    return run({argv + 1, argv + argc}, watch.interrupt());
  } catch (const UsageError& error) {
    return fail(kUsage, error);
  } catch (const BadInputError& error) {
    return fail(kBadInput, error);
  } catch (const OutputClosedError&) {
    return kOutputClosed;
  } catch (const InterruptedError&) {
    return watch.exit_code();
  } catch (const std::bad_alloc&) {
    print_error("out of memory: the system gave no more");
    return kFailed;
  } catch (const std::exception& error) {
    return fail(kFailed, error);
  }
}
