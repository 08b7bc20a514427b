// The charts, each a function from measurements and a width in pixels to an SVG. A mode has one colour, one symbol
// and one dash pattern throughout, and its name stands beside it.

const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye", "hexagon"];
const dashes = ["none", "8 3", "2 3", "8 3 2 3", "14 4", "4 2 1 2", "1 3", "14 3 3 3 3 3"];

function styleOf(modes, mode) {
  const index = modes.indexOf(mode) % symbols.length;
  return {color: `var(--mode-${index})`, symbol: symbols[index], dash: dashes[index]};
}

// 1, 10, 100 …, with 3, with 2 and 5, or with all between: as many as there is room for.
function logTicks([low, high], most) {
  const within = (steps) => d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1)
    .flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((tick) => low <= tick && tick <= high);
  const choices = [d3.range(1, 10), [1, 2, 5], [1, 3], [1]].map(within);
  const fitting = choices.find((ticks) => ticks.length <= most) ?? choices.at(-1).filter((_, i) => i % 2 === 0);
  return fitting.length > 1 ? fitting : d3.ticks(low, high, Math.min(most, 4));
}

function logScale(values, room, format) {
  const positive = values.filter((value) => value > 0);
  const domain = [d3.min(positive) * 0.85, d3.max(positive) * 1.15];
  return {type: "log", domain, ticks: logTicks(domain, Math.max(2, room)), tickFormat: format, grid: true};
}

// Logarithmic, but with a place for 0.
function logScaleFromZero(values, unit, room, format) {
  const decades = Math.ceil(Math.log10(Math.max(d3.max(values) / unit, 10)));
  const ticks = d3.range(0, decades + 1, Math.ceil((decades + 2) / room)).map((power) => unit * 10 ** power).slice(1);
  return {
    type: "symlog", constant: unit, domain: [0, unit * 10 ** decades],
    ticks: [0, ...ticks], tickFormat: format, grid: true,
  };
}

// The measured values of an axis as ticks of a logarithmic one, without those that stand too close.
function settingScale(values, words) {
  const places = values.map((value) => settingPlace(value, values));
  const domain = [places[0] / 1.15, places.at(-1) * 1.15];
  const apart = Math.log(domain[1] / domain[0]) / 7;
  const ticks = [];
  for (const place of places) if (!ticks.length || Math.log(place / ticks.at(-1)) >= apart) ticks.push(place);
  return {type: "log", domain, ticks, tickFormat: (place) => words(values[places.indexOf(place)]), grid: true};
}
// Unbounded has a place too: right of all others.
function settingPlace(value, values) {
  return value === Infinity ? 10 * (d3.max(values.filter(Number.isFinite)) ?? 1) : value;
}

// Moves labels apart that would stand on each other; `apart` in pixels.
function spread(options, apart = 13) {
  return Plot.initializer(options, (data, facets, {y}, scales) => {
    const place = Float64Array.from(y.value, (value) => scales.y(value));
    for (const facet of facets) {
      const order = d3.sort(facet, (i) => place[i]);
      const middle = d3.mean(order, (i) => place[i]);
      for (let k = 1; k < order.length; ++k) place[order[k]] = Math.max(place[order[k]], place[order[k - 1]] + apart);
      const drift = d3.mean(order, (i) => place[i]) - middle;
      for (const i of order) place[i] -= drift;
    }
    return {data, facets, channels: {y: {value: place}}};
  });
}

const labelRoom = (texts) => 16 + 7.2 * d3.max(texts, (text) => text.length);
// The axes' names stand below their numbers.
const look = {fontSize: "12px", fontFamily: "inherit", background: "none"};
const base = (width) => ({width, marginBottom: 40, style: look});
const rowHeight = (rows) => 62 + 30 * rows;

// Time a record, a row a mode: every round, the median, its interval.
function timeByMode(points, modes, width) {
  const samples = points.flatMap((point) => point.samples.map((sample, round) =>
    ({mode: point.mode, time: sample.ns_per_record * 1e-9, round: round + 1})));
  return Plot.plot({
    ...base(width),
    height: rowHeight(points.length),
    marginLeft: labelRoom(modes),
    marginRight: 64,
    x: {...logScale(samples.map((sample) => sample.time), width / 90, time), label: "time per record"},
    y: {domain: modes, label: null},
    marks: [
      Plot.ruleY(points, {
        y: "mode", x1: (p) => p.time.low, x2: (p) => p.time.high,
        stroke: (p) => styleOf(modes, p.mode).color, strokeWidth: 8, strokeOpacity: 0.3,
      }),
      Plot.dot(samples, {
        y: "mode", x: "time", r: 2, fill: "currentColor", fillOpacity: 0.55,
        title: (s) => `${s.mode}, round ${s.round}: ${time(s.time)}`, tip: true,
      }),
      symbolDots(points, modes, {y: "mode", x: (p) => p.time.median}),
      Plot.text(points, {
        y: "mode", x: (p) => d3.max(p.samples, (s) => s.ns_per_record) * 1e-9,
        text: (p) => time(p.time.median), textAnchor: "start", dx: 10,
      }),
    ],
  });
}

function symbolDots(points, modes, options) {
  return Plot.dot(points, {
    ...options, r: 5, symbol: (p) => styleOf(modes, p.mode).symbol, fill: (p) => styleOf(modes, p.mode).color,
  });
}

// How many times as fast as the first mode.
function speedUpByMode(points, modes, width) {
  return Plot.plot({
    ...base(width),
    height: rowHeight(points.length),
    marginLeft: labelRoom(modes),
    marginRight: 64,
    x: {
      ...logScale([1, ...points.flatMap((p) => [p.speed_up.low, p.speed_up.high])], width / 70, short),
      label: `times as fast as ${modes[0]}`,
    },
    y: {domain: modes, label: null},
    marks: [
      Plot.ruleX([1], {strokeDasharray: "4 3"}),
      Plot.ruleY(points, {
        y: "mode", x1: (p) => p.speed_up.low, x2: (p) => p.speed_up.high,
        stroke: (p) => styleOf(modes, p.mode).color, strokeWidth: 8, strokeOpacity: 0.3,
      }),
      symbolDots(points, modes, {y: "mode", x: (p) => p.speed_up.median}),
      Plot.text(points, {
        y: "mode", x: (p) => p.speed_up.high, text: (p) => short(p.speed_up.median), textAnchor: "start", dx: 10,
      }),
    ],
  });
}

// Two numbers a mode, one as a full dot, one as a ring: `full` and `ring` name summaries of a point.
function pairByMode(points, modes, {full, ring, unit, format, label}, width) {
  const values = points.flatMap((p) => [p[full].median, p[ring].median]);
  const color = (p) => styleOf(modes, p.mode).color;
  return Plot.plot({
    ...base(width),
    height: rowHeight(points.length),
    marginLeft: labelRoom(modes),
    marginRight: 30,
    x: {...logScaleFromZero(values, unit, width / 75, format), label},
    y: {domain: modes, label: null},
    marks: [
      Plot.ruleY(points, {
        y: "mode", x1: (p) => p[full].median, x2: (p) => p[ring].median, stroke: color, strokeOpacity: 0.5,
      }),
      Plot.dot(points, {
        y: "mode", x: (p) => p[full].median, r: 4, fill: color,
        title: (p) => `${p.mode}: ${full} ${format(p[full].median)}, ${ring} ${format(p[ring].median)}`, tip: true,
      }),
      Plot.dot(points, {y: "mode", x: (p) => p[ring].median, r: 6.5, stroke: color, strokeWidth: 2}),
    ],
  });
}

function memoryByMode(points, modes, width) {
  const most = d3.max(points, (p) => p.memory.median);
  return Plot.plot({
    ...base(width),
    height: rowHeight(points.length),
    marginLeft: labelRoom(modes),
    marginRight: 64,
    x: {
      domain: [0, most], nice: true, ticks: width / 110, tickFormat: (number) => (number ? bytes(number) : "0"),
      grid: true, label: "peak memory",
    },
    y: {domain: modes, label: null},
    marks: [
      Plot.barX(points, {
        y: "mode", x: (p) => p.memory.median, insetTop: 4, insetBottom: 4,
        fill: (p) => styleOf(modes, p.mode).color, fillOpacity: 0.65,
      }),
      Plot.text(points, {
        y: "mode", x: (p) => p.memory.median, text: (p) => bytes(p.memory.median), textAnchor: "start", dx: 6,
      }),
      Plot.ruleX([0]),
    ],
  });
}

// A line a mode through `rows` ({mode, x, y, low, high, words}), its name at the end.
function lines(rows, modes, {x, y, height}, width) {
  const shown = modes.filter((mode) => rows.some((row) => row.mode === mode));
  const last = shown.map((mode) => rows.findLast((row) => row.mode === mode));
  const color = (row) => styleOf(modes, row.mode).color;
  return Plot.plot({
    ...base(width),
    height,
    marginLeft: 60,
    marginRight: labelRoom(shown),
    x,
    y,
    marks: [
      ...shown.map((mode) => Plot.line(rows.filter((row) => row.mode === mode), {
        x: "x", y: "y", strokeWidth: 1.75,
        stroke: styleOf(modes, mode).color, strokeDasharray: styleOf(modes, mode).dash,
      })),
      Plot.ruleX(rows, {x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 5, strokeOpacity: 0.3}),
      symbolDots(rows, modes, {x: "x", y: "y", title: "words", tip: true}),
      Plot.text(last, spread({x: "x", y: "y", text: "mode", fill: color, textAnchor: "start", dx: 10})),
    ],
  });
}

// The time that a share of the records did not exceed.
function latencyByMode(points, modes, width) {
  const rows = points.flatMap((p) => percentiles.map(({key, label}) => ({
    mode: p.mode, x: label, y: Math.max(p.latency[key], 1e-9), words: `${p.mode}, ${label}: ${time(p.latency[key])}`,
  })));
  return lines(rows, modes, {
    height: 340,
    x: {type: "point", domain: percentiles.map(({label}) => label), label: "share of the records"},
    y: {...logScale(rows.map((row) => row.y), 8, time), label: "latency, at most"},
  }, width);
}

// What `measure` ({of: point → {median, low, high}, format, label}) is at each of `values` of `axis`.
function overAxis(points, modes, axis, values, measure, width) {
  const rows = d3.sort(points, (p) => p[axis.key]).map((p) => {
    const {median, low, high} = measure.of(p);
    const words = `${p.mode}, ${axis.words(p[axis.key])}: ${measure.format(median)}`;
    return {mode: p.mode, x: settingPlace(p[axis.key], values), y: median, low, high, words};
  });
  const numbers = rows.flatMap((row) => [row.y, row.low, row.high]).filter((value) => value !== undefined);
  const tick = {records: count, capacity: capacityText, block_bytes: binaryBytes}[axis.key] ?? exact;
  return lines(rows, modes, {
    height: 300,
    x: {...settingScale(values, tick), label: axis.label},
    y: {...logScale(numbers, 8, measure.format), label: measure.label},
  }, width);
}

// The least number measured, and the throughput that speed-ups are against.
function scalingBase({measured}) {
  const from = d3.min(measured, ([n]) => n);
  return {from, one: d3.median(measured.filter(([n]) => n === from), ([, rate]) => rate)};
}

// Measured throughput over that of the least number measured, and the laws fitted to it.
function scaling(fit, modes, highest, width) {
  const {from, one} = scalingBase(fit);
  const to = d3.max(fit.measured, ([n]) => n);
  const steps = d3.ticks(from, to, 60);
  const laws = [
    {name: "ideal", dash: "1 4", at: (n) => n / from},
    ...(fit.amdahl ? [{name: "Amdahl", dash: "7 4", at: (n) => throughputAt(fit.amdahl, n) / one}] : []),
    ...(fit.universal ? [{name: "USL", dash: "none", at: (n) => throughputAt(fit.universal, n) / one}] : []),
  ];
  // Where the ideal leaves the chart, a little below the axis's name.
  const end = (law) => (law.at(to) <= highest ? {n: to, y: law.at(to)} : {n: 0.88 * highest * from, y: 0.88 * highest});
  const {color, symbol} = styleOf(modes, fit.mode);
  return Plot.plot({
    ...base(width),
    height: 260,
    marginRight: 58,
    x: {domain: [from, to], ticks: d3.ticks(from, to, 6).filter(Number.isInteger), tickFormat: exact, label: fit.over},
    y: {domain: [0, highest], grid: true, label: `times the throughput of ${from}`},
    marks: [
      ...laws.map((law) => Plot.line(steps, {
        x: (n) => n, y: law.at, stroke: "currentColor", strokeDasharray: law.dash, clip: true,
      })),
      Plot.dot(fit.measured, {
        x: ([n]) => n, y: ([, rate]) => rate / one, symbol, fill: color, r: 5,
        title: ([n, rate]) => `${n} ${fit.over}: ${count(rate)} records/s`, tip: true,
      }),
      Plot.text(laws, spread({
        x: (law) => end(law).n, y: (law) => end(law).y, text: "name", textAnchor: "start", dx: 8,
      })),
    ],
  });
}
