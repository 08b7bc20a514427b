// The command line program: finds the subcommand, runs it, turns what it throws into one line and an exit code.
#include <fcntl.h>
#include <unistd.h>

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

// Where the caller closed one, the next file that is opened would get its number, and all that is meant for it. What
// takes its place is open the wrong way: who uses it fails as if it were closed.
void replace_closed_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) == -1) open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// What is no command.
int answer(const std::vector<std::string>& arguments) {
  const std::string_view first = arguments.empty() ? "--help" : std::string_view(arguments[0]);
  if (first == "--help" || first == "-h" || first == "help") return print_answer(usage());
  if (first == "--version") return print_answer("shardflow " SHARDFLOW_VERSION "\n");
  throw UsageError("'" + std::string(first) + "' is no command; 'shardflow --help' lists them");
}

int fail(ExitCode code, const std::exception& error) {
  print_error(error.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  replace_closed_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write: unfinished files are removed first
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file beyond the size limit
  const SignalWatch watch;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Command* const command = arguments.empty() ? nullptr : find_command(arguments.front());
  const ExitCode failed = command == nullptr ? kFailed : command->failed;
  try {
    if (command == nullptr) return answer(arguments);
    return command->run({arguments.begin() + 1, arguments.end()}, watch.interrupt());
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
    return failed;
  } catch (const std::exception& error) {
    return fail(failed, error);
  }
}
