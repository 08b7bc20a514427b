// The decision of a performance gate: samples in, verdict out. No clock, no process, no random number, so that its
// error rates can be found by simulation; tests/gate_test.cpp does.
//
// A question is a ratio (a metric of this build over the base's, pair by pair) and the range that the ratio's true
// median must be in. It is looked at a few times only, at fixed numbers of pairs, and what has an answer is measured
// no further. What lies outside is measured afresh, and only what lies outside then too is told.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/measure/statistics.hpp"

namespace shardflow {

struct Range {
  double low = 0;  // 0: no bound below
  double high = 1;
};

// A number of pairs at which the samples are looked at, and the share of the allowed errors that the look may spend.
struct Look {
  std::size_t pairs = 0;
  double share = 1;
};

struct GateRule {
  // Rising. Half as many pairs again each time: a look too late costs a third of the run at most, and each look costs
  // significance. What is plain is plain at a small share; the shares are for what is not, which is decided late.
  std::vector<Look> looks{{16, 0.04}, {24, 0.06},  {36, 0.08},  {54, 0.10},
                          {80, 0.12}, {120, 0.15}, {180, 0.20}, {270, 0.25}};
  // The most probable that any question is found outside although none is, over all looks, before the confirmation.
  double false_alarm = 0.01;
  // Likewise, that a question is found within although its true median is on the bound or beyond, for each question.
  double false_quiet = 0.05;
};

struct GateQuestion {
  std::size_t workload = 0;  // questions of one workload are answered by the same runs
  Range allowed;
  std::vector<double> ratios;   // this build's over the base's, a number a pair, all above 0
  std::vector<double> control;  // the base's over the base's again, from the same turns; may be empty
  // The question that vouches for this one (for wall time, that of CPU time, which varies less). If that one is within
  // and this one is still open at the last look, kNearly will do. It never makes a question outside.
  std::optional<std::size_t> voucher;
};

enum class Finding {
  kOpen,
  kWithin,
  kAbove,
  kBelow,
  kNearly,  // vouched for: the median of the ratios is within, and the true one shown to be below nearly(bound)
};

// Above 1 by twice as much as `bound`: what can be shown where a machine is too noisy to show the bound itself.
inline double nearly(double bound) { return 1 + 2 * (bound - 1); }

struct Answer {
  Finding finding = Finding::kOpen;
  double median = 0;  // of the ratios; 0 where there are none
  Interval interval;  // its 95 % interval
  // That ratios like these come from a true median within the range: Wilcoxon's test, over the share of its look
  // (Bonferroni), the least of all looks whose interval was outside, and over all questions by Holm.
  double p_above = 1;
  double p_below = 1;
  // The base differs from itself by half of what is allowed, or more: p < 0.02 over all questions, by Holm. Only told
  // with a verdict.
  bool control_tripped = false;
};

// One answer a question. Open: all that have fewer ratios than the first look. What was found at one look stays found:
// the look was paid for, and later pairs don't take it back. A number of ratios between two looks is where the time
// ended, which makes it the last look; it may spend what is left.
//
// Which null: a one-sided Wilcoxon test of log(ratio) - log(bound), that the true median is on the bound. Against a
// ratio of 1 the test would only say that there is some change, however small, and leave the size to the interval
// alone. It needs differences that are symmetric about their median. They are: the two sides of a pair take their turns
// in random order, so their noise is exchangeable, and the difference of two exchangeable logarithms is symmetric.
//
// A finding needs the interval and the test: all of the interval outside, and p below the level; or all of it within,
// and the opposite test below `false_quiet`.
std::vector<Answer> answers(const GateRule& rule, std::span<const GateQuestion> questions);

enum class Verdict {
  kOpen,       // measure on
  kPass,       // every question is within
  kOutside,    // a question is outside, twice
  kUndecided,  // see Reason
};

enum class Reason {
  kNone,
  kTime,          // the time, or the last look, came before the answers
  kControl,       // the base differed from itself
  kDisagreement,  // the first run said outside, the fresh one within
};

// What was measured: each question's first samples, and the fresh ones; of these only those are looked at whose
// question was outside at first.
struct GateSamples {
  std::vector<GateQuestion> first;
  std::vector<GateQuestion> confirmation;  // as long as `first`
};

struct Judgement {
  Verdict verdict = Verdict::kOpen;
  Reason reason = Reason::kNone;
  std::vector<Answer> first;         // an answer a question
  std::vector<Answer> confirmation;  // likewise
  // While the verdict is open: measure these workloads until each has this many pairs, or the time is over.
  bool confirming = false;
  std::vector<std::size_t> workloads;
  std::size_t pairs = 0;
};

// What the samples say, or what to measure next. `time_over`: there will be no more samples of the stage that was
// measured last, which makes this its last look; the confirmation has a time of its own. REQUIRES: each workload has
// been measured up to a look, unless the time is over.
Judgement judge(const GateRule& rule, const GateSamples& samples, bool time_over);

}  // namespace shardflow
