// What changed from one store to another.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "pipeline/mode/mode.hpp"
#include "pipeline/output/difference_writer.hpp"
#include "tests/testing.hpp"

using namespace shardflow;
using testing::Map;
using testing::Pairs;

namespace {

class TextSink final : public Sink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void commit() override {}
  std::string text;
};

struct Found {
  DifferenceCounts counts;
  std::multiset<std::string> lines;
};

Found difference(const Pairs& before, const Pairs& after, const WriteOptions& options = {}, std::uint32_t shards = 3) {
  Store old_store(shards);
  Store new_store(shards);
  testing::TextSource old_source(testing::to_tsv(before));
  testing::TextSource new_source(testing::to_tsv(after));
  find_mode("serial")->run(old_source, old_store, {});
  find_mode("serial")->run(new_source, new_store, {});
  TextSink sink;
  Found found{write_difference(old_store, new_store, options, &sink), {}};
  std::istringstream lines(sink.text);
  for (std::string line; std::getline(lines, line);) found.lines.insert(line);
  return found;
}

std::multiset<std::string> expected_lines(const Map& before, const Map& after) {
  std::multiset<std::string> lines;
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end()) lines.insert("added\t" + key + "\t\t" + value);
    if (old != before.end() && old->second != value)
      lines.insert("changed\t" + key + "\t" + old->second + "\t" + value);
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) lines.insert("removed\t" + key + "\t" + value + "\t");
  }
  return lines;
}

rc::Gen<Pairs> records() {
  const auto text = [](int least) {
    return rc::gen::mapcat(rc::gen::inRange(least, 3), [](int length) {
      return rc::gen::container<std::string>(static_cast<std::size_t>(length), rc::gen::element('a', 'b'));
    });
  };
  return rc::gen::container<Pairs>(rc::gen::pair(text(1), text(0)));
}

}  // namespace

TEST_CASE("each key is added, removed, changed or the same, as two maps say") {
  CHECK(rc::check([] {
    const Pairs before = *records();
    const Pairs after = *records();
    const auto shards = *rc::gen::inRange<std::uint32_t>(1, 9);
    const Found found = difference(before, after, {.threads = 2}, shards);
    RC_ASSERT(found.lines == expected_lines(testing::last_values(before), testing::last_values(after)));
    const DifferenceCounts& counts = found.counts;
    RC_ASSERT(counts.added + counts.changed + counts.same == testing::last_values(after).size());
    RC_ASSERT(counts.removed + counts.changed + counts.same == testing::last_values(before).size());
    RC_ASSERT(counts.equal() == found.lines.empty());
  }));
}

TEST_CASE("each format has the values that there are") {
  const Pairs before{{"a", "1"}, {"b", "x\ty"}};
  const Pairs after{{"b", "2,3"}, {"c", ""}};
  CHECK(difference(before, after).lines ==
        std::multiset<std::string>{"added\tc\t\t", "changed\tb\tx\\ty\t2,3", "removed\ta\t1\t"});
  CHECK(difference(before, after, {.format = RecordFormat::kCsv}).lines ==
        std::multiset<std::string>{"change,key,old,new", "added,c,,", "changed,b,x\ty,\"2,3\"", "removed,a,1,"});
  CHECK(difference(before, after, {.format = RecordFormat::kJsonLines}).lines ==
        std::multiset<std::string>{"{\"change\":\"added\",\"key\":\"c\",\"new\":\"\"}",
                                   "{\"change\":\"changed\",\"key\":\"b\",\"old\":\"x\\ty\",\"new\":\"2,3\"}",
                                   "{\"change\":\"removed\",\"key\":\"a\",\"old\":\"1\"}"});
}
