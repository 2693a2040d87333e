import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";

const CLI = path.resolve(import.meta.dirname, "../../packages/millrace/src/cli.ts");
const RECORDS = 2_000;
const STATE_EVERY = 50;

let folder: string;
let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-singer-kill-"));
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const config = { database_url: database.url, batch_size_rows: 200, tables: { things: { name: "things" } } };
  await writeFile(path.join(folder, "c.json"), JSON.stringify(config));
});
afterAll(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function start(): ChildProcess {
  return spawn(
    process.execPath,
    ["--conditions=@millrace/source", CLI, "singer-target", "--config", "c.json"],
    { cwd: folder, stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } },
  );
}

function* messages(after: number): Generator<string> {
  const schema = { properties: { id: { type: "integer" }, square: { type: "integer" } } };
  yield JSON.stringify({ type: "SCHEMA", stream: "things", schema, key_properties: ["id"] });
  for (let id = after + 1; id <= RECORDS; id++) {
    yield JSON.stringify({ type: "RECORD", stream: "things", record: { id, square: id * id } });
    if (id % STATE_EVERY === 0) yield JSON.stringify({ type: "STATE", value: { id } });
  }
}

/** Feeds a target as fast as it takes it, and gives the state that it told last; kills it after so many states. */
async function feed(after: number, killAfter: number): Promise<{ code: number | null; state: number }> {
  const child = start();
  let state = after;
  let told = "";
  let states = 0;
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin?.on("error", () => undefined);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    const lines = told.split("\n");
    told = lines.pop() ?? "";
    for (const line of lines) {
      state = (JSON.parse(line) as { id: number }).id;
      states += 1;
      if (states === killAfter) child.kill("SIGKILL");
    }
  });
  for (const line of messages(after)) {
    if (child.stdin?.writable !== true) break;
    // Some at a time, so that the target commits while the tap is still busy.
    if (!child.stdin.write(`${line}\n`))
      await Promise.race([closed, new Promise((go) => child.stdin?.once("drain", go))]);
    if (killAfter !== Infinity && line.includes("STATE")) await new Promise((go) => setImmediate(go));
  }
  child.stdin?.end();
  return { code: await closed, state };
}

test.skipIf(process.platform === "win32")(
  "a target that is killed has kept all that its last state covers, and nothing comes twice",
  async () => {
    const killed = await feed(0, 3);
    const kept = await client.query<{ id: string }>("SELECT id FROM things");
    const ids = new Set(kept.rows.map(({ id }) => Number(id)));
    expect(killed.state).toBeGreaterThan(0);
    for (let id = 1; id <= killed.state; id++) expect(ids.has(id), `row ${id}`).toBe(true);
    const rest = await feed(killed.state, Infinity);
    expect(rest).toEqual({ code: 0, state: RECORDS });
    const all = await client.query("SELECT count(*)::int AS n, sum(square)::text AS s FROM things");
    const squares = Array.from({ length: RECORDS }, (_, at) => (at + 1) ** 2).reduce(
      (sum, each) => sum + each,
      0,
    );
    expect(all.rows).toEqual([{ n: RECORDS, s: String(squares) }]);
  },
);

test.skipIf(process.platform === "win32")(
  "SIGTERM commits what the last state covers, tells it, and ends with 143",
  async () => {
    const child = start();
    let told = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (told += text));
    const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stdin?.on("error", () => undefined);
    const schema = { properties: { id: { type: "integer" } } };
    const lines = [
      { type: "SCHEMA", stream: "stopped", schema, key_properties: ["id"] },
      ...Array.from({ length: 200 }, (_, id) => ({ type: "RECORD", stream: "stopped", record: { id } })),
      { type: "STATE", value: "first" },
    ];
    child.stdin?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    while (!told.includes("first")) await new Promise((go) => child.stdout?.once("data", go));
    const more = [
      { type: "RECORD", stream: "stopped", record: { id: 1000 } },
      { type: "STATE", value: "second" },
      { type: "RECORD", stream: "stopped", record: { id: 1001 } },
    ];
    child.stdin?.write(more.map((line) => `${JSON.stringify(line)}\n`).join(""));
    child.kill("SIGTERM");
    expect(await closed).toBe(143);
    const last = told.trim().split("\n").at(-1);
    const { rows } = await client.query<{ id: string }>("SELECT id FROM stopped WHERE id >= 1000");
    expect(rows.map(({ id }) => id)).toEqual(last === '"second"' ? ["1000"] : []);
  },
);
