// The subcommands, one file each.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// What the process returns.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kBadInput = 3,
  // Of diff, as diff(1) has them; bad input is 3 there, too.
  kDifferent = 1,
  kTrouble = 2,
  kRegression = 4,
  kUndecided = 5,
  kOutputClosed = 141,  // what a shell makes of SIGPIPE
};

struct Command {
  std::string_view name;
  std::string_view summary;
  // `arguments` without program and command name. Returns an ExitCode, or throws what main() turns into one.
  int (*run)(const std::vector<std::string>& arguments, const Interrupt& interrupt);
  ExitCode failed = kFailed;  // what the process returns where it throws nothing more particular
};

int load(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int compare(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int sweep(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int floor(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int diff(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int gate(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int report(const std::vector<std::string>& arguments, const Interrupt& interrupt);
int generate(const std::vector<std::string>& arguments, const Interrupt& interrupt);

// A command line as the user could type it again, with the variables that counted before it.
std::string command_line(const std::string& command, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& variables);

std::span<const Command> commands();
// nullptr: there is none of that name.
const Command* find_command(std::string_view name);
// The text of `shardflow --help`.
std::string usage();

}  // namespace shardflow::app
