#include "pipeline/input/file_source.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <chrono>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "pipeline/errors.hpp"
#include "pipeline/free_with.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace file_source_test {

using namespace shardflow;
using namespace std::chrono_literals;
using testing::Folder;

namespace {

constexpr std::size_t kMaxRecord = 1 << 20;

struct Piece {
  std::string text;
  std::uint32_t file;
  std::uint64_t offset;
  bool operator==(const Piece&) const = default;
};

std::vector<Piece> read_all(Source& source, std::size_t block_bytes) {
  MemoryBudget budget(UINT64_MAX);
  Block block(block_bytes, budget);
  std::vector<Piece> pieces;
  while (source.next(block)) {
    pieces.push_back({std::string(block.text()), block.file_index, block.file_offset});
    block.reset();
  }
  return pieces;
}

std::vector<Piece> read_files(const std::vector<std::string>& names, std::size_t block_bytes = 1000) {
  FileSource source(names, kMaxRecord, nullptr);
  return read_all(source, block_bytes);
}

std::string joined(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += piece.text;
  return text;
}

// Blocks so large that text which was left is not read all at once.
constexpr std::size_t kLeft = std::size_t{1} << 20;

// As read_files(), with all blocks in hand before the text of the first one is read.
std::vector<Piece> read_all_unread(const std::string& name, std::size_t block_bytes) {
  MemoryBudget budget(UINT64_MAX);
  std::deque<Block> blocks;
  {
    FileSource source({name}, kMaxRecord, nullptr);
    do {
      blocks.emplace_back(block_bytes, budget);
    } while (source.next_unread(blocks.back()));
    blocks.pop_back();
  }
  std::vector<Piece> pieces;
  for (Block& block : blocks) {
    block.read_text();
    pieces.push_back({std::string(block.text()), block.file_index, block.file_offset});
  }
  return pieces;
}

void overwrite(const std::string& name, std::uint64_t offset, const std::string& text) {
  const Descriptor file(open(name.c_str(), O_WRONLY));
  REQUIRE(pwrite(file.number(), text.data(), text.size(), static_cast<off_t>(offset)) ==
          static_cast<ssize_t>(text.size()));
}

// What a call throws, as text.
template <class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
  void put(std::string_view text) const {
    REQUIRE(write(write_end.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  Descriptor read_end;
  Descriptor write_end;
};

}  // namespace

TEST_CASE("blocks hold whole records, and together the whole file, for every block size") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "key" + std::to_string(i) + "\t" + std::string(static_cast<std::size_t>(i), 'v') + "\n";
  const std::string file = folder.write("in", text);
  for (std::size_t block_bytes = 1; block_bytes < 120; ++block_bytes) {
    const std::vector<Piece> pieces = read_files({file}, block_bytes);
    CHECK(joined(pieces) == text);
    std::uint64_t offset = 0;
    for (const Piece& piece : pieces) {
      CHECK(piece.text.ends_with('\n'));
      CHECK(piece.offset == offset);
      offset += piece.text.size();
    }
  }
}

TEST_CASE("a text that was left in its file is the same as one that was read, for every block size") {
  const Folder folder;
  std::string text;
  // Now and then a line in which the end of the one before is not found.
  for (int i = 0; i < 400; ++i)
    text += "key" + std::to_string(i) + "\t" +
            std::string(i % 60 == 59 ? 5000 : static_cast<std::size_t>(i % 50), 'v') + "\n";
  const std::string file = folder.write("in", text);
  for (std::size_t block_bytes = 1; block_bytes < 6000; block_bytes += 1 + block_bytes / 20) {
    CHECK_MESSAGE(read_all_unread(file, block_bytes) == read_files({file}, block_bytes), block_bytes);
  }
}

TEST_CASE("a text that was left in its file is read from its start on, as far as is asked for, and some more") {
  const Folder folder;
  const std::string line = "key\tvalue\n";
  std::string text;
  while (text.size() < 3 * kLeft) text += line;
  const std::string file = folder.write("in", text);
  FileSource source({file}, kMaxRecord, nullptr);
  MemoryBudget budget(UINT64_MAX);
  Block first(kLeft, budget);
  REQUIRE(source.next_unread(first));  // it tells the format, and is read
  Block block(kLeft, budget);
  REQUIRE(source.next_unread(block));
  const std::string_view left = block.text();
  CHECK(left.size() > kLeft - line.size());
  block.read_text(1);
  CHECK(left.starts_with(line));
  overwrite(file, block.file_offset, std::string(left.size(), 'x'));
  block.read_text(left.size() / 2);
  CHECK(left.starts_with(line));  // that part was there
  CHECK(left[left.size() / 2 - 1] == 'x');
  block.read_text();
  CHECK(left.back() == 'x');
}

TEST_CASE("a file that is cut off while it is read is an error, where its text was left and where not") {
  const Folder folder;
  const std::string line = "key\tvalue\n";
  std::string text;
  while (text.size() < 3 * kLeft) text += line;
  const std::string file = folder.path("in");
  const std::string expected = file + ": became shorter while it was read";
  for (const std::size_t left_bytes : {std::size_t{0}, kLeft / 2, kLeft + kLeft / 2, 2 * kLeft, text.size() - 1}) {
    folder.write("in", text);
    FileSource source({file}, kMaxRecord, nullptr);
    MemoryBudget budget(UINT64_MAX);
    Block first(kLeft, budget);
    REQUIRE(source.next(first));
    Block block(kLeft, budget);
    REQUIRE(source.next_unread(block));
    REQUIRE(truncate(file.c_str(), static_cast<off_t>(left_bytes)) == 0);
    CHECK(message_of([&] {
            block.read_text();
            while (source.next(block)) block.reset();
          }) == expected);
  }
}

TEST_CASE("a file that grows while it is read is read to its new end") {
  const Folder folder;
  std::string text;
  while (text.size() < 3 * kLeft) text += "key\tvalue\n";
  const std::string file = folder.write("in", text);
  FileSource source({file}, kMaxRecord, nullptr);
  MemoryBudget budget(UINT64_MAX);
  Block block(kLeft, budget);
  std::string read;
  for (int blocks = 0; source.next(block); block.reset(), ++blocks) {
    read += block.text();
    if (blocks == 2) std::ofstream(file, std::ios::app) << text;
  }
  CHECK(read == text + text);
}

TEST_CASE("a descriptor is read from where it stands, and stands at the file's end when that is over") {
  const Folder folder;
  std::string text;
  for (int i = 0; text.size() < 3 * kLeft; ++i) text += "key" + std::to_string(i) + "\tvalue\n";
  Descriptor file(open(folder.write("in", "skipped\t1\n" + text).c_str(), O_RDONLY));
  REQUIRE(lseek(file.number(), 10, SEEK_SET) == 10);
  const Descriptor same(dup(file.number()));
  FileSource source(std::move(file), "in", kMaxRecord, nullptr);
  CHECK(joined(read_all(source, kLeft)) == text);
  CHECK(lseek(same.number(), 0, SEEK_CUR) == static_cast<off_t>(10 + text.size()));
}

TEST_CASE("a text is left where it stands in its file behind a record that was dropped, too") {
  const Folder folder;
  std::string rest;
  for (int i = 0; rest.size() < 300'000; ++i) rest += "key" + std::to_string(i) + "\tvalue\n";
  const std::string dropped = std::string(100'000, 'k') + "\tv\n";
  FileOptions options;
  options.skip_bad = true;
  FileSource source({folder.write("in", "a\t1\n" + dropped + rest)}, 1000, nullptr, options);
  const std::vector<Piece> pieces = read_all(source, 5000);
  REQUIRE(pieces.size() > 4);
  CHECK(pieces[1].text == std::string(1002, 'k') + "\n");
  std::uint64_t offset = 4 + dropped.size();
  std::string read;
  for (std::size_t i = 2; i < pieces.size(); ++i) {
    CHECK(pieces[i].offset == offset);
    offset += pieces[i].text.size();
    read += pieces[i].text;
  }
  CHECK(read == rest);
}

TEST_CASE("a made-up file, which has no size, is read to its end") {
  CHECK(joined(read_files({"/proc/self/status"}, 100)).find("Name:\t") == 0);
}

TEST_CASE("a record longer than a block makes that block grow, wherever it begins") {
  const Folder folder;
  const std::string record = "key\t" + std::string(5000, 'v') + "\n";
  for (int before = 0; before < 70; ++before) {
    const std::string text = std::string(static_cast<std::size_t>(before), 'k') + "k\tv\n" + record + "last\tv";
    CHECK(joined(read_files({folder.write("in", text)}, 64)) == text);
  }
}

TEST_CASE("a block never spans files, and a file without a last line end is whole") {
  const Folder folder;
  const std::string first = folder.write("first", "a\t1\nb\t2");
  const std::string empty = folder.write("empty", "");
  const std::string second = folder.write("second", "c\t3\n");
  CHECK(read_files({first, empty, second}) == std::vector<Piece>{{"a\t1\nb\t2", 0, 0}, {"c\t3\n", 2, 0}});
}

TEST_CASE("a byte order mark at a file's start is skipped, and counts as bytes") {
  const Folder folder;
  const std::string file = folder.write("in",
                                        "\xef\xbb\xbf"
                                        "a\t1\n");
  for (const std::size_t block_bytes : {1ul, 2ul, 3ul, 4ul, 100ul}) {
    CHECK(read_files({file}, block_bytes) == std::vector<Piece>{{"a\t1\n", 0, 3}});
  }
  CHECK(read_files({folder.write("only", "\xef\xbb\xbf")}).empty());
  CHECK(joined(read_files({folder.write("later", "a\t1\n\xef\xbb\xbfk\t2\n")}, 4)) == "a\t1\n\xef\xbb\xbfk\t2\n");
}

TEST_CASE("the share of the input grows to one over all files, and is unknown for a pipe") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\n");
  FileSource source({file, file}, kMaxRecord, nullptr);
  MemoryBudget budget(UINT64_MAX);
  Block block(4, budget);
  for (const double share : {0.25, 0.5, 0.75, 1.0}) {
    REQUIRE(source.next(block));
    CHECK(block.input_share == share);
    block.reset();
  }
  Pipe pipe;
  pipe.put("a\t1\n");
  FileSource from_pipe(std::move(pipe.read_end), "pipe", kMaxRecord, nullptr);
  REQUIRE(from_pipe.next(block));
  CHECK(block.input_share == 0);
}

TEST_CASE("what is missing or a directory is refused before anything is read") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\n");
  CHECK(message_of([&] {
          read_files({file, folder.path("none")});
        }) == folder.path("none") + ": cannot be read: No such file or directory");
  CHECK(message_of([&] {
          read_files({file, folder.path("")});
        }) == folder.path("") + ": cannot be read: Is a directory");
}

TEST_CASE("a record beyond the limit is given cut, and is the last one unless bad ones are skipped") {
  const Folder folder;
  const std::string long_record = std::string(200'000, 'k') + "\tv\n";
  const std::string file = folder.write("in", "a\t1\n" + long_record + "b\t2\n");
  FileSource stopping({file}, 1000, nullptr);
  CHECK(read_all(stopping, 64) == std::vector<Piece>{{"a\t1\n", 0, 0}, {std::string(1002, 'k'), 0, 4}});
  FileOptions options;
  options.skip_bad = true;
  FileSource skipping({file}, 1000, nullptr, options);
  CHECK(read_all(skipping, 64) ==
        std::vector<Piece>{{"a\t1\n", 0, 0}, {std::string(1002, 'k') + "\n", 0, 4}, {"b\t2\n", 0, 200'007}});
  FileSource within({file}, 200'002, nullptr);
  CHECK(joined(read_all(within, 64)).size() == 200'011);
}

TEST_CASE("from a pipe a block goes on as soon as there is no more to read") {
  Pipe pipe;
  FileSource source(std::move(pipe.read_end), "pipe", kMaxRecord, nullptr);
  MemoryBudget budget(UINT64_MAX);
  Block block(1000, budget);
  pipe.put("a\t1\nb\t");
  REQUIRE(source.next(block));
  CHECK(block.text() == "a\t1\n");
  block.reset();
  pipe.put("2\n");
  REQUIRE(source.next(block));
  CHECK(block.text() == "b\t2\n");
  CHECK(block.file_offset == 4);
  block.reset();
  pipe.write_end = Descriptor();
  CHECK_FALSE(source.next(block));
}

TEST_CASE("what a pipe's decoder holds is given before more is waited for") {
  // A frame that is flushed and goes on: text of many blocks that a decoder has at once.
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "key" + std::to_string(i % 10) + "\tvalue\n";
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, FreeWith<ZSTD_freeCCtx>> context(ZSTD_createCCtx());
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  REQUIRE(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_flush) == 0);
  Pipe pipe;
  pipe.put({packed.data(), out.pos});
  Interrupt interrupt;
  FileSource source(std::move(pipe.read_end), "pipe", kMaxRecord, &interrupt);
  std::jthread raiser([&](const std::stop_token& over) {
    for (int i = 0; i < 1000 && !over.stop_requested(); ++i) std::this_thread::sleep_for(10ms);
    interrupt.raise();
  });
  MemoryBudget budget(UINT64_MAX);
  Block block(1000, budget);
  std::size_t bytes = 0;
  while (bytes < text.size() && source.next(block)) {
    bytes += block.text().size();
    block.reset();
  }
  CHECK(bytes == text.size());
}

TEST_CASE("an interrupt ends a wait for a pipe at once") {
  Pipe pipe;
  Interrupt interrupt;
  FileSource source(std::move(pipe.read_end), "pipe", kMaxRecord, &interrupt);
  MemoryBudget budget(UINT64_MAX);
  Block block(1000, budget);
  std::chrono::steady_clock::time_point raised;
  std::jthread raiser([&] {
    std::this_thread::sleep_for(50ms);
    raised = std::chrono::steady_clock::now();
    interrupt.raise();
  });
  CHECK_THROWS_AS(source.next(block), InterruptedError);
  const auto ended = std::chrono::steady_clock::now();
  raiser.join();
  CHECK(ended - raised < 200ms);
}

TEST_CASE("a FIFO is waited for, and read to its writer's end") {
  const Folder folder;
  const std::string fifo = folder.path("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::jthread writer([&] {
    const Descriptor end(open(fifo.c_str(), O_WRONLY));
    std::this_thread::sleep_for(20ms);
    REQUIRE(write(end.number(), "a\t1\n", 4) == 4);
  });
  CHECK(read_files({fifo}) == std::vector<Piece>{{"a\t1\n", 0, 0}});
}

}  // namespace file_source_test
