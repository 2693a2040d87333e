import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { memoryDestination } from "@millrace/core/testing";
import { rows } from "../../src/rows/index.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { counting, notes, runIn, storeIn } from "./run-objects.ts";
import {
  findOrphans,
  objects,
  type ObjectStore,
  type StoredObject,
  stored,
  verifyStore,
} from "../../src/storage/index.ts";

const CHILD = fileURLToPath(new URL("./put-child.ts", import.meta.url));

let folder: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-objects-"));
  store = storeIn(folder).open({ directory: folder });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function all(): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.records.list()) found.push(object);
  return found;
}

describe("objects()", () => {
  test("puts a column's content under a key of the row's values, with the other columns beside it", async () => {
    const report = await runIn(folder, "pages", {
      source: rows({
        pages: [
          { id: 7, url: "https://example.org/a", body: "<p>Hi</p>", at: new Date("2026-03-05T06:00:00Z") },
        ],
      }),
      destination: objects({
        store: storeIn(folder),
        key: "pages/{stream}/{id}.html",
        content: "body",
        kind: "response",
        contentType: "text/html",
        source: "url",
      }),
    });
    expect(report.tables["pages"]).toMatchObject({ read: 1, inserted: 1 });
    const [object] = await all();
    expect(object).toMatchObject({
      key: "pages/pages/7.html",
      kind: "response",
      contentType: "text/html",
      source: "https://example.org/a",
      pipeline: "pages",
      run: report.run,
      about: { id: 7, url: "https://example.org/a", at: "2026-03-05T06:00:00Z" },
    });
    expect(await store.text(object as StoredObject)).toBe("<p>Hi</p>");
  });

  test("puts whole rows as JSON, and those that its key has already not again", async () => {
    const options = (name: string) => ({
      source: rows([
        { id: 1, name, tags: ["a", "b"], at: new Date("2026-03-05T00:00:00Z") },
        { id: 2, name: "Bob" },
      ]),
      destination: objects({ store: storeIn(folder), key: "people/{id}.json" }),
    });
    await runIn(folder, "people", options("Ann"));
    const second = await runIn(folder, "people", options("Anna"));
    expect(second.tables["rows"]).toMatchObject({ read: 2, inserted: 1, unchanged: 1 });
    const person = await store.find("people/1.json");
    expect(JSON.parse(await store.text(person as StoredObject))).toEqual({
      id: 1,
      name: "Anna",
      tags: ["a", "b"],
      at: "2026-03-05T00:00:00Z",
    });
    expect(await all()).toHaveLength(3);
  });

  test("shows nothing of a commit that fails", async () => {
    let left = 12;
    const failing = notes(folder, async (step) => {
      if (step === "content" && --left === 0) throw new Error("no more");
    });
    expect(await runIn(folder, "notes", failing)).toMatchObject({ status: "failed" });
    expect(await all()).toHaveLength(10);
    await runIn(folder, "notes", notes(folder));
    expect((await all()).map(({ key }) => key).toSorted()).toEqual(
      Array.from({ length: 40 }, (_, i) => `notes/${i}.txt`).toSorted(),
    );
  });

  test("lets one of two attempts commit, whichever was first", async () => {
    const destination = await notes(folder).destination.destination({
      directory: folder,
      databaseUrl: () => Promise.reject(new Error("none")),
    });
    const owner = { pipeline: "p", run: "00000000-0000-7000-8000-000000000001" };
    const first = await destination.open({ ...owner, attempt: 1n });
    const second = await destination.open({ ...owner, attempt: 2n });
    const cut = {
      id: 1n,
      checkpoints: new Map(),
      begun: [],
      completed: [],
      taints: new Map(),
      discarded: [],
      counts: {},
      final: false,
    };
    await expect(first.commit(cut)).rejects.toMatchObject({ code: "MLR_FENCED" });
    expect(await second.commit(cut)).toMatchObject({ id: 1n });
    expect(await second.commit(cut)).toMatchObject({ id: 1n });
    await expect(destination.open({ ...owner, attempt: 2n })).rejects.toMatchObject({ code: "MLR_FENCED" });
    await destination.close();
  });

  test.each([
    ["content", 1],
    ["content", 13],
    ["key", 1],
    ["record", 1],
    ["record", 18],
    ["record", 40],
  ] as const)(
    "loses nothing and puts nothing twice when it is killed at a %s, the %i. time",
    { timeout: 60_000 },
    async (step, time) => {
      const child = spawn(
        process.execPath,
        ["--conditions=@millrace/source", CHILD, folder, step, String(time)],
        {
          stdio: ["ignore", "ignore", "inherit"],
        },
      );
      expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
      for (const object of await all()) expect(await store.text(object)).toMatch(/^content \d$/);
      await runIn(folder, "notes", notes(folder));
      expect((await all()).map(({ key }) => key).toSorted()).toEqual(
        Array.from({ length: 40 }, (_, i) => `notes/${i}.txt`).toSorted(),
      );
      expect(await verifyStore(store)).toMatchObject({ objects: 40, contents: 7, damaged: [] });
      expect(
        (await findOrphans(store, undefined, -60_000)).filter(({ sha256 }) => sha256 !== undefined),
      ).toEqual([]);
    },
  );
});

describe("stored()", () => {
  test("gives each new object once, also those that came while it read", async () => {
    const memory = memoryDestination();
    const child = {
      source: stored({ store: storeIn(folder), kind: "note", content: "text" }),
      destination: memory.table("texts", { mode: "append" as const }),
    };
    expect((await runIn(folder, "texts", child)).tables["texts"]?.read ?? 0).toBe(0);
    await runIn(folder, "notes", notes(folder));
    await store.put("of another kind", { key: "other" });
    expect((await runIn(folder, "texts", child)).tables["texts"]).toMatchObject({ read: 40, inserted: 40 });
    expect((await runIn(folder, "texts", child)).tables["texts"]?.read ?? 0).toBe(0);
    await store.put("late", { key: "notes/late.txt", kind: "note" });
    expect((await runIn(folder, "texts", child)).tables["texts"]).toMatchObject({ read: 1, inserted: 1 });
    expect(memory.rows("texts")).toHaveLength(41);
    expect(memory.rows("texts").at(-1)).toMatchObject({ key: "notes/late.txt", content: "late", size: 4 });
    expect((await runIn(folder, "texts", child, true)).tables["texts"]).toMatchObject({ read: 41 });
  });

  test("makes rows of objects, and puts what it cannot read into the quarantine", async () => {
    await store.put('[{"id":1},{"id":2}]', { key: "a.json" });
    await store.put("no json", { key: "b.json" });
    await store.put('[{"id":3}]', { key: "c.json" });
    const memory = memoryDestination();
    const options = (onError: "fail" | "reject") => ({
      source: stored({
        store: storeIn(folder),
        rows: async (object) => (await object.json()) as { id: number }[],
        onError,
      }),
      destination: memory.table("items", { key: ["id"] }),
    });
    expect(await runIn(folder, "items", options("fail"))).toMatchObject({
      error: { code: "MLR_SOURCE_FORMAT" },
    });
    const report = await runIn(folder, "items", options("reject"));
    expect(report.tables["items"]).toMatchObject({ rejected: 1 });
    expect(memory.rows("items").map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test("misses nothing that becomes visible days after its time", async () => {
    const memory = memoryDestination();
    const child = {
      source: stored({ store: storeIn(folder) }),
      destination: memory.table("found", { mode: "append" as const }),
    };
    await store.put("first", { key: "first" });
    await runIn(folder, "found", child);
    const { pending } = await store.prepare("slow", { key: "slow" });
    await store.publish(pending, Date.now() - 9 * 86_400_000);
    expect((await runIn(folder, "found", child)).tables["found"]).toMatchObject({ read: 1 });
    expect((await runIn(folder, "found", child)).tables["found"]?.read ?? 0).toBe(0);
    expect(memory.rows("found").map(({ key }) => key)).toEqual(["first", "slow"]);
  });

  test("goes on behind its last checkpoint where it was interrupted in old days", async () => {
    const old = Date.now() - 30 * 86_400_000;
    for (let i = 0; i < 150; i++) {
      const { pending } = await store.prepare(`${i}`, { key: `k${i}` });
      await store.publish(pending, old + i * 3_600_000);
    }
    const memory = memoryDestination();
    let left = 130;
    const child = () => ({
      source: stored({
        store: storeIn(folder),
        rows: ({ key }) => {
          if (--left === 0) throw new Error("stopped");
          return [{ key }];
        },
      }),
      destination: memory.table("all", { mode: "append" as const }),
      commit: { rows: 1 },
    });
    expect(await runIn(folder, "all", child())).toMatchObject({ status: "failed" });
    expect(memory.rows("all")).toHaveLength(100);
    left = 1000;
    await runIn(folder, "all", child());
    expect(new Set(memory.rows("all").map(({ key }) => key)).size).toBe(150);
    expect(memory.rows("all")).toHaveLength(150);
  });
});

test("a pipeline needs a storage, and a key that its rows have values for", async () => {
  expect(() => objects({ store: {} as never, key: "a" })).toThrow(/made with objectStore\(\)/);
  const options = {
    source: counting(1, 1),
    destination: objects({ store: storeIn(folder), key: "{nothing}" }),
  };
  expect(await runIn(folder, "notes", options)).toMatchObject({
    error: { code: "MLR_ARGUMENT_INVALID", message: expect.stringContaining("{nothing}") },
  });
});
