// A sharded absl::flat_hash_map.
#include <absl/container/flat_hash_map.h>

#include "tests/peers/cpp/sharded.hpp"

namespace {

// Its own hash knows no std::string_view where it was built for C++14, as Debian's was.
using Map = absl::flat_hash_map<std::string, std::string, peers::Hash, std::equal_to<>>;

}  // namespace

int main(int argc, char** argv) { return peers::peer_main(argc, argv, peers::run_sharded<Map>); }
