// The parts of the hot path on one thread, for callgrind to count: ./dev instructions. What runs inside of measured()
// is counted, with the same input, seed and addresses each time, so that a count is a fact about the code.
//
//   shardflow_instructions PART      prints how many records were counted
//   shardflow_instructions           prints the parts, and the compiler
#include <array>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/input/synthetic.hpp"
#include "pipeline/input/tsv.hpp"
#include "pipeline/measure/environment.hpp"
#include "pipeline/mode/apply_part.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/shard.hpp"

namespace {

using namespace shardflow;

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
constexpr std::size_t kBlocks = 8;

// Named on callgrind's command line.
[[gnu::noinline]] void measured(const std::function<void()>& work) { work(); }

// The records of all blocks, as lists for one shard.
class Blocks {
 public:
  Blocks(std::string_view spec, std::uint64_t sequence) {
    SyntheticRecords records(SyntheticSpec::parse(spec));
    for (std::size_t i = 0; i < kBlocks; ++i) {
      std::string text;
      while (text.size() < kBlockBytes - 64) records.append_next(text);
      batches_.emplace_back(kBlockBytes, 1, budget_);
      std::memcpy(batches_.back().block.data(), text.data(), text.size());
      batches_.back().block.set_text(0, text.size());
      batches_.back().sequence = sequence;
    }
  }
  std::deque<Batch>& batches() { return batches_; }
  MemoryBudget& budget() { return budget_; }
  const KeyHash& hash() const { return hash_; }

  std::uint64_t partition() {
    std::uint64_t records = 0;
    for (Batch& batch : batches_) {
      partition_.run(batch);
      records += batch.records;
    }
    return records;
  }

 private:
  MemoryBudget budget_{UINT64_MAX};
  KeyHash hash_{1};
  Partition partition_{1, RecordRules(), hash_};
  std::deque<Batch> batches_;
};

std::uint64_t parse(Blocks& blocks) {
  std::uint64_t records = 0;
  std::uint64_t key_bytes = 0;
  measured([&] {
    for (const Batch& batch : blocks.batches()) {
      parse_tsv(batch.block.text(), {}, [&](const Fields& fields) {
        ++records;
        key_bytes += fields.key_bytes;
      });
    }
  });
  return key_bytes > records ? records : 0;
}

std::uint64_t murmur3(Blocks& blocks) {
  std::vector<std::string_view> keys;
  for (const Batch& batch : blocks.batches()) {
    const std::string_view text = batch.block.text();
    parse_tsv(text, {}, [&](const Fields& f) { keys.push_back(text.substr(f.key_offset, f.key_bytes)); });
  }
  volatile std::uint32_t sum = 0;
  measured([&] {
    std::uint32_t all = 0;
    for (const std::string_view key : keys) all += murmur3_x86_32_padded(key, 0);
    sum = all;
  });
  return keys.size();
}

std::uint64_t partition(Blocks& blocks) {
  std::uint64_t records = 0;
  measured([&] { records = blocks.partition(); });
  return records;
}

void apply(Blocks& blocks, Shard& shard) {
  for (Batch& batch : blocks.batches()) apply_part(shard, batch, 0);
  shard.settle();
}

// Keys that are new, with the table growing.
std::uint64_t insert(Blocks& blocks) {
  const std::uint64_t records = blocks.partition();
  Shard shard(blocks.hash(), blocks.budget());
  measured([&] { apply(blocks, shard); });
  return records;
}

// The same keys once more.
std::uint64_t update(Blocks& blocks) {
  const std::uint64_t records = blocks.partition();
  Shard shard(blocks.hash(), blocks.budget());
  apply(blocks, shard);
  measured([&] { apply(blocks, shard); });
  return records;
}

constexpr std::string_view kUnique = "sequential:records=1M";
constexpr std::string_view kHot = "uniform:records=1M,keys=400";
constexpr std::uint64_t kProbe = 0;  // a block that is looked through for repeats
constexpr std::uint64_t kNext = 1;   // one that is not, unless they were found to pay

struct Part {
  std::string_view name;
  std::uint64_t (*run)(Blocks&);
  std::string_view spec = kUnique;
  std::uint64_t sequence = kNext;
};
constexpr std::array<Part, 6> kParts{{{"parse", parse},
                                      {"murmur3", murmur3},
                                      {"partition", partition},
                                      {"combine", partition, kHot, kProbe},
                                      {"insert", insert},
                                      {"update", update}}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    for (const Part& part : kParts) std::printf("%s ", part.name.data());
    std::printf("\n%s\n", Environment::now().compiler.c_str());
    return 0;
  }
  for (const Part& part : kParts) {
    if (part.name != argv[1]) continue;
    Blocks blocks(part.spec, part.sequence);
    std::printf("%llu\n", static_cast<unsigned long long>(part.run(blocks)));
    return 0;
  }
  std::fprintf(stderr, "shardflow_instructions: '%s' is no part\n", argv[1]);
  return 2;
}
