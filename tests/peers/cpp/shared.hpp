// One map that all threads write to. Threads race for a key, so with each value goes its place in the file: the last
// one there stays.
#pragma once

#include "tests/peers/cpp/records.hpp"

namespace peers {

struct Placed {
  const char* place;
  std::string value;

  void put(std::string_view newer) {
    if (newer.data() <= place) return;
    place = newer.data();
    value.assign(newer);
  }
};

// upsert(key, value) is called by all threads.
template <class Upsert>
void fill_shared(std::string_view text, std::size_t threads, Upsert&& upsert) {
  const std::vector<std::string_view> parts = cut(text, threads);
  in_threads(threads, [&](std::size_t thread) { for_each_record(parts[thread], upsert); });
}

}  // namespace peers
