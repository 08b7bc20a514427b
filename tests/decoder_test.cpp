// Compressed input.
#include "pipeline/input/decoder.hpp"

#include <doctest/doctest.h>
#include <libdeflate.h>
#include <lz4frame.h>
#include <rapidcheck.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <thread>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "tests/folder.hpp"

using namespace shardflow;
using testing::Folder;

namespace {

std::string gzip(const std::string& text) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(), packed.size()));
  return packed;
}

std::string zstd(const std::string& text) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size()));
  return packed;
}

std::string lz4(const std::string& text) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  std::string packed(LZ4F_compressFrameBound(text.size(), &preferences), '\0');
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), text.data(), text.size(), &preferences));
  return packed;
}

struct Packer {
  const char* name;
  std::string (*pack)(const std::string&);
};
constexpr std::array kPackers{Packer{"gzip", gzip}, Packer{"zstd", zstd}, Packer{"lz4", lz4}};

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "key" + std::to_string(i * 7919 % 1000) + "\tvalue" + std::to_string(i) + "\n";
  return text;
}

std::string read_all(FileSource& source, std::size_t block_bytes) {
  MemoryBudget budget(UINT64_MAX);
  std::string text;
  for (Block block(block_bytes, budget); source.next(block); block.reset()) text += block.text();
  return text;
}

std::string unpacked(const Folder& folder, const std::string& packed, std::size_t block_bytes = 1000) {
  FileSource source({folder.write("packed", packed)}, 1 << 23, nullptr);
  return read_all(source, block_bytes);
}

std::string refusal(const Folder& folder, const std::string& packed) {
  try {
    unpacked(folder, packed);
  } catch (const BadInputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the first bytes tell the coding, as early as they can") {
  CHECK(coding_of("\x1f\x8b\x08") == Coding::kGzip);
  CHECK(coding_of("\x28\xb5\x2f\xfd") == Coding::kZstd);
  CHECK(coding_of("\x04\x22\x4d\x18") == Coding::kLz4);
  CHECK(coding_of("k") == Coding::kPlain);
  CHECK(coding_of("(a") == Coding::kPlain);  // the first byte of zstd's
  CHECK(coding_of("\x1f\x8b") == std::nullopt);
  CHECK(coding_of("") == std::nullopt);
}

TEST_CASE("any text comes back, in any members or frames, for any block size") {
  for (const Packer& packer : kPackers) {
    CAPTURE(packer.name);
    CHECK(rc::check([&] {
      const Folder folder;
      const auto counts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 200));
      const auto block_bytes = *rc::gen::inRange<std::size_t>(1, 300);
      std::string text;
      std::string packed;
      for (const int count : counts) {
        text += lines(count);
        packed += packer.pack(lines(count));
      }
      RC_ASSERT(unpacked(folder, packed, block_bytes) == text);
    }));
  }
}

TEST_CASE("more than the buffers hold comes back, on both sides") {
  const Folder folder;
  const std::string text = lines(200'000);  // 4 MB, about 1 MB packed: buffers have a quarter
  for (const Packer& packer : kPackers) {
    CHECK_MESSAGE(unpacked(folder, packer.pack(text), 1 << 18) == text, packer.name);
    CHECK_MESSAGE(unpacked(folder, packer.pack(std::string(3'000'000, 'k') + "\tv\n"), 100).size() == 3'000'003,
                  packer.name);
  }
}

TEST_CASE("plain and compressed files follow each other") {
  const Folder folder;
  FileSource source({folder.write("a", "a\t1\n"), folder.write("b", gzip("b\t2\n")), folder.write("c", "c\t3\n"),
                     folder.write("d", zstd("d\t4")), folder.write("e", lz4("e\t5\n"))},
                    1 << 20, nullptr);
  CHECK(read_all(source, 100) == "a\t1\nb\t2\nc\t3\nd\t4e\t5\n");
}

TEST_CASE("offsets are those of the text, and the share is of the compressed file") {
  const Folder folder;
  FileSource source({folder.write("in", gzip(lines(1000)))}, 1 << 20, nullptr);
  MemoryBudget budget(UINT64_MAX);
  Block block(500, budget);
  std::uint64_t offset = 0;
  double share = 0;
  for (; source.next(block); block.reset()) {
    CHECK(block.file_offset == offset);
    offset += block.text().size();
    CHECK(block.input_share >= share);
    share = block.input_share;
  }
  CHECK(offset == lines(1000).size());
  CHECK(share == 1);
}

TEST_CASE("a stream that is cut off anywhere is refused, and never taken for whole") {
  const Folder folder;
  const std::string text = lines(40);
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack(text) + packer.pack(text);
    const std::size_t first = packer.pack(text).size();
    for (std::size_t bytes = 4; bytes < packed.size(); ++bytes) {
      CAPTURE(packer.name);
      CAPTURE(bytes);
      if (bytes == first) continue;
      CHECK(refusal(folder, packed.substr(0, bytes)).find("can't be decompressed: ") != std::string::npos);
    }
    CHECK(refusal(folder, packed.substr(0, first - 1)) == folder.path("packed") + " (compressed byte " +
                                                              std::to_string(first - 1) + "): this " + packer.name +
                                                              " stream can't be decompressed: it is cut off");
  }
}

TEST_CASE("a bit that flipped is found, or changes nothing") {
  const Folder folder;
  const std::string text = lines(40);
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack(text);
    for (std::size_t at = 4; at < packed.size(); ++at) {
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      std::string result = text;
      try {
        result = unpacked(folder, flipped);
      } catch (const BadInputError&) {
      }
      CAPTURE(packer.name);
      CAPTURE(at);
      CHECK(result == text);
    }
  }
}

TEST_CASE("zeros behind a gzip member are padding, anything else is refused") {
  const Folder folder;
  CHECK(unpacked(folder, gzip("a\t1\n") + std::string(1000, '\0')) == "a\t1\n");
  CHECK(refusal(folder, gzip("a\t1\n") + "garbage that is long enough for a header")
            .find("what follows a member is no member") != std::string::npos);
  CHECK_FALSE(refusal(folder, zstd("a\t1\n") + "garbage").empty());
  CHECK_FALSE(refusal(folder, lz4("a\t1\n") + "garbage").empty());
}

TEST_CASE("a zstd frame to be skipped is skipped") {
  const Folder folder;
  const std::string skipped = std::string("\x50\x2a\x4d\x18\x03\x00\x00\x00", 8) + "abc";
  CHECK(unpacked(folder, zstd("a\t1\n") + skipped + zstd("b\t2\n")) == "a\t1\nb\t2\n");
}

TEST_CASE("what expands beyond the limit is refused with the limit") {
  const Folder folder;
  const std::string bomb = folder.write("bomb", gzip(std::string(5'000'000, 'k') + "\tv\n"));
  FileOptions options;
  options.max_expanded_bytes = 1'000'000;
  FileSource source({bomb}, std::size_t{1} << 30, nullptr, options);
  try {
    read_all(source, 1 << 16);
    FAIL("nothing was thrown");
  } catch (const BadInputError& error) {
    CHECK(std::string(error.what()).find("expands to more than 1000000 bytes; raise --max-expanded") !=
          std::string::npos);
  }
}

TEST_CASE("a compressed pipe is read as it comes, byte by byte") {
  for (const Packer& packer : kPackers) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const std::string packed = packer.pack("a\t1\nb\t2\n");
    const std::jthread writer([&packed, number = ends[1]] {
      const Descriptor end(number);
      for (const char& byte : packed) REQUIRE(write(end.number(), &byte, 1) == 1);
    });
    FileSource source(Descriptor{ends[0]}, "pipe", 1000, nullptr);
    CHECK_MESSAGE(read_all(source, 100) == "a\t1\nb\t2\n", packer.name);
  }
}
