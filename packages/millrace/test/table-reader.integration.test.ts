import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TableReader } from "@millrace/api";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTableReader, type TableReaderOptions } from "../src/data-process/open-table-reader.ts";

const CLI = fileURLToPath(new URL("../src/cli.ts", import.meta.url));

/** Merges what the file `data/items.json` holds; a price that is no number is refused. */
const ITEMS = `
import { readFileSync } from "node:fs";
import { pipeline, postgres } from "millrace";
export default pipeline("items", {
  source: async function* () {
    yield* JSON.parse(readFileSync("data/items.json", "utf8"));
  },
  destination: postgres().table("items", { key: ["id"], mode: "merge", columns: { price: "numeric(10,2)" } }),
});
`;
const BROKEN_PLACE = `
import { pipeline, postgres } from "millrace";
export default pipeline("elsewhere", {
  source: async function* () {},
  destination: postgres({ url: "postgresql://someone:pass-of-nobody@127.0.0.1:1/none" }).table("items", { mode: "append" }),
});
`;

let server: TestPostgres;
let url: string;
let root: string;
const readers: TableReader[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
  root = await realpath(await mkdtemp(join(tmpdir(), "millrace-reader-")));
  await write("pipelines/items.ts", ITEMS);
  for (const items of [
    [
      { id: 1, name: "one", price: "1.50" },
      { id: 2, name: "two", price: "2.50" },
      { id: 3, name: "three", price: "much" },
      { id: 4, name: "four", price: "4" },
      { id: 5, name: "five", price: "5" },
    ],
    [
      { id: 1, name: "one", price: "1.75" },
      { id: 2, name: "two", price: "2.50" },
      { id: 3, name: "three", price: "too much" },
      { id: 5, name: "five", price: "5" },
    ],
  ]) {
    await write("data/items.json", JSON.stringify(items));
    await millrace("run", "items");
  }
});
afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

async function millrace(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", CLI, ...args], {
    cwd: root,
    env: { ...process.env, MILLRACE_DATABASE_URL: url },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  // 0, and what says that rows were refused.
  if (code !== 0 && code !== 2) throw new Error(`millrace ${args.join(" ")} ended with ${code}: ${said}`);
}

function open(options: Partial<TableReaderOptions> = {}): TableReader & { readonly lines: string[] } {
  const lines: string[] = [];
  const reader = openTableReader({
    root,
    databaseUrl: async () => url,
    controlUrl: url,
    queueReprocess: async () => "unused",
    onLine: (line) => void lines.push(line),
    ...options,
  });
  readers.push(reader);
  return Object.assign(reader, { lines });
}

describe("the reader", () => {
  test("lists tables with where they are", async () => {
    const { tables, unreachable } = await open().tables();
    expect(unreachable).toEqual([]);
    expect(tables).toMatchObject([
      {
        id: "items",
        table: "items",
        pipelines: ["items"],
        mode: "merge",
        location: expect.stringMatching(/^postgres postgresql:\/\//) as unknown,
        browsable: true,
        bytes: expect.any(Number) as unknown,
      },
    ]);
  });

  test("gives live, removed and refused rows, versions, changes and checkpoints", async () => {
    const reader = open();
    const live = await reader.rows("items", { of: "live", limit: 2 });
    expect(live.rows.map((row) => row.slice(0, 3))).toEqual([
      ["1.75", 1, "one"],
      ["2.5", 2, "two"],
    ]);
    const rest = await reader.rows("items", { of: "live", limit: 2, after: live.next });
    expect(rest.rows.map(([, id]) => id)).toEqual([5]);
    expect(rest.next).toBeUndefined();
    const removed = await reader.rows("items", { of: "removed", limit: 10 });
    expect(removed.rows.map(([, id]) => id)).toEqual([4]);
    const { rows } = await reader.quarantine("items", { limit: 10 });
    expect(rows.map(({ row }) => (row as { price: string }).price)).toEqual(["much", "too much"]);
    expect(rows[0]).toMatchObject({
      code: "MLR_ROW_INVALID",
      run: expect.any(String) as unknown,
      file: null,
    });
    const versions = await reader.history("items", { id: "1" });
    expect(versions.map(({ operation }) => operation)).toEqual(["current", "update"]);
    const [first, second] = rows.map(({ run }) => run ?? "");
    const between = { from: { run: first ?? "" }, to: { run: second ?? "" }, limit: 1 };
    const { changes, more } = await reader.changes("items", between);
    expect(changes).toEqual([
      { operation: "update", key: { id: 1 }, fields: { price: { before: "1.5", after: "1.75" } } },
    ]);
    expect(more).toBe(true);
    expect(await reader.state("items")).toEqual({ checkpoints: {}, openEpochs: [] });
  });

  test("tells of tables, columns and pipelines that there are not", async () => {
    const reader = open();
    await expect(reader.rows("item", { of: "live", limit: 1 })).rejects.toMatchObject({
      code: "MLR_TABLE_NOT_FOUND",
      hint: 'Did you mean "items"?',
    });
    const filters = [{ column: "prize", operator: "=", value: "1" }] as const;
    await expect(reader.rows("items", { of: "live", limit: 1, filters })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    await expect(reader.state("itemz")).rejects.toMatchObject({ code: "MLR_PIPELINE_NOT_FOUND" });
  });

  test("names a place that does not answer, without its password, and reads the others", async () => {
    await write("pipelines/elsewhere.ts", BROKEN_PLACE);
    try {
      const reader = open();
      const { tables, unreachable } = await reader.tables();
      expect(tables.map(({ id }) => id)).toEqual(["items"]);
      expect(unreachable).toMatchObject([{ pipelines: ["elsewhere"], code: "MLR_DESTINATION_UNAVAILABLE" }]);
      expect(JSON.stringify(unreachable)).not.toContain("pass-of-nobody");
    } finally {
      await rm(join(root, "pipelines/elsewhere.ts"));
    }
  });

  test("answers many at once, and is started anew by the first question after it has died", async () => {
    const reader = open();
    const ask = (): Promise<unknown> => reader.rows("items", { of: "live", limit: 1 });
    await Promise.all(Array.from({ length: 20 }, ask));
    await write("pipelines/dies.ts", `process.nextTick(() => process.exit(7)); export default [];`);
    const dying = open();
    await expect(dying.tables()).rejects.toMatchObject({
      code: "MLR_READER_FAILED",
      message: "The process that reads collected data ended with exit code 7",
    });
    await rm(join(root, "pipelines/dies.ts"));
    expect((await dying.tables()).tables).toHaveLength(1);
  });

  test("is ended when an answer takes too long, and goes on with the next question", async () => {
    await write("pipelines/hangs.ts", "for (;;) {}\nexport default [];");
    const reader = open({ answerMs: 3_000 });
    await expect(reader.tables()).rejects.toMatchObject({
      code: "MLR_READER_FAILED",
      message: "Reading took longer than 3 s, and was ended",
    });
    await rm(join(root, "pipelines/hangs.ts"));
    await reader.close();
    await expect(reader.tables()).rejects.toMatchObject({ code: "MLR_READER_FAILED" });
  });

  test("says what is wrong with a file of the project beside what it can read, and hands on what the file prints", async () => {
    await write("pipelines/wrong.ts", `console.log("loading"); throw new Error("no such thing");`);
    const reader = open();
    const { tables, unreachable } = await reader.tables();
    expect(tables).toHaveLength(1);
    expect(unreachable).toMatchObject([{ location: "the project", code: "MLR_PROJECT_INVALID" }]);
    expect(reader.lines).toContain("loading");
    await rm(join(root, "pipelines/wrong.ts"));
  });
});
