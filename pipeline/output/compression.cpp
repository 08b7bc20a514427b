#include "pipeline/output/compression.hpp"

#include <libdeflate.h>
#include <zstd.h>

#include <new>
#include <stdexcept>

namespace shardflow {
namespace {

// What the libraries' own tools take where they are not told.
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;

template <auto free>
struct Freer {
  template <class Pointer>
  void operator()(Pointer* pointer) const {
    free(pointer);
  }
};

}  // namespace

struct Compressor::State {
  Compression compression;
  std::unique_ptr<libdeflate_compressor, Freer<libdeflate_free_compressor>> gzip;
  std::unique_ptr<ZSTD_CCtx, Freer<ZSTD_freeCCtx>> zstd;
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
  if (compression != Compression::kNone && !state_->gzip && !state_->zstd) throw std::bad_alloc();
}

Compressor::~Compressor() = default;

void Compressor::run(std::string& text) {
  if (state_->compression == Compression::kNone) return;
  std::string& packed = state_->packed;
  std::size_t bytes = 0;
  if (state_->gzip) {
    packed.resize(libdeflate_gzip_compress_bound(state_->gzip.get(), text.size()));
    bytes = libdeflate_gzip_compress(state_->gzip.get(), text.data(), text.size(), packed.data(), packed.size());
    if (bytes == 0) throw std::logic_error("libdeflate gave more than its own bound");
  } else {
    packed.resize(ZSTD_compressBound(text.size()));
    bytes = ZSTD_compress2(state_->zstd.get(), packed.data(), packed.size(), text.data(), text.size());
    if (ZSTD_isError(bytes) != 0) throw std::bad_alloc();  // all that can fail with room for the bound
  }
  packed.resize(bytes);
  text.swap(packed);
}

}  // namespace shardflow
