import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DocumentsBed, documentsBed } from "../../test/documents/documents-bed.ts";
import { defineStage } from "./index.ts";

let bed: DocumentsBed;
beforeEach(async () => {
  bed = await documentsBed();
});
afterEach(() => bed.close());

test("a file goes from the inbox to a row and to the done ones, and every stage is told", async () => {
  await bed.put("a.txt", "hello");
  const report = await bed.run();
  expect(report.error).toBeUndefined();
  expect(report.status).toBe("succeeded");
  expect(bed.destination.rows("documents")).toMatchObject([{ file: "a.txt", text: "hello", pages: 1 }]);
  expect(await bed.files("done")).toEqual(["a.txt"]);
  expect([await bed.files("inbox"), await bed.files("processing"), await bed.files("failed")]).toEqual([
    [],
    [],
    [],
  ]);
  expect(bed.ledger.story("a.txt")).toEqual([
    "received done",
    "text done",
    "ocr done",
    "checked done",
    "landed rows",
    "landed done",
    "archived done",
  ]);
  expect(bed.ledger.named("a.txt")).toMatchObject({ state: "done", stage: "archived", file: "done/a.txt" });
});

test("a run ends where its ledger is still asked when the last document is done", async () => {
  const asked = vi.spyOn(bed.ledger, "decisions").mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return [];
  });
  await bed.put("a.txt", "hello");
  expect(await bed.run()).toMatchObject({ status: "succeeded", tables: { documents: { inserted: 1 } } });
  expect(asked).toHaveBeenCalled();
});

test("a second run takes only what is new", async () => {
  await bed.put("a.txt", "one");
  await bed.run();
  await bed.put("b.txt", "two");
  const report = await bed.run();
  expect(report.tables["documents"]).toMatchObject({ inserted: 1 });
  expect(bed.destination.rows("documents").map(({ text }) => text)).toEqual(["one", "two"]);
});

test("the same content lands once, under whatever name and however many come at once", async () => {
  await Promise.all(["a", "b", "c", "d"].map((name) => bed.put(`${name}.txt`, "the same")));
  await bed.run();
  await bed.put("later.txt", "the same");
  await bed.run();
  expect(bed.destination.rows("documents")).toHaveLength(1);
  expect(await bed.files("done")).toEqual(["a.txt", "b.txt", "c.txt", "d.txt", "later.txt"]);
  const states = [...bed.ledger.documents.values()].map(({ state }) => state).toSorted();
  expect(states).toEqual(["done", "duplicate", "duplicate", "duplicate", "duplicate"]);
  expect(bed.ledger.story("later.txt")).toEqual(["received duplicate"]);
});

test("a document that fails goes to the failed ones with the reason beside it, and the rest goes on", async () => {
  await bed.put("bad.txt", "bad");
  await bed.put("good.txt", "good");
  const stages = [
    defineStage("documents.*.entities", ({ name }) => {
      if (name === "bad.txt") throw new Error("cannot be read by anybody");
    }),
  ];
  const report = await bed.run({ stages });
  expect(report.status).toBe("succeeded");
  expect(bed.destination.rows("documents").map(({ file }) => file)).toEqual(["good.txt"]);
  expect(await bed.files("failed")).toEqual(["bad.txt", "bad.txt.reason.json"]);
  expect(JSON.parse(await bed.read("failed", "bad.txt.reason.json"))).toMatchObject({
    file: "bad.txt",
    stage: "entities",
    attempts: 3,
    message: expect.stringContaining("cannot be read by anybody"),
  });
  expect(bed.ledger.story("bad.txt")).toEqual([
    "received done",
    "text done",
    "ocr done",
    "entities retry",
    "entities retry",
    "entities failed",
  ]);
});

test("a failed document goes on at the stage at which it failed, when it is done again", async () => {
  await bed.put("a.txt", "text");
  let fails = true;
  const seen: string[] = [];
  const stages = [
    defineStage("documents.*.classified", () => void seen.push("classified")),
    defineStage("documents.*.entities", () => {
      seen.push("entities");
      if (fails) throw new Error("the dictionary is away");
    }),
  ];
  await bed.run({ stages, attempts: 1 });
  fails = false;
  const { id } = bed.ledger.named("a.txt");
  bed.ledger.decide({ id: crypto.randomUUID(), document: id, kind: "reprocess", by: "ann" });
  await bed.run({ stages });
  expect(seen).toEqual(["classified", "entities", "entities"]);
  expect(bed.destination.rows("documents")).toMatchObject([{ file: "a.txt", text: "text" }]);
  expect([await bed.files("done"), await bed.files("failed")]).toEqual([["a.txt"], []]);
});

test("a document that is done again from a stage replaces its rows, and those that it gives no more are removed", async () => {
  await bed.put("a.txt", "3");
  const stages = [
    defineStage("documents.*.extracted", ({ text }) => ({
      type: "list",
      lines: {
        items: Array.from({ length: Number(text?.pages[0]?.text) - fewer }, (_, index) => ({ item: index })),
      },
    })),
  ];
  let fewer = 0;
  const tables = {
    list: { name: "list", mode: "merge" },
    list_items: { name: "items", mode: "merge" },
  } as const;
  await bed.run({ stages }, { tables });
  expect(bed.destination.rows("items")).toHaveLength(3);
  fewer = 2;
  const { id } = bed.ledger.named("a.txt");
  bed.ledger.decide({
    id: crypto.randomUUID(),
    document: id,
    kind: "reprocess",
    stage: "extracted",
    by: "ann",
  });
  const report = await bed.run({ stages }, { tables });
  expect(report.error).toBeUndefined();
  expect(bed.destination.rows("items")).toMatchObject([{ item: 0 }]);
  expect(bed.destination.rows("list")).toHaveLength(1);
});

test("a document that is not sure waits for a person, lands as corrected, and leaves what was read in the history", async () => {
  await bed.put("a.txt", "total 10");
  await bed.put("sure.txt", "total 20");
  const stages = [
    defineStage("documents.*.extracted", ({ name }) => ({
      type: "bill",
      values: { total: "10" },
      confidence: name === "sure.txt" ? 0.9 : 0.4,
    })),
  ];
  const tables = { bill: { name: "bill", mode: "merge" } } as const;
  await bed.run({ stages }, { tables });
  expect(bed.destination.rows("bill").map(({ file }) => file)).toEqual(["sure.txt"]);
  expect(bed.ledger.named("a.txt")).toMatchObject({
    state: "review",
    confidence: 0.4,
    fields: { values: { total: "10" } },
  });
  const { id } = bed.ledger.named("a.txt");
  bed.ledger.decide({
    id: crypto.randomUUID(),
    document: id,
    kind: "accept",
    values: { total: "19" },
    by: "ann",
  });
  await bed.run({ stages }, { tables });
  expect(bed.destination.rows("bill").find(({ file }) => file === "a.txt")).toMatchObject({
    total: "19",
    confidence: 1,
  });
  expect(bed.ledger.named("a.txt")).toMatchObject({ state: "done", fields: { values: { total: "19" } } });
});

test("a decision that cannot be followed is refused with the reason", async () => {
  await bed.put("a.txt", "text");
  await bed.run();
  const { id } = bed.ledger.named("a.txt");
  bed.ledger.decide({ id: "1", document: id, kind: "reject", by: "ann" });
  bed.ledger.decide({ id: "2", document: crypto.randomUUID(), kind: "reprocess", by: "ann" });
  bed.ledger.decide({ id: "3", document: id, kind: "reprocess", stage: "nowhere", by: "ann" });
  await bed.run();
  expect(bed.ledger.outcomes).toMatchObject([
    { id: "1", refused: expect.stringContaining("it is done") },
    { id: "2", refused: expect.stringContaining("not known") },
    { id: "3", refused: expect.stringContaining('no stage "nowhere"') },
  ]);
});

test("files of a higher priority are worked on first", async () => {
  for (const name of ["a.txt", "b.txt", "urgent.txt"]) await bed.put(name, name);
  const order: string[] = [];
  await bed.run({
    concurrency: 1,
    priority: ({ name }) => (name.startsWith("urgent") ? 10 : 0),
    stages: [defineStage("documents.*.classified", ({ name }) => void order.push(name))],
  });
  expect(order[0]).toBe("urgent.txt");
  expect(order).toHaveLength(3);
});

test("only wanted files are taken, and those that are not finished stay", async () => {
  for (const name of ["a.pdf", "b.txt", "c.txt.part", ".hidden.txt", "skip.txt"]) await bed.put(name, name);
  await bed.run({ include: ["*.txt", "*.part"], exclude: "skip*" });
  expect(bed.destination.rows("documents").map(({ file }) => file)).toEqual(["b.txt"]);
  expect(await bed.files("inbox")).toEqual([".hidden.txt", "a.pdf", "c.txt.part", "skip.txt"]);
});

test("a part of the documents cannot be asked for", async () => {
  await bed.put("a.txt", "text");
  const report = await bed.run({}, { limit: 1 });
  expect(report.error).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  expect(await bed.files("inbox")).toEqual(["a.txt"]);
});
