import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { type Clock, parseOptions, systemClock } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type S3Server, startS3Server } from "../../../test/files/s3-server.ts";
import { blobPath } from "./blobs.ts";
import type { ObjectStore, StoreParts } from "./object-store.ts";
import { openStore } from "./open-store.ts";
import { storeOptions, type StoreOptions } from "./options.ts";
import type { StoredObject } from "./stored-object.ts";
import { findOrphans } from "./upkeep/find-orphans.ts";
import { measure } from "./upkeep/measure.ts";
import { pruneStore } from "./upkeep/prune-store.ts";
import { verifyStore } from "./upkeep/verify-store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "the/secret+key", region: "eu-central-1" };

let folder: string;
let nowMs: number;
let clock: Clock;
const opened: ObjectStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-store-"));
  nowMs = Date.now();
  clock = { ...systemClock, now: () => nowMs++ };
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

const keysOf = async (store: ObjectStore): Promise<string[]> => {
  const found: StoredObject[] = [];
  for await (const object of store.records.list()) found.push(object);
  return found.map(({ key }) => key);
};

describe.each(["folder", "bucket"])("a storage in a %s", (place) => {
  let server: S3Server | undefined;
  let objects: Map<string, Buffer | string>;
  let modified: Map<string, number>;
  let refuse: (() => string | undefined) | undefined;

  beforeEach(async () => {
    objects = new Map();
    modified = new Map();
    refuse = undefined;
    if (place === "bucket")
      server = await startS3Server({
        credentials,
        bucket: "b",
        objects,
        modified,
        pageKeys: 3,
        refuse: () => refuse?.(),
      });
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  function open(options: StoreOptions = {}, parts: Pick<StoreParts, "warn" | "onStep"> = {}): ObjectStore {
    const at =
      place === "folder"
        ? { at: "store" }
        : { at: "s3://b/some prefix", s3: { endpoint: server?.endpoint ?? "" } };
    const settings: Readonly<Record<string, string>> = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: credentials.region,
    };
    const store = openStore(
      parseOptions(storeOptions, { ...at, ...options }, "objectStore()"),
      { directory: folder, setting: (name) => settings[name] },
      { clock, ...parts },
    );
    opened.push(store);
    return store;
  }

  /** What somebody else does to a file of the storage. */
  async function overwrite(file: string, content: string): Promise<void> {
    if (place === "folder") await writeFile(path.join(folder, "store", file), content);
    else objects.set(`some prefix/${file}`, Buffer.from(content));
  }

  /** Makes all contents as old as that. */
  async function age(store: ObjectStore, ms: number): Promise<void> {
    for (const prefix of ["blobs/", "spool/"]) {
      for await (const { path: each } of store.backend.list(prefix)) {
        const at = nowMs - ms;
        if (place === "folder") await utimes(path.join(folder, "store", each), at / 1000, at / 1000);
        else modified.set(`some prefix/${each}`, at);
      }
    }
  }

  test("gives back what was put, with what is known of it", async () => {
    const store = open();
    const { object, created } = await store.put(Readable.from([Buffer.from("Grü"), Buffer.from("ße")]), {
      key: "letters/2026/ä b.txt",
      kind: "document",
      contentType: "text/plain",
      source: "https://example.org/a",
      run: "0198",
      document: "d1",
    });
    expect(created).toBe(true);
    expect(object).toMatchObject({
      bytes: 7,
      kind: "document",
      source: "https://example.org/a",
      run: "0198",
      document: "d1",
    });
    const again = open();
    expect(await again.find("letters/2026/ä b.txt")).toEqual(object);
    expect(await again.find(object.id)).toEqual(object);
    expect(await again.text(object)).toBe("Grüße");
    expect(await again.find("letters")).toBeUndefined();
  });

  test("keeps equal contents once, and an object that is put again unchanged not a second time", async () => {
    const store = open();
    const first = await store.put("same", { key: "a" });
    const other = await store.put("same", { key: "b" });
    const again = await store.put("same", { key: "a" });
    expect([first.shared, other.shared, again.created]).toEqual([false, true, false]);
    expect(again.object).toEqual(first.object);
    expect(await measure(store)).toMatchObject({ objects: 2, contents: 1, bytes: 8, storedBytes: 4 });
  });

  test("keeps what a key had before", async () => {
    const store = open();
    const { object: old } = await store.put("one", { key: "a" });
    nowMs += 1;
    await store.put("two", { key: "a" });
    expect(await store.text((await store.find("a")) ?? old)).toBe("two");
    expect(await store.text((await store.find(old.id)) ?? old)).toBe("one");
    expect(await keysOf(store)).toEqual(["a", "a"]);
  });

  test("lists objects by time, over days and pages", async () => {
    const store = open();
    const keys: string[] = [];
    for (let i = 0; i < 9; i++) {
      keys.push(`k${i}`);
      await store.put(`content ${i}`, { key: `k${i}` });
      nowMs += 10 * HOUR;
    }
    expect(await keysOf(store)).toEqual(keys);
    expect((await store.records.days()).length).toBeGreaterThan(2);
  });

  test.each(["content", "key", "record"] as const)(
    "shows nothing half where a process ends before the %s, and takes the object again",
    async (step) => {
      const store = open(
        {},
        { onStep: async (each) => (each === step ? Promise.reject(new Error("killed")) : undefined) },
      );
      await expect(store.put("content", { key: "a" })).rejects.toThrow("killed");
      const next = open();
      expect(await next.find("a")).toBeUndefined();
      expect(await keysOf(next)).toEqual([]);
      await age(next, 2 * DAY);
      if (step !== "content") expect(await findOrphans(next)).toMatchObject([{ bytes: 7 }]);
      const { object } = await next.put("content", { key: "a" });
      expect(await next.text(object)).toBe("content");
      expect(await findOrphans(next)).toHaveLength(step === "content" && place === "folder" ? 1 : 0);
    },
  );

  test("leaves nothing of a content that breaks off", async () => {
    const store = open();
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from("half");
      throw new Error("connection lost");
    }
    await expect(store.put(broken(), { key: "a" })).rejects.toThrow("connection lost");
    expect(await readdir(await store.backend.spoolFolder())).toEqual([]);
    expect(await keysOf(store)).toEqual([]);
  });

  test("fails on a content that is not what was put, at its end, and verify names the objects that have it", async () => {
    const store = open();
    const { object } = await store.put("the true content", { key: "a" });
    await store.put("the true content", { key: "b" });
    await store.put("another", { key: "c" });
    await overwrite(blobPath(object.sha256, "plain"), "the fake content");
    await expect(store.bytes(object)).rejects.toMatchObject({ code: "MLR_STORAGE_DAMAGED" });
    const { damaged, objects: looked, contents } = await verifyStore(store);
    expect([looked, contents]).toEqual([3, 2]);
    expect(damaged.map(({ object: { key }, code }) => [key, code])).toEqual([
      ["a", "MLR_STORAGE_DAMAGED"],
      ["b", "MLR_STORAGE_DAMAGED"],
    ]);
    await store.backend.remove(blobPath(object.sha256, "plain"));
    await expect(store.bytes(object)).rejects.toMatchObject({ code: "MLR_STORAGE_NOT_FOUND" });
  });

  test.each(["zstd", "gzip"] as const)(
    "compresses cold contents with %s, and reads them as before",
    async (format) => {
      const store = open({ compress: { after: "30 days", format } });
      const { object } = await store.put("long and dull ".repeat(500), { key: "a" });
      await store.put("short", { key: "b" });
      expect(await pruneStore(store, { dryRun: false })).toMatchObject({ compressed: 0 });
      await age(store, 31 * DAY);
      expect(await pruneStore(store, { dryRun: true })).toMatchObject({ compressed: 2, freedBytes: 0 });
      expect((await pruneStore(store, { dryRun: false })).freedBytes).toBeGreaterThan(6000);
      expect(await measure(store)).toMatchObject({ compressed: 1, bytes: 7005 });
      expect(await store.text(object)).toBe("long and dull ".repeat(500));
      expect(await verifyStore(store)).toMatchObject({ damaged: [] });
      expect(await store.put("long and dull ".repeat(500), { key: "c" })).toMatchObject({ shared: true });
    },
  );

  test("removes by age, count and size of each kind, but not what is held, and only when told", async () => {
    const store = open({
      retention: [
        { kind: "response", olderThan: "10 days" },
        { kind: "export", keepNewest: 2 },
        { kind: "screenshot", maxBytes: "25 B" },
      ],
    });
    await store.put("old response", { key: "r/1", kind: "response" });
    await store.put("held response", { key: "r/held/1", kind: "response" });
    await store.put("document", { key: "d/1", kind: "document" });
    nowMs += 11 * DAY;
    await store.put("new response", { key: "r/2", kind: "response" });
    for (let i = 0; i < 3; i++) {
      nowMs += 1000;
      await store.put(`export ${i}`, { key: `e/${i}`, kind: "export" });
      await store.put(`screenshot${i}`, { key: `s/${i}`, kind: "screenshot" });
    }
    await store.holds.add({ prefix: "r/held/", reason: "a claim", at: new Date(nowMs).toISOString() });
    const planned = await pruneStore(store, { dryRun: true });
    expect(planned.due.map(({ object: { key }, reason }) => `${key} ${reason}`)).toEqual([
      "r/1 age",
      "e/0 count",
      "s/0 size",
    ]);
    expect(planned.held.map(({ key }) => key)).toEqual(["r/held/1"]);
    expect(await keysOf(store)).toHaveLength(10);
    await age(store, 2 * DAY);
    const done = await pruneStore(store, { dryRun: false });
    expect(done.orphans).toHaveLength(3);
    expect(await keysOf(store)).toEqual(["r/held/1", "d/1", "r/2", "e/1", "s/1", "e/2", "s/2"]);
    expect(await verifyStore(store)).toMatchObject({ objects: 7, damaged: [] });
    expect(await store.holds.release("r/held/")).toBe(true);
    expect((await pruneStore(store, { dryRun: true })).due.map(({ object: { key } }) => key)).toEqual([
      "r/held/1",
    ]);
  });

  test("brings back what an object wants that came while contents were removed", async () => {
    const store = open();
    const { object } = await store.put("wanted", { key: "a" });
    await store.records.remove(object.id);
    await age(store, 2 * DAY);
    // The record appears between the first and the second look.
    const list = store.records.list.bind(store.records);
    let looks = 0;
    store.records.list = async function* (options) {
      looks += 1;
      if (looks === 2) await store.records.write(object);
      yield* list(options);
    };
    const { orphans } = await pruneStore(store, { dryRun: false });
    expect([looks, orphans]).toEqual([2, []]);
    expect(await store.text(object)).toBe("wanted");
  });

  test("refuses what its quota has no room for, and tells once that it is nearly full", async () => {
    const warnings: string[] = [];
    const store = open(
      { quota: { bytes: 100, alertAt: 0.5 } },
      { warn: (message) => void warnings.push(message) },
    );
    await store.put("x".repeat(40), { key: "a" });
    expect(warnings).toEqual([]);
    await store.put("y".repeat(40), { key: "b" });
    await store.put("z".repeat(5), { key: "c" });
    expect(warnings).toEqual([expect.stringMatching(/filled to 80 % of its quota of 100 bytes/)]);
    await expect(store.put("w".repeat(40), { key: "d" })).rejects.toMatchObject({
      code: "MLR_STORAGE_FULL",
      retry: "later",
    });
    expect(await store.put("x".repeat(40), { key: "e" })).toMatchObject({ shared: true });
    expect(await readdir(await store.backend.spoolFolder())).toEqual([]);
  });

  test("refuses objects that are too large, and keys that are none", async () => {
    const store = open({ maxBytes: 10 });
    await expect(store.put("x".repeat(11), { key: "a" })).rejects.toMatchObject({
      code: "MLR_STORAGE_FULL",
      retry: "never",
    });
    for (const key of ["", "/a", "a//b", "../a", "a/./b", "a\nb", "x".repeat(1025)])
      await expect(store.put("x", { key })).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    expect(await keysOf(store)).toEqual([]);
  });

  test("writes a file only where there is none, of two who do it at once", async () => {
    const store = open();
    const both = await Promise.all(
      ["one", "two"].map((text) => store.backend.write("state/x.json", text, { exclusive: true })),
    );
    expect(both.map(String).toSorted()).toEqual(["false", "true"]);
  });

  if (place === "bucket")
    test("says that the service is away or refuses, and that a bucket is missing", async () => {
      const store = open();
      refuse = () => "AccessDenied";
      await expect(store.put("x", { key: "a" })).rejects.toMatchObject({ code: "MLR_STORAGE_DENIED" });
      refuse = undefined;
      await store.put("x", { key: "a" });
      const elsewhere = open({ at: "s3://other" });
      await expect(elsewhere.find("a")).rejects.toMatchObject({ code: "MLR_STORAGE_NOT_FOUND" });
      await server?.close();
      await expect(store.find("a")).rejects.toMatchObject({
        code: "MLR_STORAGE_UNAVAILABLE",
        retry: "later",
      });
    });

  if (place === "folder")
    test("tells of a record that is damaged, with its path", async () => {
      const store = open();
      const { object } = await store.put("x", { key: "a" });
      const day = (await store.records.days())[0] ?? "";
      const file = `records/${day}/${object.id}.json`;
      expect(JSON.parse(await readFile(path.join(folder, "store", file), "utf8"))).toEqual(object);
      await overwrite(file, '{"id":');
      await expect(keysOf(store)).rejects.toMatchObject({
        code: "MLR_STORAGE_DAMAGED",
        message: expect.stringContaining(file),
      });
    });
});
