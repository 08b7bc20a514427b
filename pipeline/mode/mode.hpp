// A mode is a way to run the job: one concurrency model, one file, one function. All of them take the
// same source and fill the same store.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/measure/histogram.hpp"
#include "pipeline/measure/usage.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

// What a run tells while it runs; read it from any thread.
struct Progress {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> records{0};
  std::atomic<double> input_share{0};  // read, of the whole input; 0: unknown
};

// A record that was skipped.
struct Reject {
  const std::string& file;
  std::uint64_t line;       // counted from 1
  std::uint64_t byte;       // its first, counted from 0; of what is compressed, as it is without
  std::string reason;       // half a sentence
  std::string_view record;  // its text, without the last line's end
};

// Takes what is skipped. One thread at a time.
class RejectSink {
 public:
  virtual ~RejectSink() = default;
  virtual void take(const Reject& reject) = 0;
};

// A number below its least or above its most is taken for that.
struct RunOptions {
  // Threads that work, at least 1. More than the logical cores gains nothing.
  std::uint32_t threads = 1;
  // Text bytes of a block, 1 to 1 GiB. Smaller: less memory in flight, less delay. Larger: fewer messages, each of
  // which costs about a microsecond. `flow`, `pipeline` and `serial` take 7 or 14 times as much, but no more
  // than 1.75 or 3.5 MiB, where keys repeat over several blocks.
  std::size_t block_bytes = std::size_t{256} << 10;
  // Blocks in flight, at least 1; of `flow` at least 2. Fewer: less memory. More: less waiting where records differ in
  // cost.
  std::size_t blocks = 8;
  // Of `channel`: threads that write. More than the logical cores gain nothing; 0: as many as `threads`.
  std::uint32_t workers = 0;
  // Of `channel` and `flow-record`: records that may wait. More: fewer switches between threads, more memory.
  // 0: no bound.
  std::size_t capacity = 1024;
  // Of `threads`: std::threads alive at once, at least 1.
  std::size_t max_threads = 256;
  // What a record may be: without a limit on its length, one that never ends takes all memory.
  RecordRules rules{.max_record_bytes = std::uint32_t{64} << 20};
  // Of bad records that are skipped: more of them are BadInputError.
  std::uint64_t max_errors = UINT64_MAX;
  // Of them, those that an earlier run has skipped.
  std::uint64_t skipped_before = 0;
  // Where not nullptr, gets each of them, in file order.
  RejectSink* rejects = nullptr;
  // Where not nullptr, raising it ends the run with InterruptedError.
  const Interrupt* interrupt = nullptr;
  // Whether to measure how long records take until they are in their shards: tens of nanoseconds a record in the modes
  // that work by the record, a few a block in the others. REQUIRES: a source that sets Block::arrival.
  bool latency = false;
  // Of `flow`: whether each shard is written on one NUMA node alone, whose memory then holds it. On one node, or where
  // oneTBB's tbbbind library is missing, it changes nothing.
  bool numa = false;
  // Where not nullptr, kept up to date while the run goes on.
  Progress* progress = nullptr;
};

struct RunReport {
  std::uint64_t records = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;       // of records; a byte order mark does not count
  std::uint64_t routed = 0;      // records that reached a shard: the others were repeats within a block
  std::uint64_t skipped = 0;     // bad records
  Histogram latency;             // with RunOptions::latency: from a record's arrival until it is in its shard
  std::uint32_t numa_nodes = 0;  // with RunOptions::numa: this machine's; 0: unknown
  Usage uncounted;               // what the run did that its mode does not need: not to be held against it
};

// Reads `source` to its end into `store`. Throws IoError, BadInputError (the first bad record in file
// order, unless they are skipped), MemoryLimitError, InterruptedError; the store is then valid, but holds an arbitrary
// part.
using RunMode = RunReport (*)(Source& source, Store& store, const RunOptions& options);

// Which of the RunOptions, besides those of blocks, make a difference to a mode.
struct Knobs {
  bool threads = false;
  bool workers = false;
  bool capacity = false;
};

struct Mode {
  std::string_view name;
  std::string_view summary;
  // True: the last value of a key in file order stays, for any number of threads, shards and blocks.
  bool ordered;
  Knobs knobs;
  RunMode run;
};

// All modes, the default first.
std::span<const Mode> modes();
// nullptr if there is none of this name.
const Mode* find_mode(std::string_view name);

}  // namespace shardflow
