#include "pipeline/output/difference_writer.hpp"

#include <oneapi/tbb/parallel_for.h>

#include <cassert>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/store/difference.hpp"

namespace shardflow {
namespace {

struct Line {
  Change change;
  std::string_view key;
  std::string_view before;
  std::string_view after;

  std::string_view word() const {
    return change == Change::kAdded ? "added" : change == Change::kRemoved ? "removed" : "changed";
  }
};

void append_tsv(std::string& text, const Line& line) {
  text += line.word();
  for (const std::string_view field : {line.key, line.before, line.after}) {
    text += '\t';
    append_escaped(text, field);
  }
  text += '\n';
}

void append_csv(std::string& text, const Line& line) {
  text += line.word();
  for (const std::string_view field : {line.key, line.before, line.after}) {
    text += ',';
    append_csv_field(text, field);
  }
  text += '\n';
}

void append_json(std::string& text, const Line& line) {
  text += "{\"change\":\"";
  text += line.word();
  text += "\",\"key\":";
  append_json_string(text, line.key);
  if (line.change != Change::kAdded) {
    text += ",\"old\":";
    append_json_string(text, line.before);
  }
  if (line.change != Change::kRemoved) {
    text += ",\"new\":";
    append_json_string(text, line.after);
  }
  text += "}\n";
}

using Append = void (*)(std::string&, const Line&);

Append append_for(RecordFormat format) {
  switch (format) {
    case RecordFormat::kCsv:
      return append_csv;
    case RecordFormat::kJsonLines:
      return append_json;
    default:
      return append_tsv;
  }
}

struct ShardDifference {
  DifferenceCounts counts;
  std::string text;
};

ShardDifference compare(const Store& before, const Store& after, std::size_t shard, Append append) {
  ShardDifference found;
  const auto take = [&](Change change, std::string_view key, std::string_view old_value, std::string_view new_value) {
    ++(change == Change::kAdded     ? found.counts.added
       : change == Change::kRemoved ? found.counts.removed
                                    : found.counts.changed);
    if (append != nullptr) append(found.text, {change, key, old_value, new_value});
  };
  found.counts.same = compare_shard(before, after, shard, take);
  return found;
}

void write(const std::vector<ShardDifference>& shards, const WriteOptions& options, Sink& sink) {
  Compressor compressor(options.compression);
  std::string text = options.format == RecordFormat::kCsv ? "change,key,old,new\n" : "";
  compressor.run(text);
  sink.write(text);
  for (const ShardDifference& shard : shards) {
    if (shard.text.empty()) continue;
    text = shard.text;
    compressor.run(text);
    sink.write(text);
  }
}

}  // namespace

DifferenceCounts write_difference(const Store& before, const Store& after, const WriteOptions& options, Sink* sink) {
  assert(options.order == Order::kAsStored);
  std::vector<ShardDifference> shards(after.shards().size());
  const Append append = sink == nullptr ? nullptr : append_for(options.format);
  in_arena(options.threads, [&] {
    oneapi::tbb::parallel_for(std::size_t{0}, shards.size(),
                              [&](std::size_t i) { shards[i] = compare(before, after, i, append); });
  });
  DifferenceCounts sum;
  for (const ShardDifference& shard : shards) {
    sum.added += shard.counts.added;
    sum.removed += shard.counts.removed;
    sum.changed += shard.counts.changed;
    sum.same += shard.counts.same;
  }
  if (sink != nullptr) write(shards, options, *sink);
  return sum;
}

}  // namespace shardflow
