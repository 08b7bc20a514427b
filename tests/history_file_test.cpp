#include "app/history_file.hpp"

#include <doctest/doctest.h>

#include <string>

#include "pipeline/errors.hpp"
#include "tests/folder.hpp"

namespace history_file_test {

using namespace shardflow;
using namespace shardflow::app;
using testing::Folder;

TEST_CASE("lines come behind what a history has, also by turns") {
  const Folder folder;
  const std::string file = folder.write("h", "old\n");
  {
    HistoryFile one(file);
    HistoryFile other(file);
    one.append("1\n");
    other.append("2\n");
    one.append("3\n");
  }
  CHECK(folder.read("h") == "old\n1\n2\n3\n");
}

TEST_CASE("a history that was made in vain goes, and stays where another one wrote to it meanwhile") {
  const Folder folder;
  { const HistoryFile in_vain(folder.path("h")); }
  CHECK(folder.names().empty());
  {
    const HistoryFile in_vain(folder.path("h"));
    HistoryFile(folder.path("h")).append("another one's\n");
  }
  CHECK(folder.read("h") == "another one's\n");
}

TEST_CASE("no history is no file, and one that can't be written is told") {
  HistoryFile none("");
  none.append("line\n");
  CHECK_THROWS_WITH_AS(HistoryFile("/no/such/h"), "/no/such/h: cannot be opened: No such file or directory", IoError);
  CHECK_THROWS_WITH_AS(HistoryFile("/dev/full").append("line\n"),
                       "/dev/full: cannot be written: No space left on device", IoError);
}

}  // namespace history_file_test
