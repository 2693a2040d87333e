import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { openControl } from "@millrace/platform";
import { objectStore } from "../../packages/connectors/src/storage/index.ts";
import { lookAtStorage } from "../../packages/millrace/src/storage/look-at-storage.ts";
import { testProject } from "./cli.ts";

const CONFIG = `import { defineConfig, objectStore } from "millrace";
export default defineConfig({ storage: objectStore({ at: "objects", retention: [{ kind: "note", keepNewest: 1 }] }) });
`;

test(
  "the storage is listed, measured, verified, held and pruned, and followed by the control database",
  { timeout: 180_000 },
  async () => {
    const database = await freshDatabase();
    const project = await testProject(
      { "millrace.config.ts": CONFIG },
      { MILLRACE_DATABASE_URL: database.url },
    );
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const store = objectStore({
      at: "objects",
      retention: [{ kind: "note", keepNewest: 1 }],
      quota: { bytes: 10 },
    }).open({
      directory: project.root,
    });
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await project.millrace("storage", ...args, "--json")).stdout);
    try {
      const { object } = await store.put("one", { key: "notes/1", kind: "note", run: "r1", document: "d1" });
      await store.put("two", { key: "notes/2", kind: "note", run: "r2" });
      await store.put("six", { key: "other", kind: "export" });
      expect(await json("ls", "notes/", "--run", "r1")).toMatchObject([{ key: "notes/1", document: "d1" }]);
      expect(await json("du")).toMatchObject({
        objects: 3,
        bytes: 9,
        kinds: [{ kind: "note", objects: 2 }, { kind: "export" }],
      });
      expect(await json("verify")).toMatchObject({ objects: 3, damaged: [] });
      expect(await json("prune", "--dry-run")).toMatchObject({
        due: [{ object: { key: "notes/1" }, reason: "count" }],
      });
      expect((await project.millrace("storage", "prune")).code).toBe(2);
      expect(await json("hold", "notes/", "--reason", "claim")).toMatchObject([
        { prefix: "notes/", reason: "claim" },
      ]);
      expect(await json("prune", "--yes")).toMatchObject({ due: [], held: [{ key: "notes/1" }] });
      const control = await openControl(database.url, { fallbackDirectory: `${project.root}/fallback` });
      try {
        await lookAtStorage(control.pool, store);
        await lookAtStorage(control.pool, store);
        const places =
          "SELECT contents::int, stored_bytes::int, due_objects::int, held_objects::int, alarmed FROM millrace_control.storage_places";
        expect((await client.query(places)).rows).toEqual([
          { contents: 3, stored_bytes: 9, due_objects: 0, held_objects: 1, alarmed: true },
        ]);
        const alarms = await client.query(
          "SELECT data->>'over' AS over FROM millrace_control.events WHERE type = 'source.alarm'",
        );
        expect(alarms.rows).toEqual([{ over: "false" }]);
        expect(await json("hold", "notes/", "--release")).toEqual([]);
        expect(await json("prune", "--yes")).toMatchObject({ due: [{ object: { key: "notes/1" } }] });
        await lookAtStorage(control.pool, store);
        const known = "SELECT key, run, document FROM millrace_control.stored_objects ORDER BY key";
        expect((await client.query(known)).rows).toEqual([
          { key: "notes/2", run: "r2", document: null },
          { key: "other", run: null, document: null },
        ]);
      } finally {
        await control.close();
      }
      expect(await json("orphans")).toEqual([]);
      expect(await store.find(object.id)).toBeUndefined();
    } finally {
      await store.close();
      await client.end();
      await project.remove();
      await database.drop();
    }
  },
);
