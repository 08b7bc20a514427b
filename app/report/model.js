// The measurements: brought into one form for both kinds of report, summed up, and put into words.

// The settings that a sweep can vary, in the order in which they are shown.
const axes = [
  {key: "records", title: "workload size", label: "records", words: (n) => `${count(n)} records`},
  {key: "threads", title: "threads", label: "threads", words: (n) => plural(n, "thread")},
  {key: "shards", title: "shards", label: "shards", words: (n) => plural(n, "shard")},
  {key: "capacity", title: "capacity", label: "capacity", words: (n) => `capacity ${capacityText(n)}`},
  {key: "block_bytes", title: "block size", label: "block size", words: (n) => `blocks of ${binaryBytes(n)}`},
];

const percentiles = [
  {key: "p50_ns", label: "50 %"},
  {key: "p90_ns", label: "90 %"},
  {key: "p99_ns", label: "99 %"},
  {key: "p999_ns", label: "99.9 %"},
  {key: "max_ns", label: "max"},
];

// 0.0000000304, "s" → "30.4 ns"
function withPrefix(value, unit) {
  const [, digits, prefix] = d3.format(".3~s")(value).match(/^(.*?)(\D?)$/);
  return `${digits} ${prefix}${unit}`;
}
const time = (seconds) => withPrefix(seconds, "s");
const bytes = (number) => withPrefix(number, "B");
const count = d3.format(".3~s");
const exact = d3.format(",");
const short = (number) => d3.format(number >= 1000 ? ",.0f" : ".3~r")(number < 1e-9 ? 0 : number);
// "5.9 to 7.8", or "5.9 or more" where it has no upper end.
const rangeWords = ({low, high}, format = short) =>
  (high === null ? `${format(low)} or more` : `${format(low)} to ${format(high)}`);
const plural = (number, noun) => `${exact(number)} ${noun}${number === 1 ? "" : "s"}`;
const capacityText = (number) => (number === Infinity ? "unbounded" : count(number));

function binaryBytes(number) {
  const unit = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]].find(([size]) => number % size === 0);
  return unit ? `${number / unit[0]} ${unit[1]}` : bytes(number);
}

// The median and its interval from the order statistics, as median_interval of pipeline/measure/statistics.hpp.
function summary(values) {
  const sorted = [...values].sort(d3.ascending);
  let log = -sorted.length * Math.LN2; // of the probability that just `outside` values lie below the median
  let tail = Math.exp(log); // that at most so many do
  let outside = 0;
  for (;;) {
    log += Math.log((sorted.length - outside) / (outside + 1));
    const probability = Math.exp(log); // 0 of a thousand values or more, where `outside` is small
    if (tail + probability > 0.025) break;
    tail += probability;
    ++outside;
  }
  return {
    median: d3.median(sorted),
    low: sorted[outside],
    high: sorted[sorted.length - 1 - outside],
    confidence: 1 - 2 * tail,
  };
}

// A capacity of null is unbounded; a mode without a queue has none.
const withCapacity = (point) => (point.capacity === null ? {...point, capacity: Infinity} : point);

// One setting, with medians over its rounds. Times are in seconds.
function summedUp(point) {
  const over = (value) => summary(point.samples.map(value));
  const latency = point.samples.every((sample) => sample.latency) && Object.fromEntries(percentiles.map(({key}) =>
    [key, (point.latency ? point.latency[key] : d3.median(point.samples, (sample) => sample.latency[key])) * 1e-9]));
  return {
    ...point,
    time: over((sample) => sample.ns_per_record * 1e-9),
    user: over((sample) => sample.user_s / sample.records),
    system: over((sample) => sample.system_s / sample.records),
    voluntary: over((sample) => 1e3 * sample.voluntary_switches / sample.records),
    forced: over((sample) => 1e3 * sample.involuntary_switches / sample.records),
    memory: over((sample) => sample.peak_resident_bytes),
    latency,
  };
}

// A point for each mode of a comparison, for each setting of a sweep that was measured. `matters` has the settings of
// which its mode was to run with several values; of the others it has one value that says so, or none.
function pointsOf(report) {
  const points = settingsOf(report).map(withCapacity);
  const matters = d3.rollup(points, (own) => new Set(axes.map(({key}) => key).filter((key) =>
    new Set(own.map((point) => point[key])).size > 1)), (point) => point.mode);
  return points.filter(({samples}) => samples.length)
    .map((point) => ({...summedUp(point), matters: matters.get(point.mode)}));
}

function settingsOf(report) {
  if (report.kind === "sweep") return report.points;
  if (report.kind !== "comparison") throw new Error(`no such kind of report: ${report.kind}`);
  return report.modes.map((mode) =>
    ({...mode, records: mode.samples[0].records, threads: report.threads, shards: report.shards}));
}

// Ascending, unbounded last.
const valuesOf = (points, {key}) =>
  [...new Set(points.filter((point) => point.matters.has(key)).map((point) => point[key]))].sort(d3.ascending);
const varying = (points) => axes.filter(({key}) => points.some((point) => point.matters.has(key)));

// The points at `held` (a value for each varying axis) but for the axis `over`. Where an axis does not matter to a
// mode, its points stand for all values.
function slice(points, held, over) {
  const keys = varying(points).filter((axis) => axis !== over).map(({key}) => key);
  return points.filter((point) => keys.every((key) => point[key] === held[key] || !point.matters.has(key)));
}

// What charts of another setting hold it at in the beginning: the most records; of the others the value that is best
// for all modes together, by the mean of the times' logarithms. Where runs were too slow, there are fewer points.
function firstSetting(points) {
  return Object.fromEntries(varying(points).map((axis) => {
    const values = d3.rollups(points.filter((point) => point.matters.has(axis.key)),
      (own) => ({count: own.length, time: d3.mean(own, (point) => Math.log(point.time.median))}),
      (point) => point[axis.key]);
    const better = ([value, a], [other, b]) => (axis.key === "records" ? d3.descending(value, other)
      : d3.descending(a.count, b.count) || d3.ascending(a.time, b.time));
    return [axis.key, d3.least(values, better)[0]];
  }));
}

// Without those that a mode has not, and the records of an input that no run has counted.
const settingWords = (point, shown) =>
  shown.filter(({key}) => point[key] !== undefined && point[key] !== null).map(({key, words}) => words(point[key])).join(", ");

const roundsWords = (points) => {
  const [least = 0, most = 0] = d3.extent(points, (point) => point.samples.length);
  return least === most ? plural(most, "round") : `${least} to ${most} rounds`;
};

// "98 % interval"; the least of all points. Empty where one round tells nothing.
const intervalWords = (confidence) => (confidence > 0 ? `${d3.format(".0f")(100 * confidence)} % interval` : "");
const intervalName = (points) => intervalWords(d3.min(points, (point) => point.time.confidence) ?? 0);

function comparisonFinding(points) {
  const [first] = points;
  const fastest = d3.least(points, (point) => point.time.median);
  const needs = `${fastest.mode} needs ${time(fastest.time.median)} a record`;
  if (fastest === first) return points.length > 1 ? `${needs}, the least of ${points.length} modes.` : `${needs}.`;
  const {median, low, high, confidence} = fastest.speed_up;
  const ratio = `${short(median)} times as much`;
  if (confidence <= 0) return `${needs}; ${first.mode}, ${time(first.time.median)}: ${ratio}, in one round.`;
  const interval = `${intervalWords(confidence)} ${short(low)} to ${short(high)}`;
  const doubt = low <= 1 ? ", so the difference may be noise" : "";
  return `${needs}; ${first.mode}, ${time(first.time.median)}: ${ratio} (${interval}${doubt}).`;
}

// The one with most of the settings of `held`, as a mode may have none at all of them.
function nearestFit(fits, held) {
  const same = (fit) => axes.filter(({key}) => key !== fit.over && fit[key] === held[key]).length;
  return d3.greatest(fits.map(withCapacity), same);
}

// What the Universal Scalability Law says of the best number; its end is `null` where these points set none.
function bestWords({over, universal}) {
  const best = universal.best_concurrency;
  if (best.value !== null) {
    return `The law fitted to it is best with ${short(best.value)} ${over} (${rangeWords(best)}).`;
  }
  return best.low <= 1 ? `The measurements don't tell the best number of ${over}.`
    : `The law fitted to it has no best number of ${over}: it is ${short(best.low)} or more.`;
}

function sweepFinding(points, fits) {
  if (points.length === 0) return "No setting was measured: all were too slow, or not reached.";
  const fastest = d3.least(points, (point) => point.time.median);
  const at = settingWords(fastest, varying(points));
  const fit = nearestFit(fits.filter((each) => each.mode === fastest.mode && each.universal), fastest);
  const peak = fit ? ` ${bestWords(fit)}` : "";
  return `${fastest.mode} is the fastest, with ${time(fastest.time.median)} a record${at && ` (${at})`}.${peak}`;
}

// X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)), as throughput_at of pipeline/measure/scaling.hpp.
const throughputAt = (fit, n) =>
  fit.lambda.value * n / (1 + fit.sigma.value * (n - 1) + fit.kappa.value * n * (n - 1));

// A line for each run.
function csvOf(points) {
  const settings = ["mode", ...axes.map(({key}) => key).filter((key) => key !== "records")]
    .filter((key) => points.some((point) => point[key] !== undefined));
  const cell = (value) => (value === Infinity ? "unbounded" : value);
  return d3.csvFormat(points.flatMap((point) => point.samples.map(({latency, ...sample}, round) => ({
    ...Object.fromEntries(settings.map((key) => [key, cell(point[key])])),
    round: round + 1,
    ...sample,
    ...Object.fromEntries(Object.entries(latency ?? {}).map(([key, value]) => [`latency_${key}`, value])),
  })))) + "\n";
}
