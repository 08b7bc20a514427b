// What formats, compression and output cost beside plain TSV, on files in the page cache.
//
// Loads are whole processes; the decompression libraries, on one thread, and the writing of the map run in this one.
// All in turn, as in the other benchmark.
//
//   shardflow_formats_bench BINARY [ROUNDS]
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/input/file_source.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/map_writer.hpp"
#include "tests/bench/rounds.hpp"

namespace {

using bench::Inputs;
using bench::Sample;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

// As gzip(1) writes it: one member, of which nobody can tell where its middle is.
std::string gzip(std::string_view text) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(), packed.size()));
  return packed;
}

// As zstd(1): one frame.
std::string zstd(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

// What the program, too, decompresses at a time: a block.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

// Seconds that ISA-L takes to decompress all of it on this thread, piece by piece.
double isal_s(std::string_view packed) {
  std::vector<std::uint8_t> piece(kPieceBytes);
  const auto start = Clock::now();
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  std::string input(packed);
  state.next_in = reinterpret_cast<std::uint8_t*>(input.data());
  state.avail_in = static_cast<std::uint32_t>(input.size());
  for (bool finished = false; !finished;) {
    state.next_out = piece.data();
    state.avail_out = kPieceBytes;
    if (isal_inflate(&state) < 0) throw std::runtime_error("ISA-L can't read what libdeflate wrote");
    if (state.block_state != ISAL_BLOCK_FINISH) continue;
    finished = state.avail_in == 0;
    isal_inflate_reset(&state);
    state.crc_flag = ISAL_GZIP;  // of the next member
  }
  return seconds_since(start);
}

double libzstd_s(std::string_view packed) {
  std::vector<char> piece(kPieceBytes);
  const auto start = Clock::now();
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  for (std::size_t left = 1; left != 0 || in.pos < in.size;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) throw std::runtime_error("libzstd can't read what it wrote");
  }
  return seconds_since(start);
}

// "k\tv\n" as `open`, k, `between`, v, `close`.
std::string rewritten(std::string_view tsv, std::string_view open, std::string_view between, std::string_view close) {
  std::string text;
  text.reserve(2 * tsv.size());
  for (std::size_t begin = 0; begin < tsv.size();) {
    const std::size_t tab = tsv.find('\t', begin);
    const std::size_t end = tsv.find('\n', tab);
    text.append(open).append(tsv, begin, tab - begin).append(between);
    text.append(tsv, tab + 1, end - tab - 1).append(close);
    begin = end + 1;
  }
  return text;
}

// The inputs by the names of the cases, all made of two TSV files.
void make_inputs(const Inputs& inputs, const std::string& binary) {
  inputs.make("unique.tsv", "sequential:records=5M");
  inputs.make("shuffled.tsv", "uniform:records=5M,keys=5M");
  inputs.make("hot.tsv", "uniform:records=10M,keys=400");
  const std::string unique = read(inputs.path("unique.tsv"));
  write(inputs.path("plain.csv"), rewritten(unique, "", ",", "\n"));
  write(inputs.path("quoted.csv"), rewritten(unique, "\"", "\",\"", "\"\n"));
  const std::string hot = read(inputs.path("hot.tsv"));
  write(inputs.path("hot.csv"), rewritten(hot, "", ",", "\n"));
  write(inputs.path("hot_quoted.csv"), rewritten(hot, "\"", "\",\"", "\"\n"));
  write(inputs.path("hot.jsonl"), rewritten(hot, R"({"key":")", R"(","value":")", "\"}\n"));
  for (const auto& [name, text] : {std::pair{"unique", &unique}, std::pair{"hot", &hot}}) {
    write(inputs.path(std::string(name) + ".tsv.gz"), gzip(*text));
    write(inputs.path(std::string(name) + ".tsv.zst"), zstd(*text));
  }
  // Of long values that say little decompressing is the least of the work.
  inputs.make("long_values.tsv", "sequential:records=300k,value-bytes=1000");
  // In an order of their own, so each is to be held against the other.
  for (const auto& [from, to] : {std::pair{"unique.tsv", "ours.tsv"}, std::pair{"long_values.tsv", "long.tsv"}}) {
    for (const char* const coding : {"", ".gz", ".zst"}) {
      bench::run({binary, "load", inputs.path(from), "-q", "--output", inputs.path(std::string(to) + coding)},
                 inputs.path("log"));
    }
  }
}

// A map in this process, written again and again.
class Written {
 public:
  Written(const std::string& input, std::string output)
      : store_(8), threads_(shardflow::logical_cores()), output_(std::move(output)) {
    shardflow::FileSource source({input}, shardflow::kMaxBlockBytes / 2, nullptr);
    shardflow::modes().front().run(source, store_, {.threads = threads_});
  }
  double seconds(shardflow::Order order) const {
    const auto start = Clock::now();
    std::vector<std::unique_ptr<shardflow::Sink>> sinks;
    sinks.push_back(shardflow::open_sink(output_, nullptr));
    write_map(store_, {.order = order, .threads = threads_}, sinks);
    sinks.front()->commit();
    return seconds_since(start);
  }

 private:
  shardflow::Store store_;
  std::uint32_t threads_;
  std::string output_;
};

const std::vector<std::string> kCases{
    "unique.tsv",  "plain.csv",    "quoted.csv", "unique.tsv.gz", "unique.tsv.zst", "ours.tsv",
    "ours.tsv.gz", "ours.tsv.zst", "hot.tsv",    "hot.csv",       "hot_quoted.csv", "hot.jsonl",
    "hot.tsv.gz",  "hot.tsv.zst",  "long.tsv",   "long.tsv.gz",   "long.tsv.zst"};

struct Round {
  std::map<std::string, Sample> loads;
  std::map<std::string, double> library_s;  // of the packed ones: the library alone, on one thread
  double output_s;
  double sorted_s;
  double shuffled_output_s;
  double shuffled_sorted_s;
  double ns(const std::string& name) const { return loads.at(name).ns(); }
  double wall_s(const std::string& name) const { return loads.at(name).statistics["wall_s"]; }
  // Speed over the library's.
  double alone(const std::string& name) const { return library_s.at(name) / wall_s(name); }
  // Time over that of the same text and of the library's work, where all threads share it.
  double shared(const std::string& packed, const std::string& plain) const {
    return wall_s(packed) / (wall_s(plain) + library_s.at(packed) / shardflow::logical_cores());
  }
};

void print_cases(const std::vector<Round>& rounds) {
  std::printf("%-16s %10s %10s %10s %10s %10s\n", "case (medians)", "ns/record", "user", "system", "MB/s", "peak MB");
  for (const std::string& name : kCases) {
    const auto of = [&](const std::function<double(const Sample&)>& value) {
      std::vector<double> values;
      for (const Round& round : rounds) values.push_back(value(round.loads.at(name)));
      return bench::median(values);
    };
    std::printf("%-16s %10.1f %10.1f %10.1f %10.0f %10.0f\n", name.c_str(), of([](const Sample& s) { return s.ns(); }),
                of([](const Sample& s) { return s.per_record_ns("user_s"); }),
                of([](const Sample& s) { return s.per_record_ns("system_s"); }),
                of([](const Sample& s) { return s.input_mb_per_s(); }),
                of([](const Sample& s) { return s.peak_mb(); }));
  }
}

int print_all_bounds(const std::vector<Round>& rounds, double output_mb) {
  const auto over = [&](const char* name, const char* base) {
    return [&rounds, name, base](std::size_t r) { return rounds[r].ns(name) / rounds[r].ns(base); };
  };
  const int slow = bench::print_bounds(
      bench::Side::kAtMost,
      {
          {"CSV without quotes: ns/record over TSV's", 1.2, over("plain.csv", "unique.tsv")},
          {"CSV with all in quotes: ns/record over TSV's", 2, over("quoted.csv", "unique.tsv")},
          {"CSV without quotes, 400 keys: likewise", 1.2, over("hot.csv", "hot.tsv")},
          {"CSV with all in quotes, 400 keys: likewise", 2, over("hot_quoted.csv", "hot.tsv")},
          {"gzip of ours: ns/record over TSV's", 1.1, over("ours.tsv.gz", "ours.tsv")},
          {"zstd of ours: ns/record over TSV's", 1.1, over("ours.tsv.zst", "ours.tsv")},
          {"zstd, one frame: ns/record over TSV's", 1.1, over("unique.tsv.zst", "unique.tsv")},
          {"gzip of ours, long values: ns/record over TSV's", 1.1, over("long.tsv.gz", "long.tsv")},
          {"zstd of ours, long values: ns/record over TSV's", 1.1, over("long.tsv.zst", "long.tsv")},
          {"gzip of ours: over TSV's and its share of ISA-L's", 1.1,
           [&](std::size_t r) { return rounds[r].shared("ours.tsv.gz", "ours.tsv"); }},
          {"zstd of ours: over TSV's and its share of libzstd's", 1.1,
           [&](std::size_t r) { return rounds[r].shared("ours.tsv.zst", "ours.tsv"); }},
          {"--sort: time over unsorted output's", 2,
           [&](std::size_t r) { return rounds[r].sorted_s / rounds[r].output_s; }},
          {"--sort, keys in random order: likewise", 2,
           [&](std::size_t r) { return rounds[r].shuffled_sorted_s / rounds[r].shuffled_output_s; }},
      },
      rounds.size());
  const int little =
      bench::print_bounds(bench::Side::kAtLeast,
                          {
                              {"JSON Lines of two short fields: MB/s", 500,
                               [&](std::size_t r) { return rounds[r].loads.at("hot.jsonl").input_mb_per_s(); }},
                              {"gzip, one member: speed over ISA-L's alone", 0.9,
                               [&](std::size_t r) { return rounds[r].alone("hot.tsv.gz"); }},
                              {"zstd, one frame: speed over libzstd's alone", 0.9,
                               [&](std::size_t r) { return rounds[r].alone("hot.tsv.zst"); }},
                              {"--output of 5M records, to memory: MB/s", 500,
                               [&](std::size_t r) { return output_mb / rounds[r].output_s; }},
                          },
                          rounds.size());
  return slow + little;
}

int measure(const std::string& binary, std::size_t count) {
  const Inputs inputs(binary);
  make_inputs(inputs, binary);
  std::map<std::string, std::string> packed;
  for (const char* const name : {"hot.tsv.gz", "hot.tsv.zst", "ours.tsv.gz", "ours.tsv.zst"}) {
    packed[name] = read(inputs.path(name));
  }
  const Written written(inputs.path("unique.tsv"), inputs.path("out.tsv"));
  const Written shuffled(inputs.path("shuffled.tsv"), inputs.path("shuffled_out.tsv"));
  std::vector<Round> rounds;
  for (std::size_t i = 0; i <= count; ++i) {
    Round round{};
    for (const std::string& name : kCases) {
      bench::touch_memory(350e6);  // as the largest of them needs
      round.loads.emplace(name, inputs.load(name));
    }
    for (const auto& [name, bytes] : packed) {
      round.library_s[name] = name.ends_with(".gz") ? isal_s(bytes) : libzstd_s(bytes);
    }
    round.output_s = written.seconds(shardflow::Order::kAsStored);
    round.sorted_s = written.seconds(shardflow::Order::kByKey);
    round.shuffled_output_s = shuffled.seconds(shardflow::Order::kAsStored);
    round.shuffled_sorted_s = shuffled.seconds(shardflow::Order::kByKey);
    if (i > 0) rounds.push_back(std::move(round));  // the first one warms the files and the memory up
  }
  print_cases(rounds);
  return print_all_bounds(rounds, static_cast<double>(read(inputs.path("out.tsv")).size()) / 1e6);
}

}  // namespace

int main(int argc, char** argv) { return bench::bench_main(argc, argv, measure); }
