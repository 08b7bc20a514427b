#include "pipeline/measure/floor.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <utility>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/separators.hpp"
#include "pipeline/input/unread_text.hpp"
#include "pipeline/pages.hpp"
#include "pipeline/store/table.hpp"

namespace shardflow {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// A second-level cache's share, and the pipeline's default block.
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
// As the parsers do: so many positions stay in the first-level cache.
constexpr std::size_t kStrideBytes = 4096;
// As far ahead as a shard fetches.
constexpr std::uint64_t kFetchAhead = 48;

// The files in chunks that any thread may take.
class Chunks {
 public:
  explicit Chunks(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Descriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC));
      struct stat status {};
      if (!file.open() || fstat(file.number(), &status) != 0) throw IoError(name, "cannot be read", errno);
      const auto bytes = static_cast<std::uint64_t>(status.st_size);
      files_.push_back({std::make_shared<const OpenFile>(OpenFile{std::move(file), name}), chunks_, bytes});
      chunks_ += (bytes + kChunkBytes - 1) / kChunkBytes;
    }
  }

  // Reads one that nobody has read; its size, 0 if there is none left. Throws IoError.
  std::size_t read_next(char* to) {
    const std::uint64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
    if (chunk >= chunks_) return 0;
    const File& file = *std::prev(std::ranges::upper_bound(files_, chunk, {}, &File::first_chunk));
    const std::uint64_t offset = (chunk - file.first_chunk) * kChunkBytes;
    const std::size_t wanted = std::min<std::uint64_t>(kChunkBytes, file.bytes - offset);
    UnreadText(file.file, offset, wanted).read(to, wanted);
    return wanted;
  }

 private:
  struct File {
    std::shared_ptr<const OpenFile> file;
    std::uint64_t first_chunk;
    std::uint64_t bytes;
  };

  std::vector<File> files_;
  std::uint64_t chunks_ = 0;
  std::atomic<std::uint64_t> next_{0};
};

void find_all_separators(const char* text, std::size_t bytes) {
  std::array<std::uint32_t, kStrideBytes + kScanSlack> positions;
  const auto end = static_cast<std::uint32_t>(bytes);
  for (std::uint32_t at = 0; at < end; at += kStrideBytes) {
    find_separators(text, at, std::min<std::uint32_t>(end, at + kStrideBytes), '\t', '\n', positions.data());
  }
}

// What each thread has to itself, and how long its parts took.
struct Worker {
  std::unique_ptr<char[]> buffer = std::make_unique<char[]>(kChunkBytes + kScanBytes);
  Pages table;
  Pages payload;
  Floor floor;
};

void read_and_scan(Chunks& chunks, Worker& worker) {
  for (;;) {
    const auto start = Clock::now();
    const std::size_t bytes = chunks.read_next(worker.buffer.get());
    const auto middle = Clock::now();
    if (bytes == 0) return;
    find_all_separators(worker.buffer.get(), bytes);
    worker.floor.read_s += std::chrono::duration<double>(middle - start).count();
    worker.floor.separators_s += seconds_since(middle);
  }
}

void fault_pages(const FloorJob& job, MemoryBudget& budget, Worker& worker) {
  const auto start = Clock::now();
  worker.table = Pages(std::max<std::size_t>(job.table_bytes / job.threads, sizeof(Slot)), budget);
  worker.payload = Pages(std::max<std::size_t>(job.payload_bytes / job.threads, 1), budget);
  worker.table.populate();
  worker.payload.populate();
  worker.floor.pages_s = seconds_since(start);
}

// Numbers in no order: the finaliser of MurmurHash3 (Appleby), with its first two of three steps.
std::uint64_t scattered(std::uint64_t number) {
  number *= 0xff51afd7ed558ccd;
  number ^= number >> 33;
  return number * 0xc4ceb9fe1a85ec53;
}

void write_slots(std::uint64_t keys, Worker& worker) {
  const auto start = Clock::now();
  auto* const slots = reinterpret_cast<Slot*>(worker.table.data());
  const std::uint64_t count = worker.table.size() / sizeof(Slot);
  const auto slot = [&](std::uint64_t number) {
    __extension__ using Product = unsigned __int128;
    return slots + static_cast<std::uint64_t>((static_cast<Product>(scattered(number)) * count) >> 64);
  };
  for (std::uint64_t turn = 0; turn < keys + kFetchAhead; ++turn) {
    if (turn < keys) __builtin_prefetch(slot(turn), 1);
    if (turn >= kFetchAhead) *slot(turn - kFetchAhead) = {static_cast<std::uint32_t>(turn), 1};
  }
  worker.floor.slots_s = seconds_since(start);
}

void copy_payload(std::uint64_t bytes, Worker& worker) {
  const auto start = Clock::now();
  for (std::uint64_t at = 0; at < bytes; at += kChunkBytes) {
    std::memcpy(worker.payload.data() + at, worker.buffer.get(), std::min<std::uint64_t>(kChunkBytes, bytes - at));
  }
  worker.floor.payload_s = seconds_since(start);
}

// On a thread each, at once. Throws what one of them threw.
template <class Part>
void in_parallel(std::vector<Worker>& workers, Part&& part) {
  std::vector<std::future<void>> running;
  for (Worker& worker : workers) running.push_back(std::async(std::launch::async, [&] { part(worker); }));
  for (std::future<void>& each : running) each.get();
}

double slowest(const std::vector<Worker>& workers, double Floor::*part) {
  double most = 0;
  for (const Worker& worker : workers) most = std::max(most, worker.floor.*part);
  return most;
}

}  // namespace

Floor measure_floor(const FloorJob& job) {
  MemoryBudget budget(job.memory_limit_bytes);
  Chunks chunks(job.files);
  std::vector<Worker> workers(job.threads);
  in_parallel(workers, [&](Worker& worker) { read_and_scan(chunks, worker); });
  in_parallel(workers, [&](Worker& worker) { fault_pages(job, budget, worker); });
  in_parallel(workers, [&](Worker& worker) { write_slots(job.keys / job.threads, worker); });
  in_parallel(workers, [&](Worker& worker) { copy_payload(job.payload_bytes / job.threads, worker); });
  Floor floor;
  for (double Floor::*const part :
       {&Floor::read_s, &Floor::separators_s, &Floor::pages_s, &Floor::slots_s, &Floor::payload_s}) {
    floor.*part = slowest(workers, part);
  }
  return floor;
}

}  // namespace shardflow
