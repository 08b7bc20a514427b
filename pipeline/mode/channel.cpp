// One bounded queue, one record a message, and workers that take from it: Go's channel and worker pool.
#include <oneapi/tbb/concurrent_queue.h>

#include <atomic>
#include <thread>
#include <vector>

#include "pipeline/machine.hpp"
#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {
namespace {

class Channel {
 public:
  Channel(LockedShards& shards, std::uint32_t workers, std::size_t capacity) : shards_(shards) {
    if (capacity > 0) queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    const std::uint32_t startable = startable_threads(workers + 1) - 1;
    for (std::uint32_t i = 0; i < std::max(startable, 1u); ++i) workers_.emplace_back([this] { work(); });
  }
  ~Channel() {
    for (std::size_t i = 0; i < workers_.size(); ++i) queue_.push({nullptr, {}});
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Waits while the queue is full.
  void send(const Batch& batch, const Fields& fields) {
    ++sent_;
    queue_.push({&batch, fields});
  }

  // Waits until all that was sent is written.
  void drain() {
    for (std::uint64_t done = done_.load(); done != sent_; done = done_.load()) done_.wait(done);
  }

 private:
  struct Message {
    const Batch* batch;  // nullptr: go home
    Fields fields;
  };

  void work() {
    Message message{};
    for (queue_.pop(message); message.batch != nullptr; queue_.pop(message)) {
      shards_.upsert(*message.batch, message.fields);
      ++done_;
      done_.notify_one();
    }
  }

  LockedShards& shards_;
  oneapi::tbb::concurrent_bounded_queue<Message> queue_;
  std::uint64_t sent_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::vector<std::jthread> workers_;
};

}  // namespace

RunReport run_channel(Source& source, Store& store, const RunOptions& options) {
  LockedShards shards(store);
  Channel channel(shards, options.workers > 0 ? options.workers : options.threads, options.capacity);
  return run_by_record(
      source, store, options, shards, [&](const Batch& batch, const Fields& fields) { channel.send(batch, fields); },
      [&] { channel.drain(); });
}

}  // namespace shardflow
