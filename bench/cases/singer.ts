import { execFile, spawn } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pipeline as pipe } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { benchDatabase, DATA } from "../lib/database.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave, type Contender } from "../lib/rounds.ts";
import { benchRows } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 500_000);
/** The peer takes so much longer that it gets fewer; both are told in records per second. */
const PEER_ROWS = Math.min(ROWS, Number(process.env["BENCH_SINGER_PEER_ROWS"] ?? 50_000));
const STATE_EVERY = 10_000;
const CLI = fileURLToPath(new URL("../../packages/millrace/src/cli.ts", import.meta.url));
const run = promisify(execFile);

const nullable = (type: string, format?: string): unknown => ({
  type: ["null", type],
  ...(format === undefined ? {} : { format }),
});
const PROPERTIES = {
  id: { type: "integer" },
  name: nullable("string"),
  email: nullable("string"),
  country: nullable("string"),
  quantity: nullable("integer"),
  amount: nullable("string"),
  score: nullable("number"),
  active: nullable("boolean"),
  created: nullable("string", "date-time"),
  day: nullable("string", "date"),
};

/**
 * `millrace singer-target` reading records of 10 columns from a pipe, as a whole process, against Meltano's target-postgres
 * (PyPI) with COPY: appended to an empty table, and merged into one that holds all but the changed 1 %.
 */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  const database = await benchDatabase();
  const python = await peerPython();
  await mkdir(DATA, { recursive: true });
  const results: Measured[] = [];
  for (const [mode, goal] of [
    ["append", 100_000],
    ["merge", 50_000],
  ] as const) {
    const [first, again] = [
      await messages(`${mode}_a`, ROWS, mode),
      await messages(`${mode}_b`, ROWS, mode, true),
    ];
    const stream = `bench_singer_${mode}`;
    const config = await configFile(`ours_${mode}`, {
      name: `bench-singer-${mode}`,
      database_url: database.url,
      load_method: mode === "append" ? "append-only" : "upsert",
    });
    const ours = (input: string): Promise<void> =>
      feed(input, process.execPath, [
        "--conditions=@millrace/source",
        CLI,
        "singer-target",
        "--config",
        config,
      ]);
    const contenders: Contender[] = [
      {
        name: "ours",
        prepare: async () => {
          await database.sql(`DROP TABLE IF EXISTS ${stream}, ${stream}__history`);
          await database
            .sql(`DELETE FROM millrace.tables WHERE table_name LIKE '${stream}%'`)
            .catch(() => undefined);
          if (mode === "merge") await ours(first);
        },
        work: () => ours(mode === "merge" ? again : first),
      },
    ];
    if (python !== undefined) contenders.push(await peer(python, mode, database.url));
    const seconds = await interleave(contenders, 3);
    const perSecond = ROWS / (seconds["ours"] ?? Number.NaN);
    const peerSeconds = seconds["target-postgres"];
    results.push({
      name: `singer target: ${mode}`,
      work: `${mode} ${ROWS} records of 10 columns from a pipe, records/s; peer with ${PEER_ROWS}; ratio to the goal of ${goal}/s`,
      ours: round(perSecond, 0),
      peers: peerSeconds === undefined ? {} : { "target-postgres": round(PEER_ROWS / peerSeconds, 0) },
      ratio: round(perSecond / goal),
      goal: ">= 1",
      peakMemoryMb: null,
    });
  }
  await database.close();
  return results;
}

async function peer(python: string, mode: "append" | "merge", url: string): Promise<Contender> {
  const target = path.join(path.dirname(python), "target-postgres");
  const config = await configFile(`peer_${mode}`, {
    sqlalchemy_url: url.replace(/^postgres(ql)?:/, "postgresql+psycopg:"),
    default_target_schema: `bench_singer_peer_${mode}`,
    use_copy: true,
    add_record_metadata: false,
    activate_version: false,
    validate_records: false,
  });
  const [first, again] = [
    await messages(`peer_${mode}_a`, PEER_ROWS, mode),
    await messages(`peer_${mode}_b`, PEER_ROWS, mode, true),
  ];
  const work = (input: string): Promise<void> => feed(input, target, ["--config", config]);
  const schema = `bench_singer_peer_${mode}`;
  const forget = async (): Promise<void> => {
    await run(python, ["-c", DROP, url, schema]);
  };
  return {
    name: "target-postgres",
    prepare: async () => {
      await forget();
      if (mode === "merge") await work(first);
    },
    work: () => work(mode === "merge" ? again : first),
  };
}

const DROP = `
import sys, psycopg
with psycopg.connect(sys.argv[1]) as c: c.execute(f'DROP SCHEMA IF EXISTS {sys.argv[2]} CASCADE')
`;

/** Runs a target with a file as its standard input, through a pipe as a tap would be. */
async function feed(input: string, command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await pipe(createReadStream(input), child.stdin);
  const code = await ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`);
}

async function configFile(name: string, config: Record<string, unknown>): Promise<string> {
  const file = `${DATA}singer_${name}.json`;
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** A file of Singer messages: the bench's rows, with a STATE now and then; `changed`: 1 % of them otherwise. */
async function messages(name: string, count: number, mode: string, changed = false): Promise<string> {
  const file = `${DATA}singer_${name}_${count}.singer`;
  if (existsSync(file)) return file;
  const stream = `bench_singer_${mode}`;
  const rows = benchRows(0, count, changed ? (i) => i % 100 === 7 : undefined);
  await pipe(function* () {
    const key = mode === "append" ? [] : ["id"];
    yield `${JSON.stringify({ type: "SCHEMA", stream, schema: { type: "object", properties: PROPERTIES }, key_properties: key })}\n`;
    for (const [at, record] of rows.entries()) {
      yield `${JSON.stringify({ type: "RECORD", stream, record })}\n`;
      if ((at + 1) % STATE_EVERY === 0) yield `${JSON.stringify({ type: "STATE", value: { at } })}\n`;
    }
  }, createWriteStream(file));
  return file;
}

/** Python of a virtual environment with Meltano's target, made at first use; undefined where that is not possible. */
async function peerPython(): Promise<string | undefined> {
  const folder = `${DATA}singer-python`;
  const python = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const target = path.join(path.dirname(python), "target-postgres");
  if (existsSync(target)) return python;
  try {
    await run("python3", ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "-q", "meltanolabs-target-postgres"], { timeout: 300_000 });
    return python;
  } catch (error) {
    process.stderr.write(`  without a peer: ${String(error).split("\n")[0]}\n`);
    return undefined;
  }
}
