import { expect, test } from "vitest";
import { withExample } from "./bed.ts";

interface Report {
  readonly tables: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly snapshots: { readonly stock: { readonly scope: string; readonly missed: readonly string[] } };
}

const DAY_MS = 86_400_000;

/** The days after the first and before the last one. */
function between(first: string, last: string): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(first) + DAY_MS; ms < Date.parse(last); ms += DAY_MS)
    days.push(new Date(ms).toISOString().slice(0, 10));
  return days;
}

test("the example keeps a snapshot a day, also of a file that did not change, and tells the days it missed", () =>
  withExample("snapshots", async ({ client, millrace }) => {
    const run = async (): Promise<Report> => {
      const [report] = (await millrace("run", "stock")) as Report[];
      if (report === undefined) throw new Error("nothing ran");
      return report;
    };
    const first = await run();
    expect(first.snapshots.stock.missed).toEqual([]);
    expect(first.tables["stock"]).toMatchObject({ inserted: 3 });
    // As if that had been three days ago.
    await client.query(
      "UPDATE stock SET _snapshot = _snapshot - 3; UPDATE millrace.tables SET last_snapshot = (last_snapshot::date - 3)::text",
    );
    const before = new Date(Date.parse(first.snapshots.stock.scope) - 3 * DAY_MS).toISOString().slice(0, 10);
    const second = await run();
    expect(second.tables["stock"]).toMatchObject({ inserted: 3, removed: 0 });
    expect(second.snapshots.stock.missed).toEqual(between(before, second.snapshots.stock.scope));
    const { rows } = await client.query(
      "SELECT _snapshot::text AS day, count(*)::int AS n FROM stock GROUP BY _snapshot ORDER BY 1",
    );
    expect(rows).toEqual([
      { day: before, n: 3 },
      { day: second.snapshots.stock.scope, n: 3 },
    ]);
    const shown = (
      await client.query("SELECT log::text FROM millrace_control.runs ORDER BY started_at DESC LIMIT 1")
    ).rows[0]?.log as string;
    expect(shown).toContain("has no snapshot of");
  }));
