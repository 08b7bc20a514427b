// libcuckoo's cuckoohash_map.
#include <libcuckoo/cuckoohash_map.hh>

#include "tests/peers/cpp/shared.hpp"

namespace {

std::size_t run(std::string_view text, std::size_t threads, std::ofstream* output) {
  libcuckoo::cuckoohash_map<std::string, peers::Placed> map;
  peers::fill_shared(text, threads, [&](std::string_view key, std::string_view value) {
    map.upsert(
        std::string(key), [&](peers::Placed& placed) { placed.put(value); },
        peers::Placed{value.data(), std::string(value)});
  });
  if (output != nullptr) {
    for (const auto& [key, placed] : map.lock_table()) *output << key << '\t' << placed.value << '\n';
  }
  return map.size();
}

}  // namespace

int main(int argc, char** argv) { return peers::peer_main(argc, argv, run); }
