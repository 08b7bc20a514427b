#include "pipeline/measure/check.hpp"

#include <unordered_set>

#include "pipeline/input/parse.hpp"

namespace shardflow {

std::uint64_t wrong_keys(const Store& store, Source& source, std::size_t block_bytes, const RecordRules& rules) {
  MemoryBudget budget(UINT64_MAX);
  Block block(block_bytes, budget);
  // A stored value's address stands for its key: it is one key's alone, and 8 bytes long.
  std::unordered_set<const char*> explained;
  std::unordered_set<std::string> missing;
  while (source.next(block)) {
    parse_records(block, rules, [&](const Fields& fields) {
      const char* const text = block.data_of_text();
      const std::string_view key(text + fields.key_offset, fields.key_bytes);
      const auto value = store.find(key);
      if (!value) {
        missing.emplace(key);
      } else if (*value == std::string_view(text + fields.value_offset, fields.value_bytes)) {
        explained.insert(value->data());
      }
    });
    block.reset();
  }
  return store.size() - explained.size() + missing.size();
}

}  // namespace shardflow
