// The parts of the hot path, one by one, in ns per record (Google Benchmark's "items").
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/input/synthetic.hpp"
#include "pipeline/input/tsv.hpp"
#include "pipeline/mode/apply_part.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/store.hpp"

namespace {

using namespace shardflow;

constexpr std::uint32_t kShards = 8;
constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

// One block's text of the given kind, whole records only, with the slack that parsers may read.
std::string block_text(const char* spec) {
  SyntheticRecords records(SyntheticSpec::parse(spec));
  std::string text;
  while (records.append_next(text) && text.size() < kBlockBytes) continue;
  text.resize(text.rfind('\n', kBlockBytes - 1) + 1);
  return text;
}

std::string padded(std::string text) {
  text.append(kBlockSlackBytes, '\0');
  return text;
}

std::vector<std::string_view> keys_of(std::string_view text) {
  std::vector<std::string_view> keys;
  parse_tsv(text, {}, [&](const Fields& f) { keys.push_back(text.substr(f.key_offset, f.key_bytes)); });
  return keys;
}

void parse(benchmark::State& state) {
  const std::string text = block_text("sequential:records=1M");
  const std::string memory = padded(text);
  std::int64_t records = 0;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    parse_tsv({memory.data(), text.size()}, {}, [&](const Fields& fields) {
      sum += fields.key_bytes;
      ++records;
    });
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(parse);

template <class Hash>
void hash_keys(benchmark::State& state, const Hash& hash) {
  const std::string text = block_text("sequential:records=1M");
  const std::string memory = padded(text);
  const auto keys = keys_of({memory.data(), text.size()});
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const std::string_view key : keys) sum += hash(key);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(keys.size()));
}
void murmur3(benchmark::State& state) {
  hash_keys(state, [](std::string_view key) { return murmur3_x86_32_padded(key, 0); });
}
BENCHMARK(murmur3);
void table_hash(benchmark::State& state) {
  const KeyHash hash(1);
  hash_keys(state, [&](std::string_view key) { return hash.padded(key); });
}
BENCHMARK(table_hash);

void partition(benchmark::State& state, const char* spec) {
  MemoryBudget budget(UINT64_MAX);
  const std::string text = block_text(spec);
  Batch batch(kBlockBytes, kShards, budget);
  const KeyHash hash(1);
  Partition partition(kShards, RecordRules(), hash);
  std::uint64_t records = 0;
  for (auto _ : state) {
    batch.reset();
    std::memcpy(batch.block.data(), text.data(), text.size());
    batch.block.set_text(0, text.size());
    batch.sequence = 1;  // no probe: what the recent blocks taught decides
    partition.run(batch);
    records += batch.records;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK_CAPTURE(partition, unique, "sequential:records=1M");
BENCHMARK_CAPTURE(partition, hot, "uniform:records=1M,keys=400");

// A whole store filled from memory by one thread: partition, upsert and growth together.
void fill(benchmark::State& state, const char* spec) {
  SyntheticRecords records(SyntheticSpec::parse(spec));
  std::vector<std::string> blocks(1);
  while (records.append_next(blocks.back())) {
    if (blocks.back().size() > kBlockBytes - 256) blocks.emplace_back();
  }
  std::uint64_t applied = 0;
  for (auto _ : state) {
    Store store(kShards);
    Batch batch(kBlockBytes, kShards, store.budget());
    Partition partition(kShards, RecordRules(), store.hash());
    double done = 0;
    for (const std::string& text : blocks) {
      std::memcpy(batch.block.data(), text.data(), text.size());
      batch.block.set_text(0, text.size());
      batch.block.input_share = ++done / static_cast<double>(blocks.size());
      partition.run(batch);
      for (std::uint32_t i = 0; i < kShards; ++i) {
        apply_part(store.shards()[i], batch, i);
      }
      applied += batch.records;
      batch.reset();
      ++batch.sequence;
    }
    for (Shard& shard : store.shards()) shard.settle();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(applied));
}
BENCHMARK_CAPTURE(fill, cache_sized, "uniform:records=1M,keys=10k")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fill, unique, "sequential:records=5M")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fill, zipf, "zipf:records=5M,keys=1M")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
