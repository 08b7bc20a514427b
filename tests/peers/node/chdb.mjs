// ClickHouse, embedded: node chdb.mjs any_last|arg_max FILE THREADS [OUTPUT]
import {Session} from "chdb";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";

const [way, file, threads, output] = process.argv.slice(2);
const quoted = (text) => `'${text.replaceAll("'", "\\'")}'`;
const records = `file(${quoted(file)}, TSVRaw, 'key String, value String')`;
const folder = mkdtempSync(`${tmpdir()}/chdb-`);
const session = new Session(folder);
const ways = {
  any_last: `SELECT key, anyLast(value) AS value FROM ${records} GROUP BY key`,
  // Rows have their numbers in the file's order where one thread parses.
  arg_max: `SELECT key, argMax(value, rowNumberInAllBlocks()) AS value FROM ${records} GROUP BY key`,
};
const settings = `SETTINGS max_threads = ${threads}${way === "arg_max" ? ", input_format_parallel_parsing = 0" : ""}`;
session.query("CREATE DATABASE peers");
session.query(`CREATE TABLE peers.last_values ENGINE = Memory AS ${ways[way]} ${settings}`);
if (output) session.query(`SELECT * FROM peers.last_values INTO OUTFILE ${quoted(output)} FORMAT TSVRaw`);
console.error(`${session.query("SELECT count() FROM peers.last_values", "TSV").trim()} keys`);
rmSync(folder, {recursive: true});
process.exit(0);
