#include "app/commands.hpp"

#include <array>

namespace shardflow::app {

std::span<const Command> commands() {
  static constexpr std::array kCommands{
      Command{"load", "read key-value files into the store; print, look up or write the last values", load},
      Command{"compare", "run several modes over the same input, in turn, and compare them", compare},
      Command{"generate", "write synthetic input", generate},
  };
  return kCommands;
}

std::string usage() {
  std::string text =
      "shardflow fills a sharded in-memory store from key-value files: the last value of\n"
      "each key, at memory speed.\n\n"
      "usage: shardflow COMMAND [options] [FILE...]\n\n"
      "commands:\n";
  for (const Command& command : commands()) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  text +=
      "\n'shardflow COMMAND --help' tells a command's options; 'shardflow --version' the version.\n\n"
      "exit codes: 0 ok, 1 the run failed, 2 usage, 3 bad input data, 130 and 143 stopped by\n"
      "SIGINT and SIGTERM\n";
  return text;
}

}  // namespace shardflow::app
