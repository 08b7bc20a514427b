// Writing a record into an arena.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/store/arena.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {

template <entry::Shape shape>
[[gnu::always_inline]] inline Arena::Place write_entry_as(Arena& arena, std::string_view key, std::string_view value,
                                                          std::size_t value_room) {
  const entry::Layout layout = entry::layout<shape>(key.size(), value_room);
  const Arena::Entry entry = arena.allocate(layout.total_bytes);
  entry::write<shape>(entry.at, layout, key, value);
  return entry.place;
}

// With room for a value of `value_room` bytes at least. REQUIRES: value.size() <= value_room, and 16 readable bytes
// behind both, as there are in a block and in an arena. Throws as Arena::allocate does.
[[gnu::always_inline]] inline Arena::Place write_entry(Arena& arena, std::string_view key, std::string_view value,
                                                       std::size_t value_room) {
  if (entry::shape(key.size(), value_room) == entry::Shape::kShort) [[likely]]
    return write_entry_as<entry::Shape::kShort>(arena, key, value, value_room);
  return write_entry_as<entry::Shape::kLong>(arena, key, value, value_room);
}

}  // namespace shardflow
