// A stored record: its lengths, its key, its value, in one run of arena bytes, a multiple of kUnitBytes long.
//
//   short  [key length][value length][value room] key value…      up to 250 bytes of both: 3 bytes of header
//   long   [255] [key u32][value u32][value room u32] key value…  13 bytes of header
//   dead   [0] [bytes u16]…  or  [255] [0 u32][0 u32][room u32]…   a value that outgrew its room moved away
//
// The room is what a value may grow to in place; it takes what rounding the length up gives. An arena is walked entry
// by entry, so each, dead ones too, tells its own length; a key is never empty, so a key length of 0 is free to mean
// dead.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pipeline/store/bytes.hpp"

namespace shardflow::entry {

// Entries begin at multiples of it, so that 32 bits can tell 16 GiB of places.
inline constexpr std::size_t kUnitBytes = 4;

// Behind the last of entries one behind the other there are always this many bytes, so that a copy may read and write
// whole vectors.
inline constexpr std::size_t kSlackBytes = 64;

inline constexpr std::size_t kShortMost = 250;
inline constexpr unsigned char kLongMark = 255;
inline constexpr std::size_t kShortHeaderBytes = 3;
inline constexpr std::size_t kLongHeaderBytes = 13;

struct Header {
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  std::uint32_t value_room;
  std::uint32_t header_bytes;

  std::size_t total_bytes() const { return header_bytes + std::size_t{key_bytes} + value_room; }
};

inline unsigned char byte(const char* at) { return static_cast<unsigned char>(*at); }

// The two shapes of an entry.
enum class Shape { kShort, kLong };

// Of an entry for a value of up to `value_bytes`.
inline Shape shape(std::size_t key_bytes, std::size_t value_bytes) {
  return key_bytes + value_bytes <= kShortMost ? Shape::kShort : Shape::kLong;
}

// What an entry takes.
struct Layout {
  std::size_t total_bytes;
  std::size_t value_room;
};

template <Shape shape>
Layout layout(std::size_t key_bytes, std::size_t value_bytes) {
  constexpr std::size_t kHeaderBytes = shape == Shape::kShort ? kShortHeaderBytes : kLongHeaderBytes;
  const std::size_t total_bytes = (kHeaderBytes + key_bytes + value_bytes + kUnitBytes - 1) / kUnitBytes * kUnitBytes;
  return {total_bytes, total_bytes - kHeaderBytes - key_bytes};
}

inline bool is_long(const char* at) { return byte(at) == kLongMark; }

// REQUIRES: `at` is the start of an entry, and what is returned is not used if that is long or dead.
inline Header read_short(const char* at) { return {byte(at), byte(at + 1), byte(at + 2), kShortHeaderBytes}; }

// REQUIRES: `at` is the start of a live entry.
inline Header read(const char* at) {
  if (!is_long(at)) [[likely]] {
    assert(byte(at) != 0);
    return read_short(at);
  }
  std::uint32_t lengths[3];
  std::memcpy(lengths, at + 1, sizeof lengths);
  return {lengths[0], lengths[1], lengths[2], kLongHeaderBytes};
}

inline std::string_view key(const char* at, const Header& header) {
  return {at + header.header_bytes, header.key_bytes};
}
inline std::string_view value(const char* at, const Header& header) {
  return {at + header.header_bytes + header.key_bytes, header.value_bytes};
}

// Calls visit(key, value) for a live entry.
template <class Visit>
void visit_record(const char* at, Visit&& visit) {
  const Header header = read(at);
  visit(key(at, header), value(at, header));
}

// Writes the header of a new entry; returns where the key's bytes belong, the value's behind them.
template <Shape shape>
char* write_header(char* at, std::size_t key_bytes, std::size_t value_bytes, std::size_t value_room) {
  if constexpr (shape == Shape::kShort) {
    // In one store, whose last byte the key's first one overwrites.
    const auto lengths = static_cast<std::uint32_t>(key_bytes | value_bytes << 8 | value_room << 16);
    std::memcpy(at, &lengths, sizeof lengths);
    return at + kShortHeaderBytes;
  }
  const std::uint32_t lengths[3] = {static_cast<std::uint32_t>(key_bytes), static_cast<std::uint32_t>(value_bytes),
                                    static_cast<std::uint32_t>(value_room)};
  at[0] = static_cast<char>(kLongMark);
  std::memcpy(at + 1, lengths, sizeof lengths);
  return at + kLongHeaderBytes;
}

// Writes a new entry. REQUIRES: the layout is of this shape; 16 readable bytes behind key and value, and kSlackBytes
// that may be written behind the entry.
template <Shape shape>
[[gnu::always_inline]] inline void write(char* at, const Layout& layout, std::string_view key, std::string_view value) {
  char* const bytes = write_header<shape>(at, key.size(), value.size(), layout.value_room);
  copy_padded(bytes, key.data(), key.size());
  copy_padded(bytes + key.size(), value.data(), value.size());
}

// REQUIRES, both: value_bytes <= the entry's room; of the first, that it is short.
inline void set_short_value_bytes(char* at, std::size_t value_bytes) { at[1] = static_cast<char>(value_bytes); }
inline void set_value_bytes(char* at, std::size_t value_bytes) {
  if (!is_long(at)) [[likely]] {
    set_short_value_bytes(at, value_bytes);
    return;
  }
  const auto length = static_cast<std::uint32_t>(value_bytes);
  std::memcpy(at + 5, &length, sizeof length);
}

// Turns a live entry into a dead one of the same extent.
inline void kill(char* at) {
  const Header header = read(at);
  if (header.header_bytes == kShortHeaderBytes) {
    const auto bytes = static_cast<std::uint16_t>(header.total_bytes());
    at[0] = 0;
    std::memcpy(at + 1, &bytes, sizeof bytes);
    return;
  }
  const std::uint32_t lengths[3] = {0, 0, header.key_bytes + header.value_room};
  std::memcpy(at + 1, lengths, sizeof lengths);
}

struct Extent {
  std::size_t bytes;
  bool live;
};

// REQUIRES: `at` is the start of an entry, live or dead.
inline Extent extent(const char* at) {
  if (byte(at) == 0) {
    std::uint16_t bytes;
    std::memcpy(&bytes, at + 1, sizeof bytes);
    return {bytes, false};
  }
  const Header header = read(at);
  return {header.total_bytes(), header.key_bytes != 0};
}

}  // namespace shardflow::entry
