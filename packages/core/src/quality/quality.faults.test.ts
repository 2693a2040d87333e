import { expect, test } from "vitest";
import type { RunEvent } from "../events.ts";
import { pipeline } from "../pipeline.ts";
import type { Row } from "../row.ts";
import { executeRun } from "../run/execute.ts";
import { failing, memoryDestination, memorySource, reading } from "../testing/index.ts";
import { notNull } from "./rules/not-null.ts";
import { nullShare } from "./rules/null-share.ts";
import { range } from "./rules/range.ts";
import { unique } from "./rules/unique.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let attempt = 0n;
let runs = 0;

/** Every 7th price is negative, every 5th name is missing. */
const rows: readonly Row[] = Array.from({ length: 100 }, (_, id) => ({
  id,
  price: id % 7 === 3 ? -1 : id,
  name: id % 5 === 2 ? null : `n${id}`,
}));

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  "however a run is disturbed (%i), rules count each row that lands once, and are told once",
  async (seed) => {
    const memory = memoryDestination();
    const broken = failing(memory, { random: { seed, share: 0.08, limit: 8 } });
    const events: RunEvent[] = [];
    const source = memorySource(reading({ stream: "t", rows: [...rows], batchRows: 5, checkpointEvery: 2 }), {
      rereads: true,
    });
    const report = await executeRun({
      pipeline: pipeline("shop", {
        source,
        destination: { ...memory.table("t", { key: ["id"] }), destination: async () => broken },
        commit: { rows: 20 },
        retry: { attempts: 30, delayMs: 0 },
        quality: [
          range("price", { min: 0, severity: "quarantine" }),
          notNull("name"),
          nullShare("name", { max: 0.5, severity: "fail" }),
          unique("id", { severity: "fail" }),
        ],
      }),
      environment,
      run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
      attempts: {
        next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)),
      },
      observe: (event) => events.push(event),
    });
    expect(report.status).toBe("succeeded");
    const bad = rows.filter(({ price }) => price === -1);
    const good = rows.filter(({ price }) => price !== -1);
    const unnamed = good.filter(({ name }) => name === null).length;
    expect(memory.rows("t")).toHaveLength(good.length);
    expect(memory.rows("t__quarantine")).toHaveLength(bad.length);
    const told = events.flatMap((event) => (event.type === "quality" ? [event] : []));
    expect(told.map(({ rule, checked, failures }) => [rule, checked, failures])).toEqual([
      ["range(price)", rows.length, bad.length],
      ["notNull(name)", good.length, unnamed],
      ["nullShare(name)", good.length, unnamed],
      ["unique(id)", null, 0],
    ]);
  },
);
