import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { normalizeCounts } from "../../test/clickhouse/normalize-counts.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
  type TestClickHouse,
} from "../../test/clickhouse/clickhouse-server.ts";
import { clickHouseHarness, rowsOf } from "../../test/clickhouse/destination-harness.ts";

const missing = missingClickHouse();
const writer = fileURLToPath(new URL("../../test/clickhouse/crash-writer.ts", import.meta.url));

/** Where the writer is killed: the step, and the how-manieth time it is reached. */
const PLACES: readonly (readonly [string, number])[] = [
  ["staged", 2],
  ["prepared", 1],
  ["prepared", 3],
  ["written", 1],
  ["written", 3],
  ["applied", 2],
  ["applied", 8],
  ["done", 2],
];

describe.skipIf(missing !== undefined)(
  `a writer that is killed${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    let server: TestClickHouse;

    beforeAll(async () => {
      server = await startClickHouse();
    });

    afterAll(() => server.stop());

    async function outcome(places: readonly (readonly [string, number])[]): Promise<unknown> {
      const harness = await clickHouseHarness(server.url);
      try {
        let attempt = 0;
        const write = async (step: string, times: number): Promise<string | number | null> => {
          const args = [writer, server.url, harness.database, String(++attempt), step, String(times)];
          const child = spawn(process.execPath, ["--conditions=@millrace/source", ...args], {
            stdio: "inherit",
          });
          const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
          return signal ?? code;
        };
        for (const [step, times] of places) expect(await write(step, times)).toBe("SIGKILL");
        expect(await write("-", 1)).toBe(0);
        const tables = await Promise.all(
          ["added", "merged", "current"].map((table) => rowsOf(harness.server, table)),
        );
        const inspector = await harness.destination.inspect();
        const { equal, different } = await inspector.verify("merged");
        const state = await inspector.state("crash");
        const history = await inspector.history("merged", { id: "3" });
        const left = await harness.server.values(
          "SELECT count() FROM system.tables WHERE database = 'millrace' AND NOT startsWith(name, 'journal_')",
        );
        await inspector.close();
        const session = await harness.destination.open({ pipeline: "crash", attempt: 100n, run: "" });
        const counts = session.recovered.run?.counts;
        await session.close();
        return {
          tables: tables.map((rows) => rows.map((row) => JSON.stringify(row)).toSorted()),
          verified: { equal, different },
          commit: state?.lastCommit,
          history: history.map(({ operation, changed, values }) => ({ operation, changed, values })),
          left: Number(left[0]?.[0]),
          counts: normalizeCounts(counts),
        };
      } finally {
        await harness.destination.close();
        await harness.close?.();
      }
    }

    it("leaves what one that is not killed leaves, wherever that happens", async () => {
      const expected = await outcome([]);
      expect(expected).toMatchObject({ left: 0, commit: 4n, verified: { different: 0 } });
      for (const place of PLACES) expect(await outcome([place]), place.join(" ")).toEqual(expected);
      expect(
        await outcome([
          ["staged", 1],
          ["written", 1],
          ["applied", 2],
          ["prepared", 1],
        ]),
        "one after another",
      ).toEqual(expected);
    }, 400_000);
  },
);
