// Polars: node polars.mjs unique|group_by FILE THREADS [OUTPUT]
const [way, file, threads, output] = process.argv.slice(2);
// Read when the library is.
process.env.POLARS_MAX_THREADS = threads;
const {default: pl} = await import("nodejs-polars");

const records = pl.readCSV(file, {
  sep: "\t",
  hasHeader: false,
  quoteChar: "",
  schema: {key: pl.Utf8, value: pl.Utf8},
});
const last = way === "unique"
  ? records.unique({subset: ["key"], keep: "last", maintainOrder: false})
  : records.groupBy("key").agg(pl.col("value").last());
if (output) last.writeCSV(output, {separator: "\t", includeHeader: false, quoteStyle: "never"});
console.error(`${last.height} keys`);
process.exit(0);
