// The README's example: the last value of a key in a file.
#include <iostream>
#include <pipeline/input/file_source.hpp>
#include <pipeline/mode/mode.hpp>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  shardflow::FileSource source({argv[1]}, 64 << 20, nullptr);
  shardflow::Store store(4);  // shards
  shardflow::modes().front().run(source, store, {.threads = 2});
  const auto value = store.find(argv[2]);
  if (value) std::cout << *value << '\n';
  return value ? 0 : 1;
}
