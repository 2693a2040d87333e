import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { MillraceError, type Row } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { files, type FilesOptions } from "./index.ts";
import { ioError } from "./io/io-error.ts";
import { partitionName, safeName } from "./safe-name.ts";
import { duck } from "../../test/file-tables/duckdb.ts";
import { folderAt, load, testFolder, type TestFolder } from "../../test/file-tables/writer.ts";

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof MillraceError ? error.code : String(error);
}

function thrown(work: () => unknown): MillraceError {
  try {
    work();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

async function ids({ root }: TestFolder): Promise<unknown[]> {
  return (await duck(`SELECT id FROM read_json('${root}/t/**/*.jsonl') ORDER BY id`)).map(({ id }) =>
    Number(id),
  );
}

describe("files()", () => {
  it("appends unless told otherwise, also where the rows have a key", () => {
    const target = files({ path: "out", format: "csv" }).table("t", { key: ["id"] });
    expect(target.tableFor("any")?.mode).toBe("append");
    expect(
      files({ path: "out", format: "csv" })
        .tables({ s: { mode: "replace" } })
        .tableFor("s")?.mode,
    ).toBe("replace");
  });

  it("refuses modes that need a database when the pipeline is defined, and says what to do", () => {
    const target = files({ path: "out", format: "parquet" });
    for (const mode of ["merge", "upsert"] as const) {
      const error = thrown(() => target.table("t", { key: ["id"], mode }));
      expect([error.code, error.hint?.includes(`${mode} into a database`)]).toEqual([
        "MLR_PIPELINE_INVALID",
        true,
      ]);
    }
    const shared = thrown(() =>
      target.table("t", { key: ["id"], discriminator: { column: "id", value: "1" } }),
    );
    expect(shared.code).toBe("MLR_PIPELINE_INVALID");
  });

  it("refuses options that the format does not have", () => {
    const bad: FilesOptions[] = [
      { path: "out", format: "parquet", delimiter: ";" },
      { path: "out", format: "csv", rowGroupRows: 5 },
      { path: "out", format: "csv", compression: "snappy" },
      { path: "out", format: "parquet", compression: "gzip" },
      { path: "out", format: "csv", delimiter: ";", nullText: ";" },
      { path: "out", format: "csv", delimiter: '"' },
      { path: "", format: "csv" },
    ];
    for (const options of bad)
      expect(thrown(() => files(options)).code, JSON.stringify(options)).toBe("MLR_ARGUMENT_INVALID");
    expect(thrown(() => files({ path: "x", format: "csv", fromat: 1 } as FilesOptions)).hint).toContain(
      "format",
    );
  });
});

describe("names", () => {
  const hostile = [
    "../../etc",
    "..",
    ".",
    "/abs",
    "C:\\x",
    "a/b",
    "con",
    "NUL.txt",
    "com1",
    "a:b",
    "trailing.",
    " x ",
    "*?<>|",
    "\u0001",
    "_millrace",
  ];

  it("never leave the folder, and are taken by Windows", async () => {
    for (const name of hostile) {
      const safe = safeName(name);
      expect(safe, name).not.toMatch(/[/\\:*?"<>|\u0000-\u001f]|^\.|[. ]$|^(con|nul|com1)(\.|$)/i);
      expect(safe).not.toBe("");
    }
    const folder = await testFolder({ format: "jsonl", partitionBy: "v" });
    const pipeline = await folder.open("../../pipeline");
    for (const [id, name] of hostile.entries()) {
      await pipeline.table(name, { mode: "append", columns: { v: "text" } });
      await pipeline.write(name, [{ id, v: name }]);
    }
    await pipeline.commit({ final: true });
    const found = await folder.files();
    expect(found.length).toBe(hostile.length);
    for (const path of found) expect(path.split("/")).toHaveLength(3);
    await pipeline.close();
  });

  it("stay apart: other names, other folders", () => {
    const all = [
      ...hostile,
      "A",
      "a",
      "%41",
      "a%62",
      "ab",
      "é",
      "e\u0301x",
      "x".repeat(300),
      `${"x".repeat(299)}y`,
    ];
    expect(new Set(all.map(safeName)).size).toBe(all.length);
    expect(safeName("größe_1")).toBe("größe_1");
    for (const name of all) expect(Buffer.byteLength(safeName(name))).toBeLessThanOrEqual(200);
  });

  it("of partitions are what readers decode", () => {
    expect(partitionName("day", "2026-11-21")).toBe("day=2026-11-21");
    expect(partitionName("a=b", "x/y=..%")).toBe("a%3Db=x%2Fy%3D..%25");
    expect(partitionName("d", null)).toBe("d=__HIVE_DEFAULT_PARTITION__");
    expect(thrown(() => partitionName("d", "x".repeat(500))).code).toBe("MLR_DESTINATION_FAILED");
  });

  it("of two tables never share a folder", async () => {
    const folder = await testFolder({ format: "csv" });
    const pipeline = await folder.open();
    await pipeline.table("caf\u00e9", { mode: "append" });
    await pipeline.write("caf\u00e9", [{ id: 1 }]);
    await pipeline.commit();
    await pipeline.table("cafe\u0301", { mode: "append" });
    expect(await code(pipeline.write("cafe\u0301", [{ id: 1 }]))).toBe("MLR_SCHEMA_COLLISION");
    await pipeline.close();
  });
});

describe("files of a table", () => {
  it("are closed at a limit of rows or bytes", async () => {
    const folder = await testFolder({ format: "jsonl", maxFileRows: 4 });
    await load(folder, numbered(10));
    expect((await folder.files()).length).toBe(3);
    expect(await ids(folder)).toEqual(numbered(10).map(({ id }) => id));
    const small = await testFolder({ format: "csv", maxFileBytes: 1024 });
    await load(small, numbered(5_000));
    expect((await small.files()).length).toBeGreaterThan(3);
  });

  it("are many where there are many partitions, in bounded numbers at once", async () => {
    const folder = await testFolder({ format: "jsonl", partitionBy: ["part"] });
    const rows = Array.from({ length: 300 }, (_, id) => ({ id, part: id % 100 }));
    await load(folder, rows);
    expect(await ids(folder)).toEqual(rows.map(({ id }) => id));
    expect(new Set((await folder.files()).map((path) => path.split("/")[1])).size).toBe(100);
  });

  it("are all of one shape in a commit, whatever the rows taught on the way", async () => {
    const folder = await testFolder({ format: "csv" });
    const pipeline = await folder.open();
    await pipeline.table("t", { mode: "append" });
    await pipeline.write("t", [{ id: 1, v: 1 }]);
    await pipeline.write("t", [{ id: 2, v: "x", added: 1 }]);
    await pipeline.commit({ final: true });
    await pipeline.close();
    const heads = (await folder.files()).map(
      (path) => readFileSync(join(folder.root, path), "utf8").split("\n")[0],
    );
    expect(new Set(heads)).toEqual(new Set(["id,v,added"]));
    expect((await (await folder.destination.inspect()).verify("t")).equal).toBe(2);
  });

  it("need a partition column that exists", async () => {
    const folder = await testFolder({ format: "csv", partitionBy: "dya" });
    const pipeline = await folder.open();
    await pipeline.table("t", { mode: "append" });
    const error = await pipeline.write("t", [{ id: 1, day: "x" }]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "MLR_SCHEMA_MISMATCH", hint: 'Did you mean "day"?' });
    await pipeline.close();
  });

  it("keep their format and folders", async () => {
    const folder = await testFolder({ format: "csv" });
    await load(folder, numbered(1));
    const other = folderAt(folder.root, { format: "parquet" });
    expect(await code(load(other, numbered(1)))).toBe("MLR_SCHEMA_MISMATCH");
    expect(await code(load(folderAt(folder.root, { format: "csv", partitionBy: "id" }), numbered(1)))).toBe(
      "MLR_SCHEMA_MISMATCH",
    );
  });

  it("hold no NaN in a decimal of Parquet", async () => {
    const folder = await testFolder({ format: "parquet" });
    const columns = { v: "numeric(8,2)" };
    expect(await code(load(folder, [{ v: "NaN" }], { mode: "append", columns }))).toBe("MLR_ROW_INVALID");
  });

  it("are told apart where somebody changed, cut or removed them", async () => {
    const folder = await testFolder({ format: "jsonl", maxFileRows: 2 });
    await load(folder, numbered(6));
    const inspector = await folder.destination.inspect();
    expect(await inspector.verify("t")).toMatchObject({ rows: 6, equal: 6, different: 0 });
    const [first = "", second = "", third = ""] = (await folder.files()).map((path) =>
      join(folder.root, path),
    );
    writeFileSync(first, readFileSync(first, "utf8").replace(/"id":1/, '"id":77'));
    writeFileSync(second, readFileSync(second, "utf8").split("\n").slice(0, 1).join("") + "\n");
    await rm(third);
    writeFileSync(join(folder.root, "t", "mine.jsonl"), '{"id":1}\n');
    const result = await inspector.verify("t");
    expect(result).toMatchObject({ rows: 6, equal: 2, different: 5 });
    expect(result.examples.map(({ key }) => key)).toContainEqual({ file: "t/mine.jsonl" });
    expect(result.examples.length).toBe(5);
  });
});

describe("a replaced table", () => {
  const replace = { mode: "replace" } as const;

  it("of one folder is one file under one name, so that readers see the old rows or the new", async () => {
    const folder = await testFolder({ format: "jsonl" });
    await load(folder, numbered(3), replace);
    expect(await folder.files()).toEqual(["t/t.jsonl"]);
    await load(folder, numbered(2), replace);
    expect(await folder.files()).toEqual(["t/t.jsonl"]);
    expect(await ids(folder)).toEqual([1, 2]);
    const pipeline = await folder.open();
    await pipeline.table("t", replace);
    await pipeline.read("t", []);
    await pipeline.commit({ final: true });
    await pipeline.close();
    expect(await folder.files()).toEqual(["t/t.jsonl"]);
    expect(readFileSync(join(folder.root, "t/t.jsonl"), "utf8")).toBe("");
  });

  it("shrinks and grows by files", async () => {
    const folder = await testFolder({ format: "jsonl", maxFileRows: 2 });
    for (const rows of [5, 9, 1, 4, 0]) {
      await load(folder, numbered(rows), { ...replace, columns: { id: "integer" } });
      if (rows > 0) expect(await ids(folder)).toEqual(numbered(rows).map(({ id }) => id));
      expect((await folder.files()).length).toBe(Math.max(1, Math.ceil(rows / 2)));
    }
  });

  it("keeps the last row of a key, also over batches, commits, sessions and partitions", async () => {
    const folder = await testFolder({ format: "jsonl", partitionBy: "part" });
    const options = { ...replace, key: ["id"] };
    const first = await folder.open();
    await first.table("t", options);
    const row = (id: number, part: string, v: number): Row => ({ id, part, v });
    first.begin("t");
    await first.write("t", [row(2, "a", 1), row(1, "b", 1), row(1, "a", 2), row(3, "a", 1)]);
    expect((await first.commit()).tables["t"]).toMatchObject({ inserted: 3, duplicates: 1 });
    await first.write("t", [row(2, "b", 9)]);
    await first.close();
    const second = await folder.open();
    await second.table("t", options);
    const epoch = second.resume("t");
    await second.write("t", [row(3, "b", 2), row(4, "c", 1)]);
    second.complete(epoch);
    expect((await second.commit({ final: true })).tables["t"]).toMatchObject({ inserted: 1, updated: 1 });
    await second.close();
    const rows = await duck(
      `SELECT id, part, v FROM read_json('${folder.root}/t/**/*.jsonl', hive_partitioning = false) ORDER BY id`,
    );
    expect(rows.map(({ id, part, v }) => [Number(id), part, Number(v)])).toEqual([
      [1, "a", 2],
      [2, "a", 1],
      [3, "b", 2],
      [4, "c", 1],
    ]);
    expect((await (await folder.destination.inspect()).verify("t")).different).toBe(0);
  });

  it("replaces a scope alone, also in files that hold others", async () => {
    const folder = await testFolder({ format: "jsonl" });
    const pipeline = await folder.open();
    await pipeline.table("t", { ...replace, columns: { day: "date" } });
    const day = (number: number): string => `2026-11-0${number}`;
    await pipeline.read(
      "t",
      [1, 2, 3, 4].map((id) => ({ id, day: day(1 + (id % 2)) })),
    );
    await pipeline.commit();
    await pipeline.read("t", [{ id: 9, day: day(1) }], { day: day(1) });
    expect((await pipeline.commit()).tables["t"]).toMatchObject({ inserted: 1, removed: 2 });
    expect(await ids(folder)).toEqual([1, 3, 9]);
    await pipeline.read("t", [], { day: day(1) });
    await pipeline.read("t", [{ id: 5, day: day(2) }], { day: day(2) });
    expect((await pipeline.commit()).tables["t"]).toMatchObject({ inserted: 1, removed: 3 });
    expect(await ids(folder)).toEqual([5]);
    await pipeline.read("t", [{ id: 6, day: day(2) }]);
    await pipeline.commit({ final: true });
    expect(await ids(folder)).toEqual([6]);
    expect(await folder.files()).toEqual(["t/t.jsonl"]);
    await pipeline.close();
  });
});

describe("snapshots", () => {
  it("are folders that readers find the scope in", async () => {
    const folder = await testFolder({ format: "jsonl", partitionBy: "part" });
    const pipeline = await folder.open();
    await pipeline.table("t", { mode: "snapshot" });
    for (const [day, rows] of [
      [20, 2],
      [21, 3],
      [21, 1],
    ] as const) {
      await pipeline.read(
        "t",
        numbered(rows).map((row) => ({ ...row, part: "p" })),
      );
      await pipeline.commit({ readAt: Date.UTC(2026, 10, day, 5) });
    }
    await pipeline.close();
    const counts = `SELECT _snapshot::VARCHAR AS day, count(*) AS n FROM read_json('${folder.root}/t/**/*.jsonl', hive_partitioning = true) GROUP BY ALL ORDER BY ALL`;
    expect(await duck(counts)).toEqual([
      { day: "2026-11-20", n: "2" },
      { day: "2026-11-21", n: "1" },
    ]);
    expect((await folder.files()).map((path) => path.split("/").slice(0, 3).join("/"))).toEqual([
      "t/_snapshot=2026-11-20/part=p",
      "t/_snapshot=2026-11-21/part=p",
    ]);
  });
});

describe("two pipelines", () => {
  it("write side by side into one folder, each its own tables", async () => {
    const folder = await testFolder({ format: "jsonl" });
    const [one, two] = [await folder.open("one"), await folder.open("two")];
    await one.table("a", { mode: "append" });
    await two.table("b", { mode: "append" });
    await one.write("a", numbered(1));
    await two.write("b", numbered(1));
    await Promise.all([one.commit({ final: true }), two.commit({ final: true })]);
    await two.table("a", { mode: "append" });
    expect(await code(two.write("a", numbered(1)))).toBe("MLR_TABLE_OWNED");
    await Promise.all([one.close(), two.close()]);
    const inspector = await folder.destination.inspect();
    expect((await inspector.tables()).map(({ table, pipeline }) => `${pipeline} ${table}`)).toEqual([
      "one a",
      "two b",
    ]);
  });
});

describe("namespaces", () => {
  it("are folders around those of the tables", async () => {
    const folder = await testFolder({ format: "jsonl" });
    const pipeline = await folder.open();
    await pipeline.table("t", { mode: "replace", namespace: "Sales" });
    await pipeline.read("t", numbered(2));
    await pipeline.commit({ final: true });
    await pipeline.close();
    expect(await folder.files()).toEqual(["%53ales/t/t.jsonl"]);
    expect((await (await folder.destination.inspect()).verify("Sales.t")).equal).toBe(2);
  });
});

describe("what the file system says", () => {
  const said: Record<string, string> = {
    ENOSPC: "MLR_DESTINATION_FULL",
    EACCES: "MLR_DESTINATION_PERMISSION",
    EROFS: "MLR_DESTINATION_READ_ONLY",
    EMFILE: "MLR_DESTINATION_UNAVAILABLE",
    EISDIR: "MLR_DESTINATION_FAILED",
  };

  it("becomes an error that says what was done, and what to do", () => {
    for (const [errno, wanted] of Object.entries(said)) {
      const error = ioError(Object.assign(new Error(`${errno}: no`), { code: errno }), "writing /data/t");
      expect([error.code, error.message]).toEqual([wanted, `writing /data/t: ${errno}: no`]);
      if (wanted !== "MLR_DESTINATION_FAILED") expect(error.hint).toBeDefined();
    }
  });

  it("that a file which waited is gone means that a successor took over", async () => {
    const folder = await testFolder({ format: "jsonl", maxFileRows: 2 });
    const late = await folder.open();
    await late.table("t", { mode: "append" });
    await late.write("t", [{ id: 1 }]);
    await (await folder.open()).close();
    // The rows have to be written again with the wider column, and are not there any more.
    await late.write("t", [{ id: "x" }]);
    expect(await code(late.commit())).toBe("MLR_FENCED");
    await late.close();
    expect(await folder.files()).toEqual([]);
  });
});

describe("a folder that cannot be used", () => {
  it("is told with what to do", async () => {
    const folder = await testFolder({ format: "csv" });
    writeFileSync(join(folder.root, "file"), "");
    const inFile = folderAt(join(folder.root, "file", "out"), { format: "csv" });
    const error = await inFile.open().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "MLR_DESTINATION_FAILED" });
    expect((error as MillraceError).message).toContain(`${sep}file`);
  });

  it("is not guessed at where its manifest is of another version or damaged", async () => {
    for (const content of ['{"version":99}', "{"]) {
      const folder = await testFolder({ format: "csv" });
      const state = join(folder.root, "_millrace", "pipelines", "pipeline", "state-000000000000");
      mkdirSync(state, { recursive: true });
      writeFileSync(join(state, "000000000001.json"), content);
      expect(await code(folder.open())).toBe("MLR_DESTINATION_FAILED");
    }
  });
});

function numbered(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1 }));
}
