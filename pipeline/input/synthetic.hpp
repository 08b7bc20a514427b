// Input made to measure: so many records over so many keys, drawn from a named distribution.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "pipeline/input/file_source.hpp"

namespace shardflow {

// How often each key comes.
enum class KeyDistribution {
  kSequential,  // key 0, 1, 2 …, again from 0 after the last
  kUniform,     // each as likely as any other
  kZipf,        // the i-th most frequent as often as 1 / i^skew
  kFewHotKeys,  // a share of all records on the first few keys, the others uniform
};

struct SyntheticSpec {
  KeyDistribution distribution = KeyDistribution::kSequential;
  std::uint64_t records = 1'000'000;
  std::uint64_t keys = 0;         // 0: as many as records; of zipf at most 2^53
  double skew = 0.99;             // of zipf; YCSB's choice
  std::uint64_t hot_keys = 10;    // of few-hot-keys; 0, or more than there are keys: all of them
  double hot_share = 0.9;         // of few-hot-keys
  std::uint32_t key_bytes = 0;    // keys are padded with zeros to this length; 0: not padded
  std::uint32_t value_bytes = 0;  // and values to this
  std::uint64_t seed = 1;

  // Reads "DISTRIBUTION[:NAME=VALUE,…]": sequential, uniform, zipf or few-hot-keys, with the names
  // records, keys, skew, hot-keys, hot-share, key-bytes, value-bytes, seed. Counts may end in k, M, G.
  // Throws std::invalid_argument that says what is wrong and what would be right.
  static SyntheticSpec parse(std::string_view text);

  // At least 1.
  std::uint64_t key_count() const { return keys > 0 ? keys : std::max<std::uint64_t>(records, 1); }
  // What makes the first `most` of these records, over the same keys; all of them where there are not so many.
  SyntheticSpec first(std::uint64_t most) const;
};

// Makes the records one by one. The same spec gives the same bytes on every machine: the generator is
// std::mt19937_64, which the standard fixes, and no std:: distribution, which it does not, is used.
// Record i is key<drawn number> TAB value<i>: so the last value tells which record wrote it.
class SyntheticRecords {
 public:
  // Throws std::invalid_argument if zipf is to have more than 2^53 keys.
  explicit SyntheticRecords(const SyntheticSpec& spec);

  // Appends the next record as a line of TSV; false if there are no more.
  bool append_next(std::string& text);

 private:
  std::uint64_t draw_key();
  std::uint64_t below(std::uint64_t bound);
  double unit();
  std::uint64_t draw_zipf();

  SyntheticSpec spec_;
  std::mt19937_64 random_;
  std::uint64_t next_ = 0;
  // Constants of the zipf sampler, see draw_zipf.
  double zipf_first_ = 0;
  double zipf_last_ = 0;
  double zipf_threshold_ = 0;
};

// Writes the whole of it to memory (a memfd) and returns that, to be read from its start: so that making
// the input costs a measurement nothing, and reading it takes the way that a file takes.
Descriptor synthetic_file(const SyntheticSpec& spec);

}  // namespace shardflow
