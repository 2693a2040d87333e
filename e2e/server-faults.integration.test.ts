import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddedPostgres } from "@millrace/platform";
import { startTestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { dump, type Dump } from "../packages/connectors/test/crash/driver.ts";
import { runScenario, type Mode } from "../packages/connectors/test/crash/scenario.ts";

const MODES: readonly Mode[] = ["merge", "append"];

describe.for(MODES)("a %s run survives what happens to the server", (mode) => {
  let server: Awaited<ReturnType<typeof startTestPostgres>>;
  let want: Dump;

  beforeAll(async () => {
    server = await startTestPostgres();
    const url = await server.createDatabase();
    await succeed(runScenario({ url, mode, reading: 1 }));
    await succeed(runScenario({ url, mode, reading: 2 }));
    want = await dump(url, mode);
  });
  afterAll(() => server.stop());

  /** Runs reading 2 and calls `fault` before batch `n`. */
  async function disturbed(n: number, fault: (url: string) => Promise<void>): Promise<void> {
    const url = await server.createDatabase();
    await succeed(runScenario({ url, mode, reading: 1 }));
    let batch = 0;
    const report = await runScenario({
      url,
      mode,
      reading: 2,
      attempts: 60,
      pace: async () => {
        if (++batch === n) await fault(url);
      },
    });
    expect(report).toMatchObject({ status: "succeeded" });
    expect(await dump(url, mode)).toEqual(want);
  }

  test.for([1, 5, 9])("the server is killed before batch %i and comes back", async (n) => {
    await disturbed(n, async () => {
      const status = await EmbeddedPostgres.status({ directory: server.directory });
      if (status.state !== "running") throw new Error(`the server is ${status.state}`);
      process.kill(status.pid, "SIGKILL");
      await EmbeddedPostgres.ensure({ directory: server.directory });
    });
  });

  test.for([2, 6])(
    "the server is stopped before batch %i and started again while the run waits",
    async (n) => {
      await disturbed(n, async () => {
        await EmbeddedPostgres.stop({ directory: server.directory });
        void EmbeddedPostgres.ensure({ directory: server.directory });
      });
    },
  );

  test.for([3, 7, 11])("every connection is cut before batch %i", async (n) => {
    await disturbed(n, async (url) => {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      await client.end();
    });
  });
});

async function succeed(run: ReturnType<typeof runScenario>): Promise<void> {
  const report = await run;
  if (report.status !== "succeeded") throw new Error(JSON.stringify(report.error));
}
