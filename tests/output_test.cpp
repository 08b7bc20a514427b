// Sinks and writers.
#include <doctest/doctest.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/map_writer.hpp"
#include "pipeline/output/sink.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace output_test {

using namespace shardflow;
using testing::Folder;
using testing::Pairs;

namespace {

class TextSink final : public Sink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  void write(std::string_view bytes) override { text_ += bytes; }
  void commit() override {}

 private:
  std::string& text_;
};

void fill(Store& store, const std::string& tsv) {
  testing::TextSource source(tsv);
  find_mode("serial")->run(source, store, {});
}

// What is written to each of so many files.
std::vector<std::string> written(const Store& store, const WriteOptions& options, std::size_t files) {
  std::vector<std::string> texts(files);
  std::vector<std::unique_ptr<Sink>> sinks;
  for (std::string& text : texts) sinks.push_back(std::make_unique<TextSink>(text));
  write_map(store, options, sinks);
  return texts;
}

std::string written(const Store& store, const WriteOptions& options) { return written(store, options, 1)[0]; }

std::string written(const Pairs& records, Order order, std::uint32_t shards = 4) {
  Store store(shards);
  fill(store, testing::to_tsv(records));
  return written(store, {.order = order});
}

template <RecordFormat format>
std::string line(std::string_view key, std::string_view value) {
  std::string text;
  append_record<format>(text, key, value);
  return text;
}

template <RecordFormat format>
std::string refusal(std::string_view key, std::string_view value) {
  try {
    line<format>(key, value);
  } catch (const EncodingError& error) {
    return error.what();
  }
  return "";
}

std::string gunzipped(const std::string& packed) {
  std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::string all;
  std::string member(std::size_t{16} << 20, '\0');
  for (std::size_t at = 0; at < packed.size();) {
    std::size_t taken = 0;
    std::size_t given = 0;
    REQUIRE(libdeflate_gzip_decompress_ex(decompressor.get(), packed.data() + at, packed.size() - at, member.data(),
                                          member.size(), &taken, &given) == LIBDEFLATE_SUCCESS);
    all.append(member, 0, given);
    at += taken;
  }
  return all;
}

std::string unzstd(const std::string& packed) {
  std::string all;
  std::string frame(std::size_t{16} << 20, '\0');
  for (std::size_t at = 0; at < packed.size();) {
    const std::size_t taken = ZSTD_findFrameCompressedSize(packed.data() + at, packed.size() - at);
    REQUIRE(ZSTD_isError(taken) == 0);
    const std::size_t given = ZSTD_decompress(frame.data(), frame.size(), packed.data() + at, taken);
    REQUIRE(ZSTD_isError(given) == 0);
    all.append(frame, 0, given);
    at += taken;
  }
  return all;
}

std::string many_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "key" + std::to_string(i) + "\tvalue" + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a file is not there before it is committed, and whole after") {
  const Folder folder;
  {
    const auto sink = open_sink(folder.path("out"), nullptr);
    sink->write("one ");
    CHECK(folder.names().empty());
    sink->write("two");
    sink->commit();
  }
  CHECK(folder.read("out") == "one two");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("a name is as long as the system lets it, and one that is longer is said at once") {
  const Folder folder;
  const std::string longest(255, 'n');
  const auto first = open_sink(folder.path(longest), nullptr);
  const auto second = open_sink(folder.path("out"), nullptr);
  first->commit();
  second->commit();
  CHECK(folder.names() == std::vector<std::string>{longest, "out"});
  const std::string longer = folder.path(longest + "n");
  CHECK_THROWS_WITH_AS(open_sink(longer, nullptr), (longer + ": cannot be created: File name too long").c_str(),
                       IoError);
}

TEST_CASE("a file that is not committed leaves what was there") {
  const Folder folder;
  folder.write("out", "old");
  open_sink(folder.path("out"), nullptr)->write("new");
  CHECK(folder.read("out") == "old");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("the file that a link points to is replaced, not the link") {
  const Folder folder;
  folder.write("real", "old");
  std::filesystem::create_symlink("real", folder.path("link"));
  const auto sink = open_sink(folder.path("link"), nullptr);
  sink->write("new");
  sink->commit();
  CHECK(folder.read("real") == "new");
  CHECK(std::filesystem::is_symlink(folder.path("link")));
}

TEST_CASE("a file that a link points to is made where it is not there yet") {
  const Folder folder;
  std::filesystem::create_directory(folder.path("disk"));
  std::filesystem::create_symlink("disk/later", folder.path("second"));
  std::filesystem::create_symlink(folder.path("second"), folder.path("first"));
  const auto sink = open_sink(folder.path("first"), nullptr);
  sink->write("new");
  sink->commit();
  CHECK(folder.read("disk/later") == "new");
  CHECK(std::filesystem::is_symlink(folder.path("first")));
  CHECK(std::filesystem::is_symlink(folder.path("second")));
}

TEST_CASE("a new file has the mode that the umask leaves") {
  const Folder folder;
  const mode_t before = umask(027);
  const auto sink = open_sink(folder.path("out"), nullptr);
  sink->commit();
  umask(before);
  struct stat status {};
  REQUIRE(stat(folder.path("out").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a folder that is not there is said with the file's name") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(open_sink(folder.path("none/out"), nullptr),
                       (folder.path("none/out") + ": cannot be created: No such file or directory").c_str(), IoError);
}

TEST_CASE("an interrupt ends writing") {
  const Folder folder;
  Interrupt interrupt;
  const auto sink = open_sink(folder.path("out"), &interrupt);
  interrupt.raise();
  CHECK_THROWS_AS(sink->write("x"), InterruptedError);
}

TEST_CASE("by key means by the key's bytes, unsigned, a prefix first") {
  const Pairs records{{"b", "1"},    {"abcdefgh", "2"}, {"abcdefghi", "3"}, {"abcdefg", "4"},
                      {"\xff", "5"}, {"a", "6"},        {"B", "7"}};
  CHECK(written(records, Order::kByKey) == "B\t7\na\t6\nabcdefg\t4\nabcdefgh\t2\nabcdefghi\t3\nb\t1\n\xff\t5\n");
  CHECK(written(records, Order::kByKey, 1) == written(records, Order::kByKey, 9));
}

TEST_CASE("as stored, one shard gives the keys in the order in which they came") {
  CHECK(written({{"b", "1"}, {"a", "2"}, {"b", "3"}}, Order::kAsStored, 1) == "b\t3\na\t2\n");
}

TEST_CASE("a value that ends in CR and a first key that begins with a byte order mark survive the way back") {
  CHECK(written({{"k", "v\r\r"}}, Order::kAsStored) == "k\tv\r\r\n");
  CHECK(written({{"\xef\xbb\xbfk", "v"}}, Order::kAsStored) == "\xef\xbb\xbf\xef\xbb\xbfk\tv\n");
}

TEST_CASE("what a format has no way to write is refused, with what would do") {
  CHECK(refusal<RecordFormat::kTsv>("a\tb", "v") ==
        "the record of key \"a\\tb\" can't be written: TSV has no TAB in a key; write CSV or JSON Lines, or use "
        "--escape");
  CHECK(refusal<RecordFormat::kTsv>("a", "v\nw").find("no line feed in a record") != std::string::npos);
  CHECK(refusal<RecordFormat::kJsonLines>("\xff", "v") ==
        R"(the record of key "\xff" can't be written: it is not UTF-8, which JSON must be)");
  CHECK(refusal<RecordFormat::kJsonLines>("k", "v\xc3") ==
        R"(the record of key "k" can't be written: it is not UTF-8, which JSON must be)");
  CHECK(line<RecordFormat::kTsv>("a", "v\tw") == "a\tv\tw\n");
}

TEST_CASE("each format escapes what it must, and no more") {
  CHECK(line<RecordFormat::kEscapedTsv>("a\tb", "c\nd\re\\f\"") == "a\\tb\tc\\nd\\re\\\\f\"\n");
  CHECK(line<RecordFormat::kCsv>("plain", "") == "plain,\n");
  CHECK(line<RecordFormat::kCsv>("a,b", "c\"d") == "\"a,b\",\"c\"\"d\"\n");
  CHECK(line<RecordFormat::kCsv>("a\nb", "c\rd") == "\"a\nb\",\"c\rd\"\n");
  CHECK(line<RecordFormat::kCsv>("\xef\xbb\xbfk", "v") == "\"\xef\xbb\xbfk\",v\n");
  CHECK(line<RecordFormat::kJsonLines>("q\"\\", "\t\n\x01\x1f\xc3\xa4/") ==
        "{\"key\":\"q\\\"\\\\\",\"value\":\"\\t\\n\\u0001\\u001f\xc3\xa4/\"}\n");
}

TEST_CASE("every number of threads and files writes each record once, in the same order") {
  Store store(8);
  fill(store, many_lines(200'000));
  for (const Order order : {Order::kAsStored, Order::kByKey}) {
    const std::string alone = written(store, {.order = order, .threads = 1});
    CHECK(std::ranges::count(alone, '\n') == 200'000);
    CHECK(written(store, {.order = order, .threads = 4}) == alone);
  }
}

TEST_CASE("as stored, every part of the text has about as much of each shard") {
  constexpr std::uint32_t kShards = 4;
  Store store(kShards);
  fill(store, many_lines(200'000));
  const Pairs records = testing::parse(written(store, {.threads = 2})).records;
  const Router router(kShards);
  // The shards' shares are even within a few hundred records, and a shard's run has some thousand.
  for (std::size_t half = 0; half < 2; ++half) {
    std::vector<std::size_t> counts(kShards);
    for (std::size_t i = 0; i < 100'000; ++i) ++counts[router.shard_of(records[half * 100'000 + i].first)];
    for (const std::size_t count : counts) CHECK((count > 20'000 && count < 30'000));
  }
}

TEST_CASE("by key means so too where keys share more than eight bytes") {
  std::string text;
  for (const char* const key : {"prefix-aaaaaaaaz", "prefix-aaaaaaaab", "prefix-", "prefix-b", "prefix-aaaaaaaaa"}) {
    text += std::string(key) + "\tv\n";
  }
  Store store(3);
  fill(store, text);
  CHECK(written(store, {.order = Order::kByKey, .threads = 2}) ==
        "prefix-\tv\nprefix-aaaaaaaaa\tv\nprefix-aaaaaaaab\tv\nprefix-aaaaaaaaz\tv\nprefix-b\tv\n");
}

TEST_CASE("a key's file is that of its murmur3, whatever the number of shards") {
  const std::string text = many_lines(1000);
  Store few(2);
  Store many(7);
  fill(few, text);
  fill(many, text);
  const auto parts = written(few, {.order = Order::kByKey}, 7);
  CHECK(parts == written(many, {.order = Order::kByKey}, 7));
  std::size_t records = 0;
  for (std::size_t shard = 0; shard < 7; ++shard) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(parts[shard], '\n'));
    CHECK(lines == many.shards()[shard].size());  // as many files as shards: a shard is a file
    records += lines;
  }
  CHECK(records == 1000);
}

TEST_CASE("compressed output is the same text, in members and frames that stand in a row") {
  Store store(5);
  fill(store, many_lines(200'000));
  const std::string plain = written(store, {.threads = 2});
  const std::string gzip = written(store, {.compression = Compression::kGzip, .threads = 2});
  const std::string zstd = written(store, {.compression = Compression::kZstd, .threads = 2});
  CHECK(gzip.size() < plain.size() / 2);
  CHECK(zstd.size() < plain.size() / 2);
  CHECK(gunzipped(gzip) == plain);
  CHECK(unzstd(zstd) == plain);
}

TEST_CASE("nothing, compressed, is still a file of its format") {
  const Store store(2);
  CHECK(written(store, {}).empty());
  const std::string gzip = written(store, {.compression = Compression::kGzip});
  CHECK_FALSE(gzip.empty());
  CHECK(gunzipped(gzip).empty());
  const std::string zstd = written(store, {.compression = Compression::kZstd});
  CHECK_FALSE(zstd.empty());
  CHECK(unzstd(zstd).empty());
}

TEST_CASE("a byte order mark in the first key survives compression too") {
  Store store(1);
  fill(store, "\xef\xbb\xbf\xef\xbb\xbfk\tv\n");  // TextSource keeps both: the key begins with them
  const std::string plain = written(store, {});
  CHECK(gunzipped(written(store, {.compression = Compression::kGzip})) == plain);
  CHECK(plain.starts_with("\xef\xbb\xbf\xef\xbb\xbf\xef\xbb\xbfk"));
}

TEST_CASE("a sink that fails ends the writing with its own words") {
  class FullSink final : public Sink {
   public:
    void write(std::string_view) override { throw IoError("disk", "writing failed", ENOSPC); }
    void commit() override {}
  };
  Store store(4);
  fill(store, many_lines(100'000));
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::make_unique<FullSink>());
  CHECK_THROWS_WITH_AS(write_map(store, {.threads = 2}, sinks), "disk: writing failed: No space left on device",
                       IoError);
}

}  // namespace output_test
