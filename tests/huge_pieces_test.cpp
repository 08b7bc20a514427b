// Pieces of huge pages: what is given is zero, belongs to one, is resident, and goes back to the kernel in the end.
#include "pipeline/huge_pieces.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <optional>
#include <random>
#include <vector>

#include "tests/testing.hpp"

namespace huge_pieces_test {

using namespace shardflow;
using testing::resident_at;

namespace {

constexpr std::size_t kUnit = HugePieces::kUnitBytes;

struct Piece {
  char* data;
  std::size_t bytes;
  char mark;
};

Piece take_marked(HugePieces& pieces, std::size_t bytes, char mark) {
  char* const data = pieces.take(bytes);
  REQUIRE(std::all_of(data, data + bytes, [](char c) { return c == 0; }));
  std::memset(data, mark, bytes);
  return {data, bytes, mark};
}

bool has_its_mark(const Piece& piece) {
  return std::all_of(piece.data, piece.data + piece.bytes, [&](char c) { return c == piece.mark; });
}

// Takes and gives back at random, and looks whether anybody else writes into what is taken.
bool stir(HugePieces& pieces, std::uint32_t seed, std::size_t steps) {
  std::mt19937 random(seed);
  std::vector<Piece> held;
  bool good = true;
  for (std::size_t step = 0; step < steps; ++step) {
    if (held.size() < 40 && random() % 2 == 0) {
      const std::size_t units = random() % 8 == 0 ? 1 + random() % 511 : 1 + random() % 8;
      held.push_back(take_marked(pieces, units * kUnit, static_cast<char>(1 + random() % 100)));
    } else if (!held.empty()) {
      const std::size_t i = random() % held.size();
      good = good && has_its_mark(held[i]);
      pieces.give_back(held[i].data, held[i].bytes);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const Piece& piece : held) {
    good = good && has_its_mark(piece);
    pieces.give_back(piece.data, piece.bytes);
  }
  return good;
}

}  // namespace

TEST_CASE("a piece is zero, also where another one was before, and nobody else's") {
  HugePieces pieces;
  CHECK(stir(pieces, 1, 1000));
}

TEST_CASE("threads take and give back at once") {
  HugePieces pieces;
  std::vector<std::future<bool>> running;
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    running.push_back(std::async(std::launch::async, [&pieces, seed] { return stir(pieces, seed, 200); }));
  }
  for (std::future<bool>& each : running) CHECK(each.get());
}

TEST_CASE("a piece is resident, and its neighbourhood is given next") {
  HugePieces pieces;
  char* const first = pieces.take(3 * kUnit);
  CHECK(resident_at(first) == true);
  CHECK(resident_at(first + 2 * kUnit) == true);
  char* const second = pieces.take(kUnit);
  CHECK(second == first + 3 * kUnit);
  pieces.give_back(first, 3 * kUnit);
  CHECK(pieces.take(4 * kUnit) > second);  // it does not fit where the first one was
  CHECK(pieces.take(2 * kUnit) == first);
  pieces.give_back(first, 2 * kUnit);
  pieces.give_back(second, kUnit);
  CHECK(pieces.take(4 * kUnit) == first);
}

TEST_CASE("no more is mapped than is taken, by a few huge pages, and all of it goes back") {
  HugePieces pieces;
  std::vector<char*> taken;
  constexpr std::size_t kBytes = kHugePageBytes - kUnit;  // the largest
  for (int i = 0; i < 9; ++i) taken.push_back(pieces.take(kBytes));
  std::sort(taken.begin(), taken.end());
  CHECK(std::adjacent_find(taken.begin(), taken.end(), [](const char* a, const char* b) {
          return static_cast<std::size_t>(b - a) < kBytes;
        }) == taken.end());
  for (char* const piece : taken) pieces.give_back(piece, kBytes);
  for (char* const piece : taken) CHECK(resident_at(piece) == std::nullopt);
}

}  // namespace huge_pieces_test
