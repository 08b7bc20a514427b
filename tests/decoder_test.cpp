// Compressed input.
#include "pipeline/input/decoder.hpp"

#include <doctest/doctest.h>
#include <libdeflate.h>
#include <lz4frame.h>
#include <rapidcheck.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <random>
#include <thread>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/packed_part.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/compression.hpp"
#include "pipeline/output/map_writer.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace decoder_test {

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
  CHECK(coding_of("\x50\x2a\x4d\x18") == Coding::kZstd);  // a frame to be skipped, as pzstd begins a file
  CHECK(coding_of("\x5f\x2a\x4d\x18") == Coding::kZstd);
  CHECK(coding_of("\x04\x22\x4d\x18") == Coding::kLz4);
  CHECK(coding_of("k") == Coding::kPlain);
  CHECK(coding_of("(a") == Coding::kPlain);  // the first byte of zstd's
  CHECK(coding_of("P*a") == Coding::kPlain);
  CHECK(coding_of("P*") == std::nullopt);
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

TEST_CASE("a zstd frame to be skipped is skipped, where it is the first one, too") {
  const Folder folder;
  const std::string skipped = std::string("\x50\x2a\x4d\x18\x03\x00\x00\x00", 8) + "abc";
  const std::string a = zstd("a\t1\n");
  const std::string b = zstd("b\t2\n");
  CHECK(unpacked(folder, a + skipped + b) == "a\t1\nb\t2\n");
  CHECK(unpacked(folder, skipped + a + b) == "a\t1\nb\t2\n");
  CHECK(unpacked(folder, a + b + skipped) == "a\t1\nb\t2\n");
  CHECK(unpacked(folder, skipped) == "");
}

TEST_CASE("a zstd frame that is not as long as it says is damaged, in whatever pieces it comes") {
  // It says 509 bytes, and has one block, the last, of none.
  const std::string frame("\x28\xb5\x2f\xfd\x60\xfd\x00\x01\x00\x00", 10);
  for (const std::size_t in_bytes : {1ul, 6ul, 10ul}) {
    for (const std::size_t out_bytes : {3ul, 1000ul}) {
      const std::unique_ptr<Decoder> decoder = make_decoder(Coding::kZstd);
      std::string_view input = frame;
      std::string out(out_bytes, '\0');
      const char* damage = nullptr;
      for (int step = 0; step < 20 && damage == nullptr; ++step) {
        const Decoder::Step done = decoder->run(input.substr(0, in_bytes), out.data(), out.size());
        input.remove_prefix(done.taken);
        damage = done.damage;
      }
      REQUIRE(damage != nullptr);
      CHECK(std::string(damage) == "Data corruption detected");
    }
  }
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

TEST_CASE("what expands a thousandfold is refused without a limit, too") {
  const Folder folder;
  const std::string some = lines(10'000);
  std::string text;
  while (text.size() < (std::size_t{90} << 20)) text += some;
  const std::string packed = zstd(text);
  CHECK(refusal(folder, packed).find("raise --max-expanded if it is no bomb") != std::string::npos);
  FileOptions options;
  options.max_expanded_bytes = text.size();
  FileSource source({folder.write("packed", packed)}, 1 << 20, nullptr, options);
  CHECK(read_all(source, 1 << 20).size() == text.size());
}

TEST_CASE("what is coded in ways that nothing here reads is refused, with what reads it") {
  const Folder folder;
  const auto message = [&](const std::string& what, const std::string& command) {
    return folder.path("packed") + ": this looks like " + what + ", which is not read; pipe it through " + command;
  };
  CHECK(refusal(folder, std::string("\xfd\x37zXZ\0 a\tb\n", 11)) == message("xz", "xz -dc"));
  CHECK(refusal(folder, "BZh91AY&SY a\tb\n") == message("bzip2", "bzip2 -dc"));
  CHECK(refusal(folder, "\x02!L\x18 a\tb\n") == message("lz4's legacy format", "lz4 -dc"));
  const std::string utf16 = message("UTF-16", "iconv -f UTF-16 -t UTF-8");
  CHECK(refusal(folder, std::string("\xff\xfe"
                                    "a\0\t\0b\0\n\0",
                                    10)) == utf16);
  CHECK(refusal(folder, std::string("\xfe\xff\0a\0\t\0b\0\n", 10)) == utf16);
  CHECK(unpacked(folder, "BZhang\t1\n") == "BZhang\t1\n");
  CHECK(unpacked(folder, "\xff\xfe\t1\n") == "\xff\xfe\t1\n");
}

TEST_CASE("a first key that begins like a compressed file is written so that it comes back") {
  const Folder folder;
  const std::string magics[] = {std::string("\x1f\x8b\x08", 3),  "\x28\xb5\x2f\xfd", "BZh91AY&SY",
                                std::string("\xfd\x37zXZ\0", 6), "\x02!L\x18",       "\xef\xbb\xbf"};
  for (const std::string& magic : magics) {
    const std::string key = magic + "key";
    Store store(1);
    testing::TextSource source(key + "\tvalue\n");
    modes().front().run(source, store, {});
    const std::string name = folder.path("out.tsv");
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(open_sink(name, nullptr));
    write_map(store, {}, sinks);
    sinks.front()->commit();
    FileSource written({name}, 1 << 20, nullptr);
    CHECK(read_all(written, 100) == key + "\tvalue\n");
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

namespace {

// What --output writes for each text: parts that tell how long they are.
std::string in_parts(Compression compression, const std::vector<std::string>& texts) {
  Compressor compressor(compression);
  std::string packed;
  for (std::string text : texts) {
    compressor.run(text);
    packed += text;
  }
  return packed;
}
constexpr std::array kCompressions{Compression::kGzip, Compression::kZstd};

// As pzstd writes a frame: it does not say what it expands to.
std::string zstd_of_unknown_size(const std::string& text) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size()));
  return packed;
}

// As a pipe is packed: nobody knows that the text is shorter than the window.
std::string zstd_of_window(std::string_view text, int window_log) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_inBuffer in{text.data(), text.size() / 2, 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_flush);
  in.size = text.size();
  CHECK(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end) == 0);
  packed.resize(out.pos);
  return packed;
}

// Text, or a refusal without the byte and the library's words, which depend on how the input was cut. A pipe is
// decoded in the order of its bytes.
template <class Open>
std::string outcome(Open&& open) {
  try {
    FileSource source = open();
    return read_all(source, 1000);
  } catch (const BadInputError& error) {
    const std::string message = error.what();
    CHECK(message.find("can't be decompressed: ") != std::string::npos);
    return "refused";
  }
}
std::string outcome_of_file(const Folder& folder, const std::string& packed) {
  const std::string name = folder.write("packed", packed);
  return outcome([&] { return FileSource({name}, 1 << 23, nullptr); });
}
std::string outcome_of_pipe(const std::string& packed) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  {
    const Descriptor end(ends[1]);
    REQUIRE(write(end.number(), packed.data(), packed.size()) == static_cast<ssize_t>(packed.size()));
  }
  return outcome([&] { return FileSource(Descriptor{ends[0]}, "pipe", 1 << 23, nullptr); });
}

}  // namespace

TEST_CASE("a zstd frame may refer to what is far behind, as --long lets it") {
  const std::string text = lines(1000);
  for (const int window_log : {27, 28}) {
    const std::string packed = zstd_of_window(text, window_log);
    CAPTURE(window_log);
    CHECK(outcome_of_pipe(packed) == text);
  }
}

TEST_CASE("parts that are decoded ahead come in order, by any number of threads") {
  const Folder folder;
  std::vector<std::string> texts;
  for (int i = 0; i < 12; ++i) texts.push_back(lines(30'000 * (i % 4)));  // up to 1.5 MB: more than a unit, and none
  std::string text;
  for (const std::string& each : texts) text += each;
  for (const Compression compression : kCompressions) {
    const std::string packed = in_parts(compression, texts);
    for (const std::uint32_t threads : {1u, 2u, 5u}) {
      CHECK(in_arena(threads, [&] { return unpacked(folder, packed, 1 << 18) == text; }));
    }
  }
}

TEST_CASE("what follows parts that were decoded ahead may be any part") {
  const Folder folder;
  const std::string text = lines(3000);
  const std::string member = in_parts(Compression::kGzip, {text});
  CHECK(unpacked(folder, member + gzip(text) + member) == text + text + text);
  CHECK(unpacked(folder, member + std::string(1000, '\0')) == text);
  CHECK(
      refusal(folder, member + "garbage that is long enough for a header").find("what follows a member is no member") !=
      std::string::npos);
  CHECK(unpacked(folder, zstd(text) + zstd_of_unknown_size(text) + zstd(text)) == text + text + text);
  // A frame that holds more than a unit may.
  std::string large;
  while (large.size() < (std::size_t{33} << 20)) large += text;
  const std::string packed = zstd(text) + zstd(large) + zstd(text);
  CHECK(unpacked(folder, packed, 1 << 20) == text + large + text);
}

TEST_CASE("a zstd frame that a thread of its own decodes comes whole, and may be left half read") {
  const Folder folder;
  const std::string text = lines(250'000);  // 5 MB: more than the thread decodes ahead
  const std::string name = folder.write("packed", zstd_of_unknown_size(text));
  for (const std::uint32_t threads : {1u, 2u}) {
    in_arena(threads, [&] {
      FileSource source({name}, 1 << 23, nullptr);
      CHECK(read_all(source, 1 << 18) == text);
      MemoryBudget budget(UINT64_MAX);
      Block block(1000, budget);
      FileSource abandoned({name}, 1 << 23, nullptr);
      CHECK(abandoned.next(block));
      CHECK(block.input_share < 0.9);
    });
  }
}

TEST_CASE("what stands before damage is read before the damage is told") {
  const Folder folder;
  const std::string text = lines(200'000);
  std::string packed = zstd_of_unknown_size(text);
  packed.resize(packed.size() - 1);
  FileSource source({folder.write("packed", packed)}, 1 << 23, nullptr);
  MemoryBudget budget(UINT64_MAX);
  std::string read;
  const auto read_on = [&] {
    for (Block block(1 << 18, budget); source.next(block); block.reset()) read += block.text();
  };
  CHECK_THROWS_AS(read_on(), BadInputError);
  CHECK(text.starts_with(read));
  CHECK(read.size() > text.size() / 2);
}

TEST_CASE("damage in what is decoded ahead is told as if it were not") {
  const Folder folder;
  const std::string text = lines(40);
  for (const Compression compression : kCompressions) {
    const std::string packed = in_parts(compression, {text, text, text});
    const std::size_t second = packed.size() / 3;
    for (std::size_t at = second; at < 2 * second; ++at) {
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      CAPTURE(at);
      CHECK(outcome_of_file(folder, flipped) == outcome_of_pipe(flipped));
      CHECK(outcome_of_file(folder, packed.substr(0, at)) == outcome_of_pipe(packed.substr(0, at)));
    }
  }
}

TEST_CASE("a reader that goes away leaves what is decoded ahead behind") {
  const Folder folder;
  const std::string packed = in_parts(Compression::kZstd, std::vector<std::string>(20, lines(60'000)));
  const std::string name = folder.write("packed", packed);
  MemoryBudget budget(UINT64_MAX);
  for (int i = 0; i < 20; ++i) {
    in_arena(4, [&] {
      FileSource source({name}, 1 << 20, nullptr);
      Block block(1000, budget);
      REQUIRE(source.next(block));
      CHECK(block.text().starts_with("key0\tvalue0\n"));
    });
  }
}

TEST_CASE("any gzip reads the members that --output writes, and what can't be compressed fits into them") {
  std::mt19937 random(1);  // NOLINT: the same text each time
  std::string text(300'000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  const std::string packed = in_parts(Compression::kGzip, {text});
  std::string back(text.size(), '\0');
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t taken = 0;
    std::size_t given = 0;
    REQUIRE(libdeflate_gzip_decompress_ex(decompressor.get(), &packed[at], packed.size() - at, &back[begin],
                                          text.size() - begin, &taken, &given) == LIBDEFLATE_SUCCESS);
    const PackedPart part = first_part(Coding::kGzip, std::string_view(packed).substr(at), 1 << 20);
    CHECK(part.kind == PackedPart::Kind::kWhole);
    CHECK(part.packed_bytes == taken);
    CHECK(part.most_text_bytes == given);
    at += taken;
    begin += given;
  }
  CHECK(at == packed.size());
  CHECK(back == text);
}

TEST_CASE("a part is whole with its last byte, and not before") {
  for (const std::string& packed : {in_parts(Compression::kGzip, {lines(40)}),
                                    in_parts(Compression::kZstd, {lines(40)}), zstd_of_unknown_size(lines(40))}) {
    const Coding coding = *coding_of(packed);
    for (std::size_t bytes = 0; bytes < packed.size(); ++bytes) {
      CHECK(first_part(coding, packed.substr(0, bytes), 1 << 20).kind == PackedPart::Kind::kMoreBytes);
    }
    CHECK(first_part(coding, packed + "more", 1 << 20).packed_bytes == packed.size());
    CHECK(first_part(coding, packed + "more", 1 << 20).most_text_bytes >= lines(40).size());
  }
  CHECK(first_part(Coding::kZstd, zstd(lines(40)), 100).kind == PackedPart::Kind::kNone);
  CHECK(first_part(Coding::kGzip, gzip(lines(40)), 1 << 20).kind == PackedPart::Kind::kNone);
  CHECK(first_part(Coding::kLz4, lz4(lines(40)), 1 << 20).kind == PackedPart::Kind::kNone);
}

}  // namespace decoder_test
