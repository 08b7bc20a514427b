// tbb::concurrent_hash_map.
#include <tbb/concurrent_hash_map.h>

#include "tests/peers/cpp/shared.hpp"

namespace {

std::size_t run(std::string_view text, std::size_t threads, std::ofstream* output) {
  using Map = tbb::concurrent_hash_map<std::string, peers::Placed>;
  Map map;
  peers::fill_shared(text, threads, [&](std::string_view key, std::string_view value) {
    Map::accessor place;
    if (!map.emplace(place, std::string(key), peers::Placed{value.data(), std::string(value)})) {
      place->second.put(value);
    }
  });
  if (output != nullptr) {
    for (const auto& [key, placed] : map) *output << key << '\t' << placed.value << '\n';
  }
  return map.size();
}

}  // namespace

int main(int argc, char** argv) { return peers::peer_main(argc, argv, run); }
