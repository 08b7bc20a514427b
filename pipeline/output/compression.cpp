#include "pipeline/output/compression.hpp"

#include <libdeflate.h>
#include <lz4frame.h>
#include <zstd.h>

#include <cstdint>
#include <new>
#include <stdexcept>

#include "pipeline/free_with.hpp"
#include "pipeline/output/bgzf.hpp"

namespace shardflow {
namespace {

// What the libraries' own tools take where they are not told.
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;

// A frame, which can only be read whole: small enough that a reader has several at once in its caches, and within 2 %
// of the compression of 8 MiB.
constexpr std::size_t kFrameTextBytes = std::size_t{1} << 20;

void append_number(std::string& to, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(number >> shift & 0xff);
}

void append_member(libdeflate_compressor* gzip, std::string_view text, std::string& to) {
  // Deflate, with an extra field of six bytes, the subfield BC; no time, no system.
  constexpr std::string_view kHead("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0", 16);
  constexpr std::size_t kTailBytes = 8;
  const std::size_t start = to.size();
  const std::size_t data = start + kHead.size() + 2;
  to.append(kHead);
  to.resize(start + bgzf::kMostMemberBytes - kTailBytes);
  const std::size_t bytes = libdeflate_deflate_compress(gzip, text.data(), text.size(), &to[data], to.size() - data);
  if (bytes == 0) throw std::logic_error("a BGZF member does not fit into 64 KiB");
  to.resize(data + bytes);
  const std::size_t less_one = data + bytes + kTailBytes - start - 1;
  to[data - 2] = static_cast<char>(less_one & 0xff);
  to[data - 1] = static_cast<char>(less_one >> 8);
  append_number(to, libdeflate_crc32(0, text.data(), text.size()));
  append_number(to, static_cast<std::uint32_t>(text.size()));
}

void append_frame(ZSTD_CCtx* zstd, std::string_view text, std::string& to) {
  const std::size_t start = to.size();
  to.resize(start + ZSTD_compressBound(text.size()));
  const std::size_t bytes = ZSTD_compress2(zstd, &to[start], to.size() - start, text.data(), text.size());
  if (ZSTD_isError(bytes) != 0) throw std::bad_alloc();  // all that can fail with room for the bound
  to.resize(start + bytes);
}

void append_lz4_frame(std::string_view text, std::string& to) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;  // as lz4(1) does
  const std::size_t start = to.size();
  to.resize(start + LZ4F_compressFrameBound(text.size(), &preferences));
  const std::size_t bytes = LZ4F_compressFrame(&to[start], to.size() - start, text.data(), text.size(), &preferences);
  if (LZ4F_isError(bytes) != 0) throw std::bad_alloc();
  to.resize(start + bytes);
}

std::size_t part_bytes(Compression compression) {
  if (compression == Compression::kGzip) return bgzf::kTextBytes;
  if (compression == Compression::kZstd) return kFrameTextBytes;
  return SIZE_MAX;
}

}  // namespace

struct Compressor::State {
  Compression compression;
  std::unique_ptr<libdeflate_compressor, FreeWith<libdeflate_free_compressor>> gzip;
  std::unique_ptr<ZSTD_CCtx, FreeWith<ZSTD_freeCCtx>> zstd;
  std::string packed;
};

Compressor::Compressor(Compression compression) : state_(std::make_unique<State>()) {
  state_->compression = compression;
  if (compression == Compression::kGzip) state_->gzip.reset(libdeflate_alloc_compressor(kGzipLevel));
  if (compression == Compression::kZstd) state_->zstd.reset(ZSTD_createCCtx());
  if (state_->zstd) {
    ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_checksumFlag, 1);  // as zstd(1) does
  }
  if (compression == Compression::kGzip && !state_->gzip) throw std::bad_alloc();
  if (compression == Compression::kZstd && !state_->zstd) throw std::bad_alloc();
}

Compressor::~Compressor() = default;

void Compressor::run(std::string& text) {
  if (state_->compression == Compression::kNone) return;
  std::string& packed = state_->packed;
  packed.clear();
  std::string_view left = text;
  do {
    const std::string_view part = left.substr(0, part_bytes(state_->compression));
    if (state_->gzip) {
      append_member(state_->gzip.get(), part, packed);
    } else if (state_->zstd) {
      append_frame(state_->zstd.get(), part, packed);
    } else {
      append_lz4_frame(part, packed);
    }
    left.remove_prefix(part.size());
  } while (!left.empty());
  text.swap(packed);
}

}  // namespace shardflow
