import { appendFile, mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Json, Message, Source } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { csv } from "@millrace/connectors/csv";
import { json } from "@millrace/connectors/json";
import { jsonl } from "@millrace/connectors/jsonl";
import { collect, openEpoch, resumeFrom, temporaryFolder, type Collected } from "./collect.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  directory = folder.path;
});
afterEach(() => folder[Symbol.asyncDispose]());

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(directory, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** Sets a file's time so far back that its size and time alone tell whether it is the same. */
async function settle(file: string): Promise<void> {
  const past = new Date(Date.now() - 60_000);
  await utimes(file, past, past);
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `${from + index},name ${from + index}\n`).join("");
}

function types(result: Collected): string[] {
  return result.messages.map((message) => message.type).filter((type) => type !== "progress");
}

function ids(result: Collected): unknown[] {
  return result.rows.map((row) => row["id"]);
}

describe("finding files", () => {
  test("takes a list of paths and globs, each file once, those of a glob by name", async () => {
    for (const name of ["b", "a", "sub/c"]) await write(`${name}.csv`, `id\n${name}\n`);
    await write("other.txt", "id\nother\n");
    const result = await collect(csv({ path: ["b.csv", "**/*.csv"] }), { directory });
    expect(result.places).toEqual(["b.csv:2", "a.csv:2", "sub/c.csv:2"]);
  });

  test("takes a file whose name looks like a glob", async () => {
    await write("[x].csv", "id\n1\n");
    expect(ids(await collect(csv({ path: "[x].csv" }), { directory }))).toEqual(["1"]);
  });

  test("takes file URLs and absolute paths", async () => {
    const file = await write("a b.csv", "id\n1\n");
    const url = new URL(`file://${file.replace(" ", "%20")}`);
    expect(ids(await collect(csv({ path: url }), { directory: "/" }))).toEqual(["1"]);
    expect(ids(await collect(csv({ path: file }), { directory: "/" }))).toEqual(["1"]);
  });

  test("says what was looked for where nothing is found", async () => {
    await write("airports.csv", "id\n1\n");
    await expect(collect(csv({ path: "airprots.csv" }), { directory })).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: `the file ${path.join(directory, "airprots.csv")} does not exist`,
      hint: `Did you mean ${path.join(directory, "airports.csv")}?`,
    });
    await expect(collect(csv({ path: "*.tsv" }), { directory })).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: `no file matches *.tsv in ${directory}`,
    });
    await expect(collect(csv({ path: "." }), { directory })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
  });

  test("finds nothing without complaint where that is said", async () => {
    const result = await collect(csv({ path: ["*.tsv", "x.csv"], optional: true }), { directory });
    expect(types(result)).toEqual(["begin", "complete", "checkpoint"]);
  });
});

describe("checkpoints", () => {
  test("come every 50,000 rows and at the end, and their messages are in order", async () => {
    await write("a.csv", `id,name\n${lines(0, 120_000)}`);
    const result = await collect(csv({ path: "a.csv" }), { directory });
    expect(result.rows).toHaveLength(120_000);
    const order = types(result);
    expect(order[0]).toBe("begin");
    expect(order.filter((type) => type === "checkpoint").length).toBeGreaterThanOrEqual(4);
    expect(order.slice(-3)).toEqual(["checkpoint", "complete", "checkpoint"]);
    const sizes = result.messages.flatMap((message) =>
      message.type === "rows" ? [message.rows.length] : [],
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5_000);
    const progress = result.messages.filter((message) => message.type === "progress");
    const { size } = await stat(path.join(directory, "a.csv"));
    expect(progress.at(-1)).toEqual({ type: "progress", bytes: size, totalBytes: size });
  });

  const formats: readonly [string, (name: string) => Source, (rows: number) => string | Buffer][] = [
    ["csv", (name) => csv({ path: name }), (rows) => `id,name\n"a\nb",x\n${lines(0, rows)}`],
    ["csv in UTF-16", (name) => csv({ path: name }), (rows) => utf16(`id,name\n${lines(0, rows)}`)],
    ["packed csv", (name) => csv({ path: name }), (rows) => gzipSync(`id,name\n${lines(0, rows)}`)],
    ["headless csv", (name) => csv({ path: name, header: false }), (rows) => `\n${lines(0, rows)}`],
    ["jsonl", (name) => jsonl({ path: name }), (rows) => objects(rows).join("\n")],
    ["packed jsonl", (name) => jsonl({ path: name }), (rows) => gzipSync(objects(rows).join("\n"))],
    ["json", (name) => json({ path: name }), (rows) => `{"features":[${objects(rows).join(",\n")}]}`],
  ];

  function utf16(text: string): Buffer {
    return Buffer.from(`\ufeff${text}`, "utf16le");
  }

  function objects(count: number): string[] {
    return Array.from({ length: count }, (_, id) => JSON.stringify({ id, name: `näme ${id}` }));
  }

  test.each(formats)("let %s go on inside of a file", async (_, source, content) => {
    await write("a", content(130_000));
    const whole = await collect(source("a"), { directory });
    expect(whole.states.length).toBeGreaterThan(3);
    let upTo = 0;
    for (const message of whole.messages) {
      if (message.type === "rows") upTo += message.rows.length;
      if (message.type !== "checkpoint") continue;
      const rest = await collect(source("a"), {
        directory,
        openEpochs: openEpoch(source("a").kind ?? ""),
        ...resumeFrom(JSON.parse(JSON.stringify(message.state)) as Json),
      });
      if ((message.state as { whole: boolean }).whole) break;
      expect(types(rest)).not.toContain("begin");
      expect(rest.rows.length).toBe(whole.rows.length - upTo);
      expect(rest.rows[0]).toEqual(whole.rows[upTo]);
      expect(rest.places[0]).toEqual(whole.places[upTo]);
      expect(rest.places.at(-1)).toEqual(rest.rows.length === 0 ? undefined : whole.places.at(-1));
      expect(rest.states.at(-1)).toEqual({
        ...(whole.states.at(-1) as object),
        files: { a: { ...lastFile(whole), checkedAt: expect.any(Number) } },
      });
      expect(types(rest).slice(-2)).toEqual(["complete", "checkpoint"]);
    }
  });

  function lastFile(result: Collected): object {
    return (result.states.at(-1) as { files: { a: object } }).files.a;
  }

  async function interrupted(): Promise<Json> {
    await write("a.csv", `id,name\n${lines(0, 60_000)}`);
    await write("b.csv", `id,name\n${lines(60_000, 180_000)}`);
    const cut = await collect(csv({ path: "*.csv" }), { directory }, (message) => {
      return message.type === "checkpoint" && JSON.stringify(message.state).includes('"at":{"file":"b.csv"');
    });
    return cut.states.at(-1) ?? null;
  }

  test("are of no use where a file that was read before has changed since", async () => {
    const state = await interrupted();
    await write("a.csv", `id,name\n${lines(1, 60_001)}`);
    const again = await collect(csv({ path: "*.csv" }), {
      directory,
      openEpochs: openEpoch("csv"),
      ...resumeFrom(state),
    });
    expect(types(again)[0]).toBe("begin");
    expect(again.rows).toHaveLength(180_000);
  });

  test("are of no use where the file at hand has changed before that place", async () => {
    const state = await interrupted();
    await write("b.csv", `id,name\nx,y\n${lines(60_001, 180_000)}`);
    const again = await collect(csv({ path: "*.csv" }), {
      directory,
      openEpochs: openEpoch("csv"),
      ...resumeFrom(state),
    });
    expect(types(again)[0]).toBe("begin");
    expect(again.rows).toHaveLength(180_000);
  });

  test("are of no use where no reading is open, or the options differ", async () => {
    const state = await interrupted();
    const closed = await collect(csv({ path: "*.csv" }), { directory, ...resumeFrom(state) });
    expect(types(closed)[0]).toBe("begin");
    expect(closed.rows).toHaveLength(180_000);
    const other = await collect(csv({ path: "*.csv", nulls: ["x"] }), {
      directory,
      openEpochs: openEpoch("csv"),
      ...resumeFrom(state),
    });
    expect(types(other)[0]).toBe("begin");
    expect(other.rows).toHaveLength(180_000);
  });

  test("are taken with what came new into the folder", async () => {
    const state = await interrupted();
    await write("c.csv", "id,name\n1,new\n");
    const rest = await collect(csv({ path: "*.csv" }), {
      directory,
      openEpochs: openEpoch("csv"),
      ...resumeFrom(state),
    });
    expect(types(rest)).not.toContain("begin");
    expect(rest.places.at(-1)).toBe("c.csv:2");
    expect(rest.rows.length).toBeLessThan(121_001);
  });

  test("end a reading that is stopped", async () => {
    await write("a.csv", `id,name\n${lines(0, 200_000)}`);
    const controller = new AbortController();
    const result = await collect(
      csv({ path: "a.csv" }),
      { directory, signal: controller.signal },
      (message) => {
        if (message.type === "rows") controller.abort();
        return false;
      },
    );
    expect(result.rows.length).toBeLessThan(50_000);
    expect(types(result).at(-1)).toBe("checkpoint");
    expect(types(result)).not.toContain("complete");
    const rest = await collect(csv({ path: "a.csv" }), {
      directory,
      openEpochs: openEpoch("csv"),
      ...resumeFrom(result.states.at(-1)),
    });
    expect(result.rows.length + rest.rows.length).toBe(200_000);
  });

  test("are few where there are many files", async () => {
    for (let index = 0; index < 350; index++) await write(`${index}.csv`, `id\n${index}\n`);
    const result = await collect(csv({ path: "*.csv" }), { directory });
    expect(result.rows).toHaveLength(350);
    expect(result.states.length).toBeLessThan(120);
  });
});

describe("files that are unchanged", () => {
  async function firstReading(): Promise<Json | undefined> {
    await settle(await write("a.csv", "id,name\n1,x\n2,y,z\n3,z\n"));
    await write("b.csv", "id,name\n4,x\n");
    return (await collect(csv({ path: "*.csv" }), { directory })).states.at(-1);
  }

  test("are not read again, and only their rows are counted", async () => {
    const state = await firstReading();
    const again = await collect(csv({ path: "*.csv" }), { directory, ...resumeFrom(state) });
    expect(again.messages).toEqual([{ type: "unchanged", stream: "csv", rows: 3 }]);
  });

  test("are known by their content where only their time changed", async () => {
    const state = await firstReading();
    const later = new Date(Date.now() + 5_000);
    await utimes(path.join(directory, "a.csv"), later, later);
    const again = await collect(csv({ path: "*.csv" }), { directory, ...resumeFrom(state) });
    expect(types(again)).toEqual(["unchanged"]);
  });

  test("are told from changed ones of the same size and time, if the time is too new to be trusted", async () => {
    const state = await firstReading();
    const { mtime } = await stat(path.join(directory, "b.csv"));
    const file = await write("b.csv", "id,name\n4,y\n");
    await utimes(file, mtime, mtime);
    const again = await collect(csv({ path: "*.csv" }), { directory, ...resumeFrom(state) });
    expect(again.rows).toHaveLength(3);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["another file changed", () => write("b.csv", "id,name\n5,x\n")],
    ["there is a new file", () => write("c.csv", "id,name\n5,x\n")],
    ["a file is gone", () => rm(path.join(directory, "b.csv"))],
    ["a file has another name", () => rename(path.join(directory, "b.csv"), path.join(directory, "d.csv"))],
  ])("are read all the same where %s, because removals need a whole reading", async (_, change) => {
    const state = await firstReading();
    await change();
    const again = await collect(csv({ path: "*.csv" }), { directory, ...resumeFrom(state) });
    expect(types(again)[0]).toBe("begin");
    expect(types(again)).toContain("complete");
    expect(ids(again)).toContain("1");
  });

  test("are read where everything is asked for, or the options changed", async () => {
    const state = await firstReading();
    const full = await collect(csv({ path: "*.csv" }), { directory, full: true, ...resumeFrom(state) });
    expect(full.rows).toHaveLength(3);
    const other = await collect(csv({ path: "*.csv", nulls: ["x"] }), { directory, ...resumeFrom(state) });
    expect(other.rows[0]).toEqual({ id: "1", name: null });
  });
});

describe("where only news are wanted", () => {
  const wants = "news";

  test("files that are new or changed are read, without an epoch", async () => {
    await write("a.csv", "id\n1\n2\n");
    await write("b.csv", "id\n3\n");
    const first = await collect(csv({ path: "*.csv" }), { directory, wants });
    expect(types(first)).toEqual(["rows", "checkpoint", "rows", "checkpoint", "checkpoint"]);
    const state = first.states.at(-1);
    const nothing = await collect(csv({ path: "*.csv" }), { directory, wants, ...resumeFrom(state) });
    expect(nothing.messages).toEqual([{ type: "unchanged", stream: "csv", rows: 3 }]);
    await write("b.csv", "id\n4\n");
    await write("c.csv", "id\n5\n");
    const news = await collect(csv({ path: "*.csv" }), { directory, wants, ...resumeFrom(state) });
    expect(ids(news)).toEqual(["4", "5"]);
    expect(news.messages[0]).toEqual({ type: "unchanged", stream: "csv", rows: 2 });
    const later = await collect(csv({ path: "*.csv" }), {
      directory,
      wants,
      ...resumeFrom(news.states.at(-1)),
    });
    expect(types(later)).toEqual(["unchanged"]);
  });

  test("an interrupted reading goes on inside of the file", async () => {
    await write("a.csv", `id,name\n${lines(0, 120_000)}`);
    const stop = (message: Message): boolean => message.type === "checkpoint";
    const cut = await collect(csv({ path: "a.csv" }), { directory, wants }, stop);
    const rest = await collect(csv({ path: "a.csv" }), {
      directory,
      wants,
      ...resumeFrom(cut.states.at(-1)),
    });
    expect([...ids(cut), ...ids(rest)]).toEqual(Array.from({ length: 120_000 }, (_, index) => String(index)));
  });

  test.each([
    ["csv", csv({ path: "log", grows: true }), "id,name\n", (id: number) => `${id},"x\ny"\n`],
    ["jsonl", jsonl({ path: "log", grows: true }), "", (id: number) => `{"id":"${id}"}\n`],
  ])("a %s file that grew is read on from its old end", async (_, source, start, line) => {
    const file = await write("log", start + line(1) + line(2));
    const first = await collect(source, { directory, wants });
    expect(ids(first)).toEqual(["1", "2"]);
    await appendFile(file, line(3) + line(4).slice(0, 4));
    const second = await collect(source, { directory, wants, ...resumeFrom(first.states.at(-1)) });
    expect(ids(second)).toEqual(["3"]);
    expect(second.logs).toEqual([expect.stringContaining("the last line has no line break yet")]);
    await appendFile(file, line(4).slice(4) + line(5));
    const third = await collect(source, { directory, wants, ...resumeFrom(second.states.at(-1)) });
    expect(ids(third)).toEqual(["4", "5"]);
    expect(third.messages[0]).toMatchObject({ type: "unchanged", rows: 3 });
    await writeFile(file, start + line(7) + line(8) + line(9) + line(10) + line(11) + line(12));
    const rewritten = await collect(source, { directory, wants, ...resumeFrom(third.states.at(-1)) });
    expect(ids(rewritten)).toEqual(["7", "8", "9", "10", "11", "12"]);
  });
});

describe("a file that changes while it is read", () => {
  async function readWhile(change: (file: string) => Promise<unknown>, grows = false): Promise<Collected> {
    const file = await write("a.csv", `id,name\n${lines(0, 150_000)}`);
    await settle(file);
    const source = csv({ path: "a.csv", grows });
    return collect({ ...source, read: (context) => slowly(source, context) }, { directory });

    async function* slowly(from: Source, context: Parameters<Source["read"]>[0]): AsyncGenerator<Message> {
      let changed = false;
      for await (const message of from.read(context)) {
        if (message.type === "rows" && !changed) {
          changed = true;
          await change(file);
        }
        yield message;
      }
    }
  }

  test.each<[string, string, (file: string) => Promise<unknown>]>([
    ["vanishes", "a.csv vanished while it was read", (file) => rm(file)],
    ["is replaced", "a.csv was replaced while it was read", replace],
    ["is written to", "a.csv was changed while it was read", (file) => appendFile(file, "1,2\n")],
    ["is cut", "a.csv", (file) => writeFile(file, "id,name\n")],
  ])("fails the reading where it %s", async (_, message, change) => {
    await expect(readWhile(change)).rejects.toMatchObject({
      code: "MLR_SOURCE_CHANGED",
      retry: "later",
      message: expect.stringContaining(message),
    });
  });

  async function replace(file: string): Promise<void> {
    await writeFile(`${file}.new`, "id,name\n1,2\n");
    await rename(`${file}.new`, file);
  }

  test("may grow where that is said", async () => {
    const { rows } = await readWhile((file) => appendFile(file, "1,2\n"), true);
    expect(rows).toHaveLength(150_000);
  });
});
