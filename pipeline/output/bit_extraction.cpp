#include "pipeline/output/bit_extraction.hpp"

#include <algorithm>
#include <array>

#include "pipeline/store/bytes.hpp"

namespace shardflow {
namespace {

// One run of the mask's ones after the other: text has few, because its bytes differ in their lower halves.
void extract_runs(const void* numbers, std::size_t stride, std::size_t count, std::uint64_t mask, std::uint32_t* bits) {
  std::fill_n(bits, count, 0);
  for (int done = 0; mask != 0;) {
    const int start = std::countr_zero(mask);
    const int length = std::countr_one(mask >> start);
    const std::uint64_t run = ((std::uint64_t{1} << length) - 1) << done;
    const auto* at = static_cast<const char*>(numbers);
    for (std::size_t i = 0; i < count; ++i, at += stride) {
      bits[i] |= static_cast<std::uint32_t>((load64(at) >> (start - done)) & run);
    }
    mask &= ~(((std::uint64_t{1} << length) - 1) << start);
    done += length;
  }
}

#if defined(__x86_64__)

// AMD's processors before Zen 3 have the instruction in microcode, where each bit takes cycles.
bool has_fast_pext() {
  return __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("bdver4") && !__builtin_cpu_is("znver1") &&
         !__builtin_cpu_is("znver2");
}

__attribute__((target("bmi2"))) void extract_pext(const void* numbers, std::size_t stride, std::size_t count,
                                                  std::uint64_t mask, std::uint32_t* bits) {
  const auto* at = static_cast<const char*>(numbers);
  for (std::size_t i = 0; i < count; ++i, at += stride) {
    bits[i] = static_cast<std::uint32_t>(__builtin_ia32_pext_di(load64(at), mask));
  }
}

#endif

}  // namespace

std::span<const BitExtraction> bit_extractions() {
  static const std::array kWays {
#if defined(__x86_64__)
    BitExtraction{"PEXT", has_fast_pext(), extract_pext},
#endif
        BitExtraction{"any processor", true, extract_runs},
  };
  return kWays;
}

void extract_bits(const void* numbers, std::size_t stride, std::size_t count, std::uint64_t mask, std::uint32_t* bits) {
  static const auto kBest = std::ranges::find_if(bit_extractions(), &BitExtraction::supported)->extract;
  kBest(numbers, stride, count, mask, bits);
}

}  // namespace shardflow
