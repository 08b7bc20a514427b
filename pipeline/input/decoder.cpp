#include "pipeline/input/decoder.hpp"

#include <isa-l/igzip_lib.h>
#include <lz4frame.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

#include "pipeline/input/gzip_header.hpp"

namespace shardflow {
namespace {

constexpr std::array<std::pair<std::string_view, Coding>, 3> kMagics{{
    {"\x1f\x8b\x08", Coding::kGzip},      // RFC 1952: its two bytes, and deflate
    {"\x28\xb5\x2f\xfd", Coding::kZstd},  // RFC 8878
    {"\x04\x22\x4d\x18", Coding::kLz4},   // the lz4 frame format, 1.6
}};

// A frame to be skipped, with 50 to 5f for its first byte. Both zstd and lz4 have it, but of their tools pzstd alone
// begins a file with one.
constexpr std::string_view kSkippedMagicRest = "\x2a\x4d\x18";

bool begins_skipped_frame(std::string_view bytes) {
  if (bytes.empty() || (static_cast<std::uint8_t>(bytes.front()) & 0xf0) != 0x50) return false;
  bytes = bytes.substr(1, kSkippedMagicRest.size());
  return kSkippedMagicRest.starts_with(bytes);
}

// What a file that is coded otherwise begins with. '?' is any byte, '*' any but NUL. UTF-16 is a byte order mark and an
// ASCII character: the mark alone may be the start of a key of any bytes.
struct ForeignMark {
  std::string_view bytes;
  ForeignCoding coding;
};
constexpr std::array<ForeignMark, 5> kForeignMarks{{
    {{"\xfd\x37zXZ\0", 6}, {"xz", "xz -dc"}},
    {"\x02\x21\x4c\x18", {"lz4's legacy format", "lz4 -dc"}},
    {"BZh?1AY&SY", {"bzip2", "bzip2 -dc"}},
    {{"\xff\xfe*\0", 4}, {"UTF-16", "iconv -f UTF-16 -t UTF-8"}},
    {{"\xfe\xff\0*", 4}, {"UTF-16", "iconv -f UTF-16 -t UTF-8"}},
}};

// As far as both go.
bool agree(std::string_view bytes, std::string_view mark) {
  const std::size_t both = std::min(bytes.size(), mark.size());
  return std::equal(
      bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(both), mark.begin(),
      [](char byte, char wanted) { return wanted == '?' || (wanted == '*' ? byte != '\0' : byte == wanted); });
}

// ISA-L's inflate: measured at two to three times the speed of zlib's, and unlike libdeflate's it takes a stream in
// pieces.
class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(bool begun) : begun_(begun) { isal_inflate_init(&state_); }

  Step run(std::string_view input, char* to, std::size_t most) override {
    if (between_) {
      if (input.empty()) return {};
      if (begun_ && input.front() == '\0') return {skip_padding(input), 0, nullptr};
      isal_inflate_reset(&state_);
      state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
      header_ = {};
      between_ = false;
    }
    if (!header_.over()) {
      const std::size_t taken = header_.skip(input);
      if (!header_.damaged()) return {taken, 0, nullptr};
      return {taken, 0, begun_ ? "what follows a member is no member" : "the header is no gzip header"};
    }
    const std::size_t in_bytes = std::min(input.size(), kMostBytes);
    const std::size_t out_bytes = std::min(most, kMostBytes);
    // The interface is that of a library in C, which does not write to its input.
    state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input.data()));
    state_.avail_in = static_cast<std::uint32_t>(in_bytes);
    state_.next_out = reinterpret_cast<std::uint8_t*>(to);
    state_.avail_out = static_cast<std::uint32_t>(out_bytes);
    const int result = isal_inflate(&state_);
    // Where the data is damaged, it may give back more than this call gave.
    const std::size_t taken = in_bytes - std::min<std::size_t>(in_bytes, state_.avail_in);
    if (result < 0) return {taken, 0, describe(result)};
    if (state_.block_state == ISAL_BLOCK_FINISH) between_ = begun_ = true;
    return {taken, out_bytes - state_.avail_out, nullptr};
  }

  bool at_boundary() const override { return between_; }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // its counts have 32 bits

  // gzip(1) too takes zeros behind the last member for padding, as tapes have it.
  static std::size_t skip_padding(std::string_view input) {
    return std::min(input.find_first_not_of('\0'), input.size());
  }

  static const char* describe(int result) {
    return result == ISAL_INCORRECT_CHECKSUM ? "a checksum does not match" : "the data is corrupt";
  }

  inflate_state state_{};
  GzipHeader header_;
  bool between_ = true;  // two members
  bool begun_;           // one is over
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    // As large as `zstd --long=31` makes it, 2 GiB: it takes memory with the text alone, whatever a frame says of it.
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  Step run(std::string_view input, char* to, std::size_t most) override {
    if (between_ && input.empty()) return {};
    if (between_) {
      begin_frame();
      input = input.substr(0, kFirstBytes);
    }
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{to, most, 0};
    const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(left) != 0) return {in.pos, 0, ZSTD_getErrorName(left)};
    header_.append(input.substr(0, std::min(in.pos, kMostHeaderBytes - header_.size())));
    text_bytes_ += out.pos;
    between_ = left == 0;
    if (between_ && !is_as_long_as_it_says()) return {in.pos, 0, ZSTD_getErrorString(ZSTD_error_corruption_detected)};
    return {in.pos, out.pos, nullptr};
  }

  bool at_boundary() const override { return between_; }

 private:
  static constexpr std::size_t kMostHeaderBytes = 18;  // RFC 8878, section 3.1.1: the magic, and up to 14

  // A frame that it is given whole, libzstd decodes in another way, which alone refuses a compressed block of no bytes.
  // Less than a header first: then what a frame is does not depend on where the pieces end.
  static constexpr std::size_t kFirstBytes = 1;

  void begin_frame() {
    header_.clear();
    text_bytes_ = 0;
  }

  // libzstd looks, but not where a frame comes in pieces and its last block is empty.
  bool is_as_long_as_it_says() const {
    const unsigned long long says = ZSTD_getFrameContentSize(header_.data(), header_.size());
    return says == ZSTD_CONTENTSIZE_UNKNOWN || says == text_bytes_;
  }

  ZSTD_DCtx* context_;
  bool between_ = true;  // two frames
  // Of the frame at hand:
  std::string header_;  // and what follows, up to kMostHeaderBytes
  std::uint64_t text_bytes_ = 0;
};

class Lz4Decoder final : public Decoder {
 public:
  Lz4Decoder() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) throw std::bad_alloc();
  }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }
  Lz4Decoder(const Lz4Decoder&) = delete;
  Lz4Decoder& operator=(const Lz4Decoder&) = delete;

  Step run(std::string_view input, char* to, std::size_t most) override {
    if (between_ && input.empty()) return {};
    std::size_t taken = input.size();
    std::size_t given = most;
    const std::size_t left = LZ4F_decompress(context_, to, &given, input.data(), &taken, nullptr);
    if (LZ4F_isError(left) != 0) return {0, 0, LZ4F_getErrorName(left)};
    between_ = left == 0;
    return {taken, given, nullptr};
  }

  bool at_boundary() const override { return between_; }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool between_ = true;  // two frames
};

}  // namespace

std::optional<Coding> coding_of(std::string_view first_bytes) {
  for (const auto& [magic, coding] : kMagics) {
    if (first_bytes.starts_with(magic)) return coding;
    if (magic.starts_with(first_bytes)) return std::nullopt;
  }
  if (!begins_skipped_frame(first_bytes)) return Coding::kPlain;
  return first_bytes.size() > kSkippedMagicRest.size() ? std::optional(Coding::kZstd) : std::nullopt;
}

const ForeignCoding* foreign_coding_of(std::string_view first_bytes) {
  const auto* const found = std::ranges::find_if(kForeignMarks, [&](const ForeignMark& mark) {
    return first_bytes.size() >= mark.bytes.size() && agree(first_bytes, mark.bytes);
  });
  return found == kForeignMarks.end() ? nullptr : &found->coding;
}

bool may_be_foreign(std::string_view first_bytes) {
  return std::ranges::any_of(kForeignMarks, [&](const ForeignMark& mark) {
    return first_bytes.size() < mark.bytes.size() && agree(first_bytes, mark.bytes);
  });
}

std::unique_ptr<Decoder> make_decoder(Coding coding, bool begun) {
  switch (coding) {
    case Coding::kZstd:
      return std::make_unique<ZstdDecoder>();
    case Coding::kLz4:
      return std::make_unique<Lz4Decoder>();
    default:
      return std::make_unique<GzipDecoder>(begun);
  }
}

const char* name_of(Coding coding) {
  return coding == Coding::kGzip ? "gzip" : coding == Coding::kZstd ? "zstd" : "lz4";
}

}  // namespace shardflow
