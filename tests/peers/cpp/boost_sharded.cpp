// A sharded boost::unordered_flat_map.
#include <boost/unordered/unordered_flat_map.hpp>

#include "tests/peers/cpp/sharded.hpp"

namespace {

// Its try_emplace takes a key of the map's own type alone, in this release: so look first.
struct Map : boost::unordered_flat_map<std::string, std::string, peers::Hash, std::equal_to<>> {
  auto try_emplace(std::string_view key, std::string_view value) {
    const auto place = find(key);
    return place != end() ? std::pair(place, false) : emplace(key, value);
  }
};

}  // namespace

int main(int argc, char** argv) { return peers::peer_main(argc, argv, peers::run_sharded<Map>); }
