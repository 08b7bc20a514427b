// The line that tells how far a run is.
#include <doctest/doctest.h>

#include "app/progress_text.hpp"

namespace progress_test {

using namespace shardflow::app;

namespace {

const ProgressState kHalf{12'300'000, 250'000'000, 0.5, 2, ""};

}  // namespace

TEST_CASE("share and time left are told where the total is known") {
  CHECK(progress_text(kHalf) == "50 %: 12.3 M records, 250.0 MB, 6.2 M records/s, 2 s left");
  CHECK(progress_text({1000, 20'000, 0, 0.5, ""}) == "1.0 k records, 20.0 kB, 2.0 k records/s");
  CHECK(progress_text({0, 0, 0, 0.5, ""}) == "0 records, 0 B, 0 records/s");
}

TEST_CASE("what comes after the reading says its name, and has no records to count") {
  CHECK(progress_text({0, 290'000'000, 0.25, 1, "writing"}) == "writing, 25 %: 290.0 MB, 3 s left");
  CHECK(progress_text({0, 0, 0, 1, "sorting and writing"}) == "sorting and writing: 0 B");
}

TEST_CASE("the bar takes what is left of the line, and the line never wraps") {
  CHECK(progress_bar(kHalf, 80) == "[#########..........] 50 %: 12.3 M records, 250.0 MB, 6.2 M records/s, 2 s left");
  CHECK(progress_bar(kHalf, 300).starts_with("[####################....................] 50 %"));
  CHECK(progress_bar(kHalf, 62) == progress_text(kHalf));
  for (std::size_t columns = 0; columns < 100; ++columns) {
    CHECK(progress_bar(kHalf, columns).size() <= (columns == 0 ? 0 : columns - 1));
  }
}

TEST_CASE("without a total there is no bar") {
  CHECK(progress_bar({1000, 20'000, 0, 0.5, ""}, 80) == "1.0 k records, 20.0 kB, 2.0 k records/s");
}

}  // namespace progress_test
