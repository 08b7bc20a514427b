// What changed from one store to another.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include "pipeline/mode/mode.hpp"
#include "pipeline/output/difference_writer.hpp"
#include "tests/testing.hpp"

namespace difference_test {

using namespace shardflow;
using testing::Map;
using testing::Pairs;

namespace {

class TextSink final : public Sink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  void write(std::string_view bytes) override { text_ += bytes; }
  void commit() override {}

 private:
  std::string& text_;
};

struct Found {
  DifferenceCounts counts;
  std::multiset<std::string> lines;
  std::string text{};  // in its order, where that is by key
};

Found difference(const Pairs& before, const Pairs& after, const WriteOptions& options = {}, std::uint32_t shards = 3) {
  Store old_store(shards);
  Store new_store(shards);
  testing::TextSource old_source(testing::to_tsv(before));
  testing::TextSource new_source(testing::to_tsv(after));
  find_mode("serial")->run(old_source, old_store, {});
  find_mode("serial")->run(new_source, new_store, {});
  std::string text;
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::make_unique<TextSink>(text));
  Found found{write_differences(old_store, new_store, options, sinks), {}};
  CHECK(count_differences(old_store, new_store, options.threads) == found.counts);
  if (options.order == Order::kByKey) found.text = text;
  std::istringstream lines(text);
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

TEST_CASE("by key, differences are in the order of their keys, for any number of shards and threads") {
  Pairs before;
  Pairs after;
  for (int i = 0; i < 100'000; ++i) (i % 3 == 0 ? before : after).emplace_back("key" + std::to_string(i), "v");
  const Found found = difference(before, after, {.order = Order::kByKey, .threads = 2}, 7);
  CHECK(found.counts.added == 66'666);
  std::vector<std::string> keys;
  std::istringstream lines(found.text);
  for (std::string line; std::getline(lines, line);) keys.push_back(line.substr(line.find('\t')));
  CHECK(keys.size() == 100'000);
  CHECK(std::ranges::is_sorted(keys));
  CHECK(found.text == difference(before, after, {.order = Order::kByKey, .threads = 1}, 2).text);
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

}  // namespace difference_test
