// Sinks and writers.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/sink.hpp"
#include "pipeline/output/tsv_writer.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

using namespace shardflow;
using testing::Folder;
using testing::Pairs;

namespace {

class TextSink final : public Sink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void commit() override {}
  std::string text;
};

std::string written(const Pairs& records, Order order, std::uint32_t shards = 4) {
  Store store(shards);
  testing::TextSource source(testing::to_tsv(records));
  find_mode("serial")->run(source, store, {});
  TextSink sink;
  write_tsv(store, order, sink);
  return sink.text;
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
