#include "app/commands.hpp"

#include <algorithm>
#include <array>

namespace shardflow::app {
namespace {

// For a shell, where it needs that.
std::string quoted(std::string word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`&|;<>()*?[]#~!{}") == std::string::npos;
  if (plain) return word;
  for (std::size_t at = 0; (at = word.find('\'', at)) != std::string::npos; at += 4) word.replace(at, 1, "'\\''");
  return "'" + word + "'";
}

}  // namespace

std::span<const Command> commands() {
  static constexpr std::array kCommands{
      Command{"load", "fill the store from files; look up or write the last values", load},
      Command{"compare", "run several modes over the same input, in turn", compare},
      Command{"sweep", "run modes over a grid of records, threads, shards and the like", sweep},
      Command{"floor", "the least that this machine needs for a load, beside what load takes", floor},
      Command{"diff", "what changed from one file's last values to another's", diff, kTrouble},
      Command{"gate", "tell whether this build is slower than another, or than its bounds", gate},
      Command{"report", "how measurements went over time: the gate's history", report},
      Command{"generate", "write synthetic input", generate},
  };
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  return found == commands().end() ? nullptr : &*found;
}

std::string command_line(const std::string& command, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& variables) {
  std::string line;
  for (const std::string& variable : variables) {
    const std::size_t value = variable.find('=') + 1;
    line += variable.substr(0, value) + quoted(variable.substr(value)) + " ";
  }
  line += "shardflow " + command;
  for (const std::string& word : arguments) line += " " + quoted(word);
  return line;
}

std::string usage() {
  std::string text =
      "shardflow fills a sharded in-memory store from key-value files: the last value\n"
      "of each key, at memory speed.\n\n"
      "usage: shardflow COMMAND [options] [FILE...]\n\n"
      "commands:\n";
  for (const Command& command : commands()) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  text +=
      "\n'shardflow COMMAND --help' tells a command's options, 'shardflow --version' the\n"
      "version.\n\n"
      "exit codes: 0 ok, 1 the run failed, 2 usage, 3 bad input data, 4 the gate found\n"
      "a regression, 5 it could not decide, 129, 130 and 143 stopped by a signal,\n"
      "141 standard output was closed; diff has 1 for different, 2 where it failed\n";
  return text;
}

}  // namespace shardflow::app
