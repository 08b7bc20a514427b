// What the C++ peers share: the file in memory, cut into a part for each thread, and its records.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace peers {

// A file, mapped; for the process's life.
inline std::string_view map_file(const char* name) {
  const int file = open(name, O_RDONLY);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) throw std::runtime_error(std::string(name) + " cannot be opened");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* const memory = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (memory == MAP_FAILED) throw std::runtime_error(std::string(name) + " cannot be mapped");
  return {static_cast<const char*>(memory), bytes};
}

// Contiguous parts that end at line ends.
inline std::vector<std::string_view> cut(std::string_view text, std::size_t parts) {
  std::vector<std::string_view> cuts;
  for (std::size_t i = parts; i > 0; --i) {
    std::size_t bytes = text.size() / i;
    if (i > 1) {
      const std::size_t line_end = text.find('\n', bytes);
      bytes = line_end == std::string_view::npos ? text.size() : line_end + 1;
    }
    cuts.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return cuts;
}

// Calls take(key, value) for each line of the part.
template <class Take>
void for_each_record(std::string_view part, Take&& take) {
  const char* at = part.data();
  const char* const end = at + part.size();
  while (at < end) {
    const auto* const tab = static_cast<const char*>(std::memchr(at, '\t', static_cast<std::size_t>(end - at)));
    const auto* line_end = static_cast<const char*>(std::memchr(tab, '\n', static_cast<std::size_t>(end - tab)));
    if (line_end == nullptr) line_end = end;
    take(std::string_view(at, tab), std::string_view(tab + 1, line_end));
    at = line_end + 1;
  }
}

// Runs task(0 … threads - 1), each in a thread of its own.
inline void in_threads(std::size_t threads, const std::function<void(std::size_t)>& task) {
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < threads; ++i) running.emplace_back(task, i);
}

// COMMAND FILE THREADS [OUTPUT]: `run(text, threads, output)` fills the map, writes it where `output` is not null, and
// returns the number of keys.
template <class Run>
int peer_main(int argc, char** argv, Run&& run) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s FILE THREADS [OUTPUT]\n", argv[0]);
    return 2;
  }
  std::ofstream output;
  if (argc > 3) output.open(argv[3], std::ios::binary);
  const std::size_t keys = run(map_file(argv[1]), std::stoul(argv[2]), argc > 3 ? &output : nullptr);
  output.close();
  std::fprintf(stderr, "%zu keys\n", keys);
  // As ours does: the system takes the memory back faster than destructors.
  std::fflush(nullptr);
  _Exit(output.fail() && argc > 3 ? 1 : 0);
}

}  // namespace peers
