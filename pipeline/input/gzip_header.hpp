// The header of a gzip member, RFC 1952, section 2.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shardflow {

// Skips a header that comes in pieces. ISA-L reads headers too, but where one with a checksum comes in two pieces it
// finds the checksum wrong. Here that checksum is not looked at: what it protects is not used.
class GzipHeader {
 public:
  // Takes what belongs to the header, and returns how much that is.
  std::size_t skip(std::string_view input) {
    std::size_t at = 0;
    while (at < input.size() && part_ != Part::kEnd && !damaged_) take(static_cast<std::uint8_t>(input[at++]));
    return at;
  }
  bool over() const { return part_ == Part::kEnd; }
  bool damaged() const { return damaged_; }

 private:
  enum class Part { kFixed, kExtraBytes, kExtra, kName, kComment, kChecksum, kEnd };
  static constexpr unsigned kHasChecksum = 2;
  static constexpr unsigned kHasExtra = 4;
  static constexpr unsigned kHasName = 8;
  static constexpr unsigned kHasComment = 16;
  static constexpr unsigned kReserved = 0xe0;

  void take(std::uint8_t byte) {
    ++bytes_;
    switch (part_) {
      case Part::kFixed:
        take_fixed(byte);
        break;
      case Part::kExtraBytes:
        extra_bytes_ |= static_cast<std::size_t>(byte) << (8 * (bytes_ - 1));
        if (bytes_ == 2) begin(extra_bytes_ > 0 ? Part::kExtra : Part::kName);
        break;
      case Part::kExtra:
        if (bytes_ == extra_bytes_) begin(Part::kName);
        break;
      case Part::kName:
        if (byte == 0) begin(Part::kComment);
        break;
      case Part::kComment:
        if (byte == 0) begin(Part::kChecksum);
        break;
      default:
        if (bytes_ == 2) begin(Part::kEnd);
    }
  }

  // ID1 ID2 CM FLG, and six bytes of time and system.
  void take_fixed(std::uint8_t byte) {
    constexpr std::uint8_t kMagic[] = {0x1f, 0x8b, 8};
    if (bytes_ <= 3) damaged_ = byte != kMagic[bytes_ - 1];
    if (bytes_ == 4) {
      flags_ = byte;
      damaged_ = (flags_ & kReserved) != 0;
    }
    if (bytes_ == 10) begin(Part::kExtraBytes);
  }

  // Goes on with this part, or with the next one that the flags say is there.
  void begin(Part part) {
    if (part == Part::kExtraBytes && (flags_ & kHasExtra) == 0) part = Part::kName;
    if (part == Part::kName && (flags_ & kHasName) == 0) part = Part::kComment;
    if (part == Part::kComment && (flags_ & kHasComment) == 0) part = Part::kChecksum;
    if (part == Part::kChecksum && (flags_ & kHasChecksum) == 0) part = Part::kEnd;
    part_ = part;
    bytes_ = 0;
  }

  Part part_ = Part::kFixed;
  std::size_t bytes_ = 0;  // of the part at hand
  std::size_t extra_bytes_ = 0;
  unsigned flags_ = 0;
  bool damaged_ = false;
};

}  // namespace shardflow
