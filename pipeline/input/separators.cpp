#include "pipeline/input/separators.hpp"

#include <algorithm>
#include <array>

#include "pipeline/input/processors.hpp"

namespace shardflow {
namespace {

template <class Processor>
[[gnu::always_inline]] inline std::uint32_t* find(const char* text, std::uint32_t begin, std::uint32_t end, char a,
                                                  char b, std::uint32_t* out) {
  const auto look_at = [&](std::uint32_t at, std::uint64_t here) __attribute__((always_inline)) {
    const auto [first, second] = Processor::masks(text + at, a, b);
    const std::uint64_t wanted = (first | second) & here;
    const std::uint32_t count = Processor::count(wanted);
    Processor::template list<8>(wanted, count, at, out);
    out += count;
    return true;
  };
  for_each_stretch(begin, end, look_at);
  return out;
}

std::uint32_t* scan_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                             std::uint32_t* out) {
  return find<AnyProcessor>(text, begin, end, a, b, out);
}

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt"))) std::uint32_t* scan_avx2(const char* text,
                                                                                     std::uint32_t begin,
                                                                                     std::uint32_t end, char a, char b,
                                                                                     std::uint32_t* out) {
  return find<Avx2>(text, begin, end, a, b, out);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt"))) std::uint32_t* scan_avx512(
    const char* text, std::uint32_t begin, std::uint32_t end, char a, char b, std::uint32_t* out) {
  return find<Avx512>(text, begin, end, a, b, out);
}

#endif

}  // namespace

std::span<const SeparatorScan> separator_scans() {
  static const std::array kScans {
#if defined(__x86_64__)
    SeparatorScan{"AVX-512 VBMI2", Avx512::supported(), scan_avx512},
        SeparatorScan{"AVX2", Avx2::supported(), scan_avx2},
#endif
        SeparatorScan{"any processor", true, scan_anywhere},
  };
  return kScans;
}

std::uint32_t* find_separators(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                               std::uint32_t* out) {
  static const auto kBest = std::ranges::find_if(separator_scans(), &SeparatorScan::supported)->positions;
  return kBest(text, begin, end, a, b, out);
}

}  // namespace shardflow
