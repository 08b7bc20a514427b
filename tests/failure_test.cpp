// What ends a run before its time, in every mode.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/mode.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace failure_test {

using namespace shardflow;
using namespace std::chrono_literals;

namespace {

RunOptions small_blocks() {
  RunOptions options;
  options.threads = 4;
  options.block_bytes = 64;
  options.blocks = 8;
  return options;
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "key" + std::to_string(i) + "\tvalue\n";
  return text;
}

// What a run of `mode` over `source` throws, as text.
std::string failure(const Mode& mode, Source& source, const RunOptions& options, std::uint64_t limit = UINT64_MAX) {
  Store store(4, limit);
  try {
    mode.run(source, store, options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

// Gives blocks without end; from block `bad_block` on, throws.
class FailingSource final : public testing::TextSource {
 public:
  explicit FailingSource(int bad_block) : TextSource(""), left_(bad_block) {}
  bool next(Block& block) override {
    if (left_-- == 0) throw IoError("disk", "reading failed", EIO);
    std::string text = "key\tvalue\n";
    text.copy(block.data(), text.size());
    block.set_text(0, text.size());
    return true;
  }

 private:
  int left_;
};

// A file whose end is cut off when its first block, which is read, and its second, which is not, have been given.
class CutOffSource final : public Source {
 public:
  explicit CutOffSource(const std::string& file) : file_(file), source_({file}, 1 << 20, nullptr) {}

  bool next(Block& block) override { return cut_off_behind(source_.next(block)); }
  bool next_unread(Block& block) override { return cut_off_behind(source_.next_unread(block)); }
  const std::string& file_name(std::uint32_t) const override { return file_; }
  bool may_wait() const override { return false; }

 private:
  bool cut_off_behind(bool more) {
    if (++blocks_ == 2) REQUIRE(truncate(file_.c_str(), 100) == 0);
    return more;
  }

  const std::string file_;
  FileSource source_;
  int blocks_ = 0;
};

// Gives blocks without end.
class EndlessSource final : public testing::TextSource {
 public:
  explicit EndlessSource(const Interrupt& interrupt) : TextSource(""), interrupt_(interrupt) {}
  bool next(Block& block) override {
    if (interrupt_.raised()) throw InterruptedError();
    const std::string text = "key\tvalue\n";
    text.copy(block.data(), text.size());
    block.set_text(0, text.size());
    return true;
  }

 private:
  const Interrupt& interrupt_;
};

// Raises the interrupt while its last block is handed over, or when that was the last: what a run notices after
// that, it noticed by itself.
class LateInterrupt final : public testing::TextSource {
 public:
  LateInterrupt(const std::string& text, Interrupt& interrupt, bool at_end)
      : TextSource(text), interrupt_(interrupt), at_end_(at_end) {}
  bool next(Block& block) override {
    const bool more = TextSource::next(block);
    if (!more || !at_end_) interrupt_.raise();
    return more;
  }

 private:
  Interrupt& interrupt_;
  const bool at_end_;
};

std::string failure_when_interrupted(std::string_view mode, bool at_end) {
  Interrupt interrupt;
  LateInterrupt source(lines(1000), interrupt, at_end);
  RunOptions options = small_blocks();
  options.block_bytes = std::size_t{1} << 20;
  options.interrupt = &interrupt;
  return failure(*find_mode(mode), source, options);
}

}  // namespace

TEST_CASE("the first bad line in file order is the one reported, with its place") {
  const std::string good = lines(1000);
  const std::string text = good + "bad\n" + lines(500) + "\tworse\n";
  for (const Mode& mode : modes()) {
    testing::TextSource source(text);
    CHECK(failure(mode, source, small_blocks()) ==
          "text:1001 (byte " + std::to_string(good.size()) +
              "): no TAB in the line: \"bad\"; expected KEY<TAB>VALUE on every line");
  }
}

TEST_CASE("what the source throws in the middle of a run comes out of the run, once") {
  for (const Mode& mode : modes()) {
    for (const int block : {0, 1, 7, 100}) {
      FailingSource source(block);
      CHECK(failure(mode, source, small_blocks()) == "disk: reading failed: Input/output error");
    }
  }
}

TEST_CASE("a file that is cut off while it is read ends a run, whoever reads its text") {
  const testing::Folder folder;
  for (const Mode& mode : modes()) {
    const std::string file = folder.write("in", lines(1000));
    CutOffSource source(file);
    CHECK_MESSAGE(failure(mode, source, small_blocks()) == file + ": became shorter while it was read", mode.name);
  }
}

TEST_CASE("an interrupt ends a run in the middle of its work") {
  for (const Mode& mode : modes()) {
    Interrupt interrupt;
    EndlessSource source(interrupt);
    RunOptions options = small_blocks();
    options.interrupt = &interrupt;
    std::jthread raiser([&] {
      std::this_thread::sleep_for(20ms);
      interrupt.raise();
    });
    CHECK(failure(mode, source, options) == "interrupted");
  }
}

// A block may hold a gigabyte, and a record takes such a mode a microsecond or more.
TEST_CASE("a mode that works by the record notices an interrupt within a block") {
  for (const char* const mode : {"threads", "tasks", "channel", "flow-record", "map"}) {
    CHECK_MESSAGE(failure_when_interrupted(mode, false) == "interrupted", mode);
  }
}

TEST_CASE("an interrupt behind the last block is one, and no loss of records") {
  CHECK(failure_when_interrupted("channel", true) == "interrupted");
}

TEST_CASE("an interrupt ends map while it copies its result into the store") {
  CHECK(failure_when_interrupted("map", true) == "interrupted");
}

TEST_CASE("a store at its memory limit ends the run with both figures") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "key" + std::to_string(i) + "\t" + std::string(1000, 'v') + "\n";
  for (const Mode& mode : modes()) {
    testing::TextSource source(text);
    RunOptions options = small_blocks();
    options.block_bytes = 4096;
    const std::string message = failure(mode, source, options, 1536 << 10);
    CHECK_MESSAGE(message.find("the limit is 1536 KiB") != std::string::npos, message);
  }
}

TEST_CASE("a run that lost records on the way fails loudly") {
  testing::TextSource source("");
  Store store(2);
  const RunOptions options;
  Ledger ledger(source, store, options);
  MemoryBudget budget(UINT64_MAX);
  Batch batch(100, 2, budget);
  batch.records = 1;
  batch.routed = 1;
  ledger.admit(batch);
  CHECK_THROWS_AS(ledger.close(1), std::logic_error);                          // admitted, and never applied
  CHECK_THROWS_AS(Ledger(source, store, options).close(1), std::logic_error);  // read, and never admitted
}

}  // namespace failure_test
