// What a good engineer writes in an afternoon: each thread parses its part of the file and sorts views of the records
// by shard; then each thread fills its shards. No locks, and the order of the file holds.
#pragma once

#include <xxhash.h>

#include "tests/peers/cpp/records.hpp"

namespace peers {

struct Hash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const { return XXH3_64bits(key.data(), key.size()); }
};

// Bits that say nothing of where the hash has its place in a shard's map: Fibonacci hashing (Knuth, TAOCP 3, 6.4).
inline std::size_t shard_of(std::string_view key, std::size_t shards) {
  return ((Hash()(key) * 0x9e3779b97f4a7c15) >> 32) * shards >> 32;
}

struct View {
  std::string_view key;
  std::string_view value;
};

template <class Map>
std::size_t run_sharded(std::string_view text, std::size_t threads, std::ofstream* output) {
  const std::vector<std::string_view> parts = cut(text, threads);
  const std::size_t shards = 4 * threads;
  std::vector<std::vector<std::vector<View>>> views(threads, std::vector<std::vector<View>>(shards));
  in_threads(threads, [&](std::size_t thread) {
    for_each_record(parts[thread], [&](std::string_view key, std::string_view value) {
      views[thread][shard_of(key, shards)].push_back({key, value});
    });
  });
  std::vector<Map> maps(shards);
  in_threads(threads, [&](std::size_t thread) {
    for (std::size_t shard = thread; shard < shards; shard += threads) {
      for (const auto& part : views) {
        // The map owns what it holds, as a store must.
        for (const View& view : part[shard]) {
          auto [place, fresh] = maps[shard].try_emplace(view.key, view.value);
          if (!fresh) place->second.assign(view.value);
        }
      }
    }
  });
  std::size_t keys = 0;
  for (const Map& map : maps) {
    keys += map.size();
    if (output == nullptr) continue;
    for (const auto& [key, value] : map) *output << key << '\t' << value << '\n';
  }
  return keys;
}

}  // namespace peers
