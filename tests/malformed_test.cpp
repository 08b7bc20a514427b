// What is wrong with an input, in the words that its user reads; and input that is cut off or damaged, in every mode.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/compression.hpp"
#include "tests/folder.hpp"
#include "tests/fuzz/reference.hpp"
#include "tests/testing.hpp"

namespace malformed_test {

using namespace shardflow;
using testing::Folder;
using testing::Pairs;
using Kind = TextFormat::Kind;

namespace {

std::string packed(Compression compression, std::string text) {
  Compressor(compression).run(text);
  return text;
}

struct Loaded {
  testing::Map map;
  std::string error;  // without the file's name
};

Loaded load(const std::string& text, Kind kind, std::string_view mode = "flow", std::size_t block_bytes = 64) {
  const Folder folder;
  const std::string file = folder.write("in", text);
  FileOptions options;
  options.format.kind = kind;
  Store store(4);
  FileSource source({file}, 100, nullptr, options);
  RunOptions run;
  run.threads = 2;
  run.block_bytes = block_bytes;
  run.rules.max_record_bytes = 100;
  try {
    find_mode(mode)->run(source, store, run);
  } catch (const BadInputError& error) {
    return {{}, std::string(error.what()).substr(file.size())};
  }
  return {testing::contents(store), ""};
}

struct Malformed {
  Kind kind;
  std::string text;
  std::string message;
};

const std::string kLong(101, 'k');
const std::string kShown = "\"" + std::string(40, 'k') + "…\"";
const std::string kTsvHint = "; expected KEY<TAB>VALUE on every line";
const std::string kCsvHint = "; expected the key in field 1, the value in field 2";
const std::string kJsonHint = "; expected an object with \"key\" and \"value\" on every line";
const std::string kJsonFieldsHint = kJsonHint + ", or others by --key and --value";
const std::string kMisplaced = "a quote stands where its field neither begins nor ends: ";
const std::string kTooLong =
    "the record is longer than --max-record (100): " + kShown + "; raise the limit, or check that lines end in LF";

std::vector<Malformed> malformed_lines() {
  return {
      {Kind::kTsv, "a\t1\nb\n", ":2 (byte 4): no TAB in the line: \"b\"" + kTsvHint},
      {Kind::kTsv, "\n", ":1 (byte 0): no TAB in the line: \"\"" + kTsvHint},
      {Kind::kTsv, "a\t1\n\tx", ":2 (byte 4): the key is empty: \"\\tx\"" + kTsvHint},
      {Kind::kTsv, "a\t1\n" + kLong + "\t1\n", ":2 (byte 4): " + kTooLong},
      {Kind::kTsv, "\xff\"\\\x01", ":1 (byte 0): no TAB in the line: \"\\xff\\\"\\\\\\x01\"" + kTsvHint},
      {Kind::kEscapedTsv, "a\\tb\n", ":1 (byte 0): no TAB in the line: \"a\\\\tb\"" + kTsvHint},
      {Kind::kCsv, "a,1\r\nb\r\n", ":2 (byte 5): the record has too few fields: \"b\"" + kCsvHint},
      {Kind::kCsv, "\"x\ny\",1\n\n", ":3 (byte 8): the record has too few fields: \"\"" + kCsvHint},
      {Kind::kCsv, ",1\n", ":1 (byte 0): the key is empty: \",1\"" + kCsvHint},
      {Kind::kCsv, "a,x\"y\n", ":1 (byte 0): " + kMisplaced + "\"a,x\\\"y\"" + kCsvHint},
      {Kind::kCsv, "\"a\"b,1\n", ":1 (byte 0): " + kMisplaced + "\"\\\"a\\\"b,1\"" + kCsvHint},
      {Kind::kCsv, "a,1\nb,\"2\nc,3\n",
       ":2 (byte 4): a quote is not closed, by the end or within --max-record (100): \"b,\\\"2\"; close it, or raise "
       "the "
       "limit"},
      {Kind::kCsv, "a,1\n" + kLong + ",1\n", ":2 (byte 4): " + kTooLong},
      {Kind::kJsonLines, "{bad\n",
       ":1 (byte 0): the line is no JSON object (an object or array in it is not closed, or something follows the "
       "object): \"{bad\"" +
           kJsonHint},
      {Kind::kJsonLines, "{\"key\" 1}\n",
       ":1 (byte 0): the line is no JSON object (a name, a value, a colon or a comma is missing, or is none): "
       "\"{\\\"key\\\" 1}\"" +
           kJsonHint},
      {Kind::kJsonLines, "[]\n", ":1 (byte 0): the line is no JSON object: \"[]\"" + kJsonHint},
      {Kind::kJsonLines, "\n", ":1 (byte 0): the line is no JSON object (it is empty): \"\"" + kJsonHint},
      {Kind::kJsonLines, "{}\n", ":1 (byte 0): the object has no \"key\": \"{}\"" + kJsonFieldsHint},
      {Kind::kJsonLines, "{\"key\":1}\n",
       ":1 (byte 0): the object has no \"value\": \"{\\\"key\\\":1}\"" + kJsonFieldsHint},
      {Kind::kJsonLines, "{\"key\":\"\",\"value\":1}\n",
       ":1 (byte 0): the key is empty: \"{\\\"key\\\":\\\"\\\",\\\"value\\\":1}\"" + kJsonHint},
      {Kind::kJsonLines, kLong + "\n", ":1 (byte 0): " + kTooLong},
  };
}

}  // namespace

TEST_CASE("each malformed line has its message, for any block size and in every mode") {
  for (const Malformed& each : malformed_lines()) {
    for (const Mode& mode : modes()) {
      for (const std::size_t block_bytes : {1ul, 1000ul}) {
        CAPTURE(mode.name);
        CHECK(load(each.text, each.kind, mode.name, block_bytes).error == each.message);
      }
    }
  }
}

TEST_CASE("each malformed stream has its message, with the byte of the file, in every mode") {
  const std::string text = "a\t1\nb\t2\n";
  const std::string gzip = packed(Compression::kGzip, text);
  const std::string zstd = packed(Compression::kZstd, text);
  const std::string lz4 = packed(Compression::kLz4, text);
  const auto cut = [](const std::string& stream) { return stream.substr(0, stream.size() - 1); };
  const auto at = [](std::size_t byte, const std::string& what) {
    return " (compressed byte " + std::to_string(byte) + "): this " + what;
  };
  const std::array cases{
      std::pair{cut(gzip), at(gzip.size() - 1, "gzip stream can't be decompressed: it is cut off")},
      std::pair{cut(zstd), at(zstd.size() - 1, "zstd stream can't be decompressed: it is cut off")},
      std::pair{cut(lz4), at(lz4.size() - 1, "lz4 stream can't be decompressed: it is cut off")},
  };
  for (const auto& [stream, message] : cases) {
    for (const Mode& mode : modes()) CHECK_MESSAGE(load(stream, Kind::kTsv, mode.name).error == message, mode.name);
  }
}

TEST_CASE("a damaged stream is a failure in every mode, and never a map") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "key" + std::to_string(i) + "\t" + std::to_string(i * i) + "\n";
  for (const Compression compression : {Compression::kGzip, Compression::kZstd, Compression::kLz4}) {
    std::string stream = packed(compression, text);
    stream[stream.size() / 2] = static_cast<char>(stream[stream.size() / 2] ^ 0x10);
    for (const Mode& mode : modes()) {
      // Of the stream, or of what comes out of it before its checksum.
      CHECK_FALSE_MESSAGE(load(stream, Kind::kTsv, mode.name).error.empty(), mode.name);
    }
  }
}

TEST_CASE("a file that is cut off at any byte has the records before the cut, or is refused, as the reference says") {
  const std::string tsv = "a\t1\nb\tx\\ty\r\n\xc3\xa4\t\nlast\t\\\\\n";
  const std::string csv = "a,1\n\"b,\n\"\"\",\"x\ny\"\r\nc,\"\",z\nlast,4\n";
  const std::string json = "{\"key\":\"a\\n\",\"value\":[1,{\"x\":null}]}\n{\"key\":2,\"value\":\"\"}\n";
  for (const auto& [kind, text] : {std::pair{Kind::kTsv, tsv}, std::pair{Kind::kEscapedTsv, tsv},
                                   std::pair{Kind::kCsv, csv}, std::pair{Kind::kJsonLines, json}}) {
    for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) {
      const std::string start = text.substr(0, bytes);
      const fuzz::Reference expected = kind == Kind::kCsv         ? fuzz::csv(start)
                                       : kind == Kind::kJsonLines ? fuzz::json_lines(start)
                                                                  : fuzz::tsv(start, kind == Kind::kEscapedTsv);
      for (const std::size_t block_bytes : {1ul, 16ul, 1000ul}) {
        CAPTURE(start);
        const Loaded loaded = load(start, kind, "flow", block_bytes);
        CHECK(loaded.error.empty() == !expected.bad);
        if (!expected.bad) CHECK(loaded.map == testing::last_values(expected.records));
      }
    }
  }
}

}  // namespace malformed_test
