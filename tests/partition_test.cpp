#include "pipeline/store/partition.hpp"

#include <doctest/doctest.h>
#include <murmurhash.h>

#include <random>
#include <string>

#include "tests/testing.hpp"

namespace partition_test {

using namespace shardflow;
using testing::Pairs;

namespace {

// A partition over `shards` shards and a batch to run through it.
class Bench {
 public:
  explicit Bench(std::uint32_t shards) : batch_(1 << 16, shards, budget_), partition_(shards, RecordRules(), hash_) {}

  const Batch& run(const Pairs& records, std::uint64_t sequence) {
    testing::fill(batch_, testing::to_tsv(records));
    batch_.sequence = sequence;
    partition_.run(batch_);
    return batch_;
  }
  // The next records in a wide block, of so many bytes.
  const Batch& run_wide(const Pairs& records, std::size_t bytes, BlockWidth width = BlockWidth::kWide) {
    batch_.reset();
    batch_.set_width(width, 1);
    batch_.block.resize(bytes);
    return run(records, 1);
  }
  void end_wide() {
    batch_.reset();
    batch_.set_width(BlockWidth::kUsual, 1);
  }
  std::uint64_t used_bytes() const { return budget_.used_bytes(); }
  Combining& combining() { return partition_.combining(); }
  // Whether a shard wants its next records as entries.
  void want_entries(std::size_t shard, bool wants) { batch_.parts[shard].wants_entries = wants; }
  // The records of a shard's entries.
  Pairs entries(std::size_t shard) const {
    Pairs records;
    const EntryList& list = batch_.parts[shard].entries;
    for (std::size_t i = 0; i < list.size(); ++i) {
      entry::visit_record(list.data() + list.offset(i), [&](std::string_view key, std::string_view value) {
        CHECK(list.slots()[i].hash == slot_hash(hash_.padded(testing::Padded(key).view())));
        records.emplace_back(key, value);
      });
    }
    return records;
  }
  // The records of a shard's list.
  Pairs part(std::size_t shard) const {
    Pairs records;
    for (const RecordRef& record : batch_.parts[shard].references.items()) {
      records.emplace_back(batch_.block.text().substr(record.key_offset, record.key_bytes),
                           batch_.block.text().substr(record.value_offset, record.value_bytes));
    }
    return records;
  }

 private:
  MemoryBudget budget_{UINT64_MAX};
  KeyHash hash_{1};
  Batch batch_;
  Partition partition_;
};

Pairs numbered(int count, int keys) {
  Pairs records;
  for (int i = 0; i < count; ++i) records.emplace_back("key" + std::to_string(i % keys), std::to_string(i));
  return records;
}

}  // namespace

TEST_CASE("the modulus is the remainder of a division, for every divisor and at the edges") {
  std::mt19937 random(5);
  for (std::uint32_t n = 1; n < 300; ++n) {
    const Modulus modulus(n);
    for (const std::uint32_t x : {0u, 1u, n - 1, n, n + 1, UINT32_MAX, UINT32_MAX - 1}) CHECK(modulus.of(x) == x % n);
    for (int i = 0; i < 50; ++i) {
      const auto x = static_cast<std::uint32_t>(random());
      REQUIRE(modulus.of(x) == x % n);
    }
  }
  CHECK(Modulus(UINT32_MAX).of(UINT32_MAX) == 0);
}

TEST_CASE("a record goes to the shard that libmurmurhash's murmur3 names, in file order") {
  constexpr std::uint32_t kShards = 7;
  Bench bench(kShards);
  const Pairs records = numbered(1000, 1000);
  CHECK(bench.run(records, 1).records == 1000);
  std::vector<Pairs> expected(kShards);
  for (const auto& record : records) {
    std::uint32_t hash = 0;
    lmmh_x86_32(record.first.data(), static_cast<std::uint32_t>(record.first.size()), 0, &hash);
    expected[hash % kShards].push_back(record);
  }
  for (std::size_t shard = 0; shard < kShards; ++shard) CHECK(bench.part(shard) == expected[shard]);
}

TEST_CASE("a block that repeats its keys sends each once, with its last value") {
  Bench bench(1);
  const Batch& batch = bench.run(numbered(1000, 10), 0);
  CHECK(batch.records == 1000);
  Pairs expected;
  for (int i = 0; i < 10; ++i) expected.emplace_back("key" + std::to_string(i), std::to_string(990 + i));
  CHECK(bench.part(0) == expected);
}

TEST_CASE("combining is tried in every 32nd block and goes on where it pays") {
  Bench bench(4);
  CHECK(bench.run(numbered(1000, 10), 1).routed == 1000);  // nobody has looked yet
  CHECK(bench.run(numbered(1000, 10), 32).routed == 10);   // looked, and
  CHECK(bench.run(numbered(1000, 10), 33).routed == 10);   // stayed with it
  CHECK(bench.run(numbered(1000, 1000), 34).routed == 1000);
  CHECK(bench.run(numbered(1000, 10), 35).routed == 1000);  // block 34 taught that it does not pay
  CHECK(bench.run(numbered(1000, 700), 64).routed < 800);
  CHECK(bench.run(numbered(1000, 700), 65).routed == 1000);  // three in ten are too few
}

TEST_CASE("a wide block is combined, and teaches that wide ones do not pay if it is full") {
  Bench bench(1);
  const auto wanted = [&] { return bench.combining().width(2); };
  bench.run(numbered(1000, 600), 0);
  CHECK(wanted() == BlockWidth::kWide);
  const std::size_t bytes = testing::to_tsv(numbered(1000, 50)).size();
  CHECK(bench.run_wide(numbered(1000, 50), bytes).routed == 50);
  CHECK(wanted() == BlockWidth::kWide);
  CHECK(bench.run_wide(numbered(1000, 600), 2 * bytes).routed < 700);
  CHECK(wanted() == BlockWidth::kWide);
  CHECK(bench.run_wide(numbered(1000, 300), bytes + bytes / 16).routed < 400);
  CHECK(wanted() == BlockWidth::kWidest);
  CHECK(bench.run_wide(numbered(1000, 150), bytes + bytes / 16, BlockWidth::kWidest).routed < 200);
  CHECK(wanted() == BlockWidth::kWidest);
  bench.run_wide(numbered(1000, 600), bytes + bytes / 16, BlockWidth::kWidest);
  CHECK(wanted() == BlockWidth::kUsual);
}

TEST_CASE("double blocks are combined with what usual ones have taught, and take no memory but their text's") {
  Bench bench(1);
  bench.run(numbered(1000, 10), 0);
  CHECK(bench.combining().width(1) == BlockWidth::kDouble);
  const std::uint64_t usual = bench.used_bytes();
  const std::size_t bytes = testing::to_tsv(numbered(2000, 10)).size();
  CHECK(bench.run_wide(numbered(2000, 10), bytes, BlockWidth::kDouble).routed == 10);
  CHECK(bench.combining().width(2) == BlockWidth::kDouble);
  CHECK(bench.used_bytes() <= usual);
  bench.run_wide(numbered(200, 200), bytes, BlockWidth::kDouble);  // part empty
  CHECK(bench.combining().width(2) == BlockWidth::kDouble);
  bench.run_wide(numbered(2000, 1900), bytes, BlockWidth::kDouble);
  CHECK(bench.combining().width(3) == BlockWidth::kUsual);
}

TEST_CASE("what wide blocks took is given back at the first usual one that is no probe") {
  Bench bench(1);
  bench.run(numbered(1000, 1000), 1);
  bench.run(numbered(1000, 1000), 32);
  const std::uint64_t usual = bench.used_bytes();
  bench.run_wide(numbered(1000, 100), std::size_t{1} << 16);
  bench.end_wide();
  bench.run(numbered(1000, 1000), 64);
  CHECK(bench.used_bytes() > usual);
  bench.run(numbered(1000, 1000), 65);
  CHECK(bench.used_bytes() == usual);
}

TEST_CASE("blocks of the same keys, one after the other, send each once, with its block's last value") {
  Bench bench(3);
  for (std::uint64_t block = 0; block < 5; ++block) {
    Pairs records = numbered(1000, 20 + 10 * static_cast<int>(block));
    for (auto& record : records) record.second += " of block " + std::to_string(block);
    bench.run(records, block);
    Pairs routed;
    for (std::size_t shard = 0; shard < 3; ++shard) {
      for (const auto& record : bench.part(shard)) {
        CHECK(Router(3).shard_of(testing::Padded(record.first).view()) == shard);
        routed.push_back(record);
      }
    }
    CHECK(testing::last_values(routed) == testing::last_values(records));
    CHECK(routed.size() == testing::last_values(records).size());
  }
}

TEST_CASE("keys of other lengths and values than the ones before them are not taken for repeats") {
  Bench bench(1);
  const Pairs records{
      {"a", "1"}, {"ab", "2"}, {"a", ""}, {"b", "x"}, {std::string(40, 'k'), "y"}, {std::string(41, 'k'), "z"}};
  bench.run(records, 0);
  CHECK(testing::last_values(bench.part(0)) == testing::last_values(records));
}

TEST_CASE("where all shards want entries they get the same records as such, but for those that are combined") {
  constexpr std::size_t kShards = 3;
  Pairs records = numbered(2000, 2000);
  records.insert(records.begin() + 700, {{std::string(17, 'k'), "17"}, {std::string(240, 'k'), std::string(11, 'v')}});
  Bench bench(kShards);
  std::vector<Pairs> expected(kShards);
  for (std::size_t wanting = 0; wanting <= kShards; ++wanting) {
    const bool all = wanting == kShards;
    CHECK(bench.run(records, 1).records == records.size());
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      if (wanting == 0) expected[shard] = bench.part(shard);
      CHECK(bench.part(shard) == (all ? Pairs() : expected[shard]));
      CHECK(bench.entries(shard) == (all ? expected[shard] : Pairs()));
    }
    if (!all) bench.want_entries(wanting, true);
  }
  bench.run(records, 32);
  CHECK(!bench.part(0).empty());
  CHECK(bench.entries(0).empty());
}

TEST_CASE("a bad line ends the batch, and the records before it are counted") {
  Bench bench(2);
  Batch const& good = bench.run({{"a", "1"}}, 1);
  CHECK(good.parsed.bad.empty());
  MemoryBudget budget(UINT64_MAX);
  Batch batch(1000, 2, budget);
  testing::fill(batch, "a\t1\nb\t2\nbad\nc\t3\n");
  const KeyHash hash(1);
  Partition partition(2, RecordRules(), hash);
  for (const std::uint64_t sequence : {0ul, 1ul}) {
    batch.sequence = sequence;
    partition.run(batch);
    CHECK(batch.records == 2);
    REQUIRE(batch.parsed.bad.size() == 1);
    CHECK(batch.parsed.bad.front().line == 2);
  }
}

}  // namespace partition_test
