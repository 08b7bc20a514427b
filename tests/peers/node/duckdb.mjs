// DuckDB: node duckdb.mjs last|arg_max FILE THREADS [OUTPUT]
import {DuckDBInstance} from "@duckdb/node-api";

const [way, file, threads, output] = process.argv.slice(2);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const records = `read_csv(${quoted(file)}, delim = '\t', quote = '', escape = '', header = false, auto_detect = false,
  columns = {'key': 'VARCHAR', 'value': 'VARCHAR'}, max_line_size = 67108864)`;
const ways = {
  // The rows' order is that of the file, within a thread.
  last: `SELECT key, last(value) AS value FROM ${records} GROUP BY key`,
  arg_max: `SELECT key, arg_max(value, n) AS value FROM (SELECT *, row_number() OVER () AS n FROM ${records}) GROUP BY key`,
};

const instance = await DuckDBInstance.create(":memory:", {threads});
const database = await instance.connect();
await database.run(`CREATE TABLE last_values AS ${ways[way]}`);
if (output) {
  await database.run(`COPY last_values TO ${quoted(output)} (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false)`);
}
const [[keys]] = (await database.runAndReadAll("SELECT count(*) FROM last_values")).getRows();
console.error(`${keys} keys`);
process.exit(0);
