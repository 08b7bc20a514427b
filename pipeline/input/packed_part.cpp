#include "pipeline/input/packed_part.hpp"

#include <cstdint>

// For ZSTD_decompressBound(): pzstd's frames do not say what they expand to.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "pipeline/output/bgzf.hpp"

namespace shardflow {
namespace {

using Kind = PackedPart::Kind;

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  }
  return number;
}

// Of the member whose extra field this is, by the subfield "BC"; 0: it has none.
std::size_t member_bytes(std::string_view extra) {
  constexpr std::size_t kSubfieldHead = 4;
  while (extra.size() >= kSubfieldHead) {
    const std::size_t bytes = kSubfieldHead + number_at(extra, 2, 2);
    if (bytes > extra.size()) return 0;
    if (extra.starts_with("BC") && bytes == kSubfieldHead + 2) return std::size_t{1} + number_at(extra, 4, 2);
    extra.remove_prefix(bytes);
  }
  return 0;
}

PackedPart gzip_part(std::string_view bytes) {
  constexpr std::size_t kFixed = 12;   // of the header, with the extra field's length
  constexpr std::size_t kTrailer = 8;  // checksum and length
  constexpr std::string_view kWithExtra("\x1f\x8b\x08\x04", 4);
  if (!bytes.starts_with(kWithExtra.substr(0, bytes.size()))) return {};
  if (bytes.size() < kFixed) return {Kind::kMoreBytes};
  const std::size_t extra = number_at(bytes, kFixed - 2, 2);
  if (bytes.size() < kFixed + extra) return {Kind::kMoreBytes};
  const std::size_t member = member_bytes(bytes.substr(kFixed, extra));
  if (member < kFixed + extra + kTrailer) return {};
  if (bytes.size() < member) return {Kind::kMoreBytes};
  const std::size_t text_bytes = number_at(bytes, member - 4, 4);
  if (text_bytes > bgzf::kMostTextBytes) return {};
  return {Kind::kWhole, member, text_bytes};
}

PackedPart zstd_part(std::string_view bytes, std::size_t text_limit) {
  constexpr std::size_t kHead = 8;  // of a frame to be skipped; a frame with a text is longer
  constexpr std::uint32_t kMagic = ZSTD_MAGICNUMBER;
  if (bytes.size() < kHead) return {Kind::kMoreBytes};
  const bool skipped = ZSTD_isSkippableFrame(bytes.data(), bytes.size()) != 0;
  // libzstd would read the frames of before its format was fixed, too.
  if (!skipped && number_at(bytes, 0, 4) != kMagic) return {};
  const unsigned long long text_bytes = skipped ? 0 : ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  const bool unknown = text_bytes == ZSTD_CONTENTSIZE_UNKNOWN;
  // The error, of a header that is cut off or damaged, is a number as large as that of the unknown.
  if (!unknown && text_bytes > text_limit && text_bytes != ZSTD_CONTENTSIZE_ERROR) return {};
  const std::size_t packed_bytes = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
  if (ZSTD_isError(packed_bytes) != 0) {
    return {ZSTD_getErrorCode(packed_bytes) == ZSTD_error_srcSize_wrong ? Kind::kMoreBytes : Kind::kNone};
  }
  const unsigned long long most = unknown ? ZSTD_decompressBound(bytes.data(), packed_bytes) : text_bytes;
  if (most > text_limit) return {};
  return {Kind::kWhole, packed_bytes, static_cast<std::size_t>(most)};
}

}  // namespace

PackedPart first_part(Coding coding, std::string_view bytes, std::size_t text_limit) {
  if (coding == Coding::kGzip) return gzip_part(bytes);
  if (coding == Coding::kZstd) return zstd_part(bytes, text_limit);
  return {};
}

}  // namespace shardflow
