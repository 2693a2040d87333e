import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { executeRun, pipeline, type Row, type RunReport } from "@millrace/core";
import { postgres } from "@millrace/connectors/postgres";
import { EmbeddedPostgres } from "@millrace/platform";
import { startTestPostgres } from "@millrace/platform/testing";
import pg from "pg";

/** Above the 16 MB of a WAL segment, so that tables meet the limit and the log does not. */
const LIMIT_BYTES = 20 * 1024 * 1024;
const ROWS = 300;

const prlimit = spawnSync("prlimit", ["--version"]).status === 0;
if (!prlimit) process.stderr.write("disk full: skipped, because prlimit (util-linux) is not installed\n");

let server: Awaited<ReturnType<typeof startTestPostgres>>;
let attempt = 0n;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

/** How large a file may become that server processes started from now on write. */
async function limitFiles(bytes: number | "unlimited"): Promise<void> {
  const status = await EmbeddedPostgres.status({ directory: server.directory });
  if (status.state !== "running") throw new Error(`the server is ${status.state}`);
  // Limits are a matter between processes of one user: root lends itself the server's.
  const { uid, gid } = await stat(`/proc/${status.pid}`);
  const owner = process.getuid?.() === 0 ? { uid, gid } : {};
  const limit = ["--pid", String(status.pid), `--fsize=${bytes}:`];
  const { status: code, stderr } = spawnSync("prlimit", limit, owner);
  if (code !== 0) throw new Error(String(stderr));
}

function run(url: string, rows: readonly Row[]): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("wide", {
      source: function* () {
        for (let i = 0; i < rows.length; i += 50) yield rows.slice(i, i + 50);
      },
      destination: postgres({ url }).table("wide", { key: ["id"] }),
      retry: { attempts: 1 },
    }),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(url) },
    run: randomUUID(),
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
  });
}

test.skipIf(!prlimit).for(["merge into a filled table", "first load"])(
  "a disk that is full fails the run with its name, and nothing is lost: %s",
  async (kind) => {
    const url = await server.createDatabase();
    const few: Row[] = [{ id: -1, text: "here before" }];
    // Not to be compressed: a hundred kilobytes a row.
    const many: Row[] = Array.from({ length: ROWS }, (_, id) => ({
      id,
      text: randomBytes(50_000).toString("hex"),
    }));
    if (kind !== "first load") expect((await run(url, few)).status).toBe("succeeded");

    await limitFiles(LIMIT_BYTES);
    const full = await run(url, [...few, ...many]);
    await limitFiles("unlimited");
    expect(full).toMatchObject({ status: "failed", error: { code: "MLR_DESTINATION_FULL" } });
    const after = await run(url, [...few, ...many]);

    expect(after).toMatchObject({ status: "succeeded" });
    expect(after.tables["wide"]).toMatchObject(
      kind === "first load" ? { inserted: ROWS + 1 } : { inserted: ROWS, unchanged: 1 },
    );
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(
      "SELECT count(*)::int AS n, count(DISTINCT id)::int AS keys FROM wide",
    );
    await client.end();
    expect(rows).toEqual([{ n: ROWS + 1, keys: ROWS + 1 }]);
  },
);
