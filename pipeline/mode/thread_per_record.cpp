// A std::thread for every record: what "make it concurrent" means to many, literally.
#include <system_error>
#include <thread>
#include <vector>

#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {
namespace {

// At most so many threads at once; the oldest is joined to make room.
class Crowd {
 public:
  explicit Crowd(std::size_t most) : threads_(most) {}

  template <class Work>
  void start(Work work) {
    std::thread& place = threads_[next_++ % threads_.size()];
    if (place.joinable()) place.join();
    try {
      place = std::thread(work);
    } catch (const std::system_error&) {
      // EAGAIN: too many for the system. Once those alive are gone there is room; or else this one does it.
      join();
      try {
        place = std::thread(work);
      } catch (const std::system_error&) {
        work();
      }
    }
  }

  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  std::vector<std::thread> threads_;
  std::size_t next_ = 0;
};

}  // namespace

RunReport run_thread_per_record(Source& source, Store& store, const RunOptions& options) {
  LockedShards shards(store, options);
  Crowd crowd(options.max_threads);
  return run_by_record(
      source, store, options, shards,
      [&](HeldBatch& batch, const Fields& fields, std::uint64_t index) {
        crowd.start([&shards, &batch, fields, index] {
          shards.upsert(batch, fields, index);
          batch.written();
        });
      },
      [&] { crowd.join(); });
}

}  // namespace shardflow
