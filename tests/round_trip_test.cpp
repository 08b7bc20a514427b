// What is written is read again: formats, options, compression and blocks, crossed.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/map_writer.hpp"
#include "pipeline/output/sink.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace round_trip_test {

using namespace shardflow;
using testing::Folder;
using testing::Pairs;
using Kind = TextFormat::Kind;

namespace {

struct Way {
  RecordFormat format;
  Kind kind;
  FileOptions options;
};

FileOptions options_of(Kind kind) {
  FileOptions options;
  options.format.kind = kind;
  return options;
}

// Columns by number or, with a header, by name; any delimiter.
rc::Gen<FileOptions> csv_options() {
  return rc::gen::exec([] {
    FileOptions options = options_of(Kind::kCsv);
    options.format.delimiter = *rc::gen::element(',', ';', '\t', 'a');
    options.header = *rc::gen::arbitrary<bool>();
    options.format.key_column = *rc::gen::inRange<std::uint32_t>(0, 3);
    options.format.value_column =
        *rc::gen::distinctFrom(rc::gen::inRange<std::uint32_t>(0, 4), options.format.key_column);
    if (!options.header) return options;
    options.key_name = *rc::gen::element<std::string>("", "key", "value", "2024", "a;\"b,");
    options.value_name =
        *rc::gen::suchThat(rc::gen::element<std::string>("", "key", "value", "1", "c"),
                           [&](const std::string& name) { return name.empty() || name != options.key_name; });
    return options;
  });
}

rc::Gen<FileOptions> json_options() {
  return rc::gen::exec([] {
    FileOptions options = options_of(Kind::kJsonLines);
    static const std::vector<JsonFields> kFields{
        {}, {{"a", "b"}, {"a", "c"}}, {{"a", "b"}, {"c"}}, {{"a"}, {"b", "\"c\\", "d"}}};
    options.json = *rc::gen::elementOf(kFields);
    return options;
  });
}

rc::Gen<Way> way() {
  return rc::gen::exec([] {
    const auto kind = *rc::gen::element(Kind::kTsv, Kind::kEscapedTsv, Kind::kCsv, Kind::kJsonLines);
    if (kind == Kind::kCsv) return Way{RecordFormat::kCsv, kind, *csv_options()};
    if (kind == Kind::kJsonLines) return Way{RecordFormat::kJsonLines, kind, *json_options()};
    return Way{kind == Kind::kTsv ? RecordFormat::kTsv : RecordFormat::kEscapedTsv, kind, options_of(kind)};
  });
}

// Letters that make trouble in one format or another; TSV without escapes has no way to write some.
rc::Gen<std::string> field(Kind kind, int least) {
  return rc::gen::mapcat(rc::gen::inRange(least, 7), [kind](int length) {
    const auto any = rc::gen::element('a', ',', ';', '"', '\r', '\\', 'N', '{', '}', ' ', '\n', '\t', '\0');
    const auto plain = rc::gen::element('a', ',', ';', '"', '\r', '\\', 'N', '{', '}', ' ');
    return rc::gen::container<std::string>(static_cast<std::size_t>(length), kind == Kind::kTsv ? plain : any);
  });
}

rc::Gen<Pairs> records(Kind kind) { return rc::gen::container<Pairs>(rc::gen::pair(field(kind, 1), field(kind, 0))); }

void fill(Store& store, const Pairs& records) {
  std::string text;
  for (const auto& [key, value] : records) append_record<RecordFormat::kEscapedTsv>(text, key, value);
  const Folder folder;
  FileSource source({folder.write("in.tsv", text)}, 1 << 20, nullptr, options_of(Kind::kEscapedTsv));
  find_mode("serial")->run(source, store, {});
}

void write(const Store& store, const Way& way, Compression compression, Order order, const std::string& file) {
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(open_sink(file, nullptr));
  write_map(store,
            {.format = way.format,
             .compression = compression,
             .order = order,
             .threads = 2,
             .layout = RecordLayout::of(way.format, way.options)},
            sinks);
  sinks.front()->commit();
}

std::string digest_of(const std::string& file, const FileOptions& options, std::size_t block_bytes) {
  Store store(3);
  FileSource source({file}, 1 << 20, nullptr, options);
  RunOptions run;
  run.threads = 2;
  run.block_bytes = block_bytes;
  find_mode("flow")->run(source, store, run);
  return store.digest().hex();
}

}  // namespace

TEST_CASE("each format, in each compression, by the same options, for any block size, is the same map again") {
  CHECK(rc::check([] {
    const Folder folder;
    const Way how = *way();
    const auto compression =
        *rc::gen::element(Compression::kNone, Compression::kGzip, Compression::kZstd, Compression::kLz4);
    const auto order = *rc::gen::element(Order::kAsStored, Order::kByKey);
    Store store(4);
    fill(store, *records(how.kind));
    write(store, how, compression, order, folder.path("out"));
    for (const std::size_t block_bytes : {1ul, 5ul, 17ul, 64ul, 1000ul}) {
      RC_ASSERT(digest_of(folder.path("out"), how.options, block_bytes) == store.digest().hex());
    }
  }));
}

TEST_CASE("without a word about the format, TSV is found to be TSV again, whatever its first key") {
  for (const char* const key : {"{}", "{", "{\"key\":1,\"value\":2}", "a,b", "\"", "[1]"}) {
    for (const char* const value : {"", "x", "}", "\"key\":1,\"value\":2}"}) {
      const Folder folder;
      Store store(1);
      fill(store, {{key, value}});
      const Way how{RecordFormat::kTsv, Kind::kTsv, {}};
      write(store, how, Compression::kNone, Order::kAsStored, folder.path("out"));
      FileOptions recognised;
      recognised.recognise_kind = true;
      CAPTURE(key);
      CAPTURE(value);
      CHECK(digest_of(folder.path("out"), recognised, 1000) == store.digest().hex());
    }
  }
}

// The first line alone has no TAB where a field goes on in the next one, or where there is one column.
TEST_CASE("without a word about the format, CSV with TABs is found to be CSV again, whatever its first line") {
  for (const std::uint32_t value_column : {0u, 1u}) {
    for (const char* const key : {"a", "a\nb", "{", "a,b", "\"", "a\tb\nc"}) {
      FileOptions options = options_of(Kind::kCsv);
      options.format.delimiter = '\t';
      options.format.value_column = value_column;
      const Folder folder;
      Store store(1);
      fill(store, {{key, value_column == 0 ? key : "v\nw"}});
      write(store, {RecordFormat::kCsv, Kind::kCsv, options}, Compression::kNone, Order::kAsStored, folder.path("out"));
      options.format.kind = Kind::kTsv;
      options.recognise_kind = true;
      CAPTURE(key);
      CAPTURE(value_column);
      CHECK(digest_of(folder.path("out"), options, 1000) == store.digest().hex());
    }
  }
}

TEST_CASE("a value that could not be found where the options look is refused") {
  Store store(1);
  fill(store, {{"k", "x\"y"}});
  const Folder folder;
  const auto refusal = [&](RecordFormat format, const FileOptions& options) {
    try {
      write(store, {format, options.format.kind, options}, Compression::kNone, Order::kAsStored, folder.path("out"));
    } catch (const EncodingError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  FileOptions rest = options_of(Kind::kCsv);
  rest.format.value_is_rest = true;
  CHECK(refusal(RecordFormat::kCsv, rest) ==
        "the record of key \"k\" can't be written: its value is no rest of a CSV record, as --value rest has it");
  FileOptions same = options_of(Kind::kCsv);
  same.format.value_column = 0;
  CHECK(refusal(RecordFormat::kCsv, same) ==
        "the record of key \"k\" can't be written: --key and --value are one field, and it has another value");
  FileOptions line = options_of(Kind::kJsonLines);
  line.json.value = {};
  CHECK(refusal(RecordFormat::kJsonLines, line) ==
        "the record of key \"k\" can't be written: its value is no line of JSON with that key, as --value . has it");
  CHECK(folder.names().empty());
}

}  // namespace round_trip_test
