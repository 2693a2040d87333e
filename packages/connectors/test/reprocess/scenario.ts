import {
  executeRun,
  type ExecuteOptions,
  pipeline,
  type Row,
  type RunReport,
  type Transform,
} from "@millrace/core";
import type { PostgresInternals } from "../../src/postgres/internals.ts";
import { createPostgresTarget } from "../../src/postgres/postgres-target.ts";

/** Rows of which every third has a price that is no number, until transforms mend it. */
export const ITEMS: readonly Row[] = Array.from({ length: 30 }, (_, id) => ({
  id,
  name: `item ${id}`,
  price: id % 3 === 0 ? `${id},50` : `${id}.25`,
}));

/** What differs from one run to another. */
export interface Scenario {
  readonly url: string;
  readonly run: string;
  readonly attempt: bigint;
  readonly mode?: "merge" | "append" | "upsert";
  readonly rows?: readonly Row[];
  readonly transforms?: readonly Transform[];
  readonly internals?: PostgresInternals;
  readonly commitRows?: number;
}

/** Runs the pipeline `items`, or what of its rows was refused. */
export function runItems(of: Scenario, options: Partial<ExecuteOptions> = {}): Promise<RunReport> {
  const { mode = "merge", rows = ITEMS, transforms = [] } = of;
  let { attempt } = of;
  return executeRun({
    pipeline: pipeline("items", {
      source: async function* () {
        yield [...rows];
      },
      transforms: [...transforms],
      destination: createPostgresTarget({ url: of.url }, of.internals).table("items", {
        mode,
        columns: { id: "integer", price: "numeric(10,2)" },
        ...(mode === "append" ? {} : { key: ["id"] }),
      }),
      commit: { rows: of.commitRows ?? 500_000 },
      retry: { attempts: 1 },
    }),
    environment: { directory: ".", databaseUrl: async () => of.url },
    run: of.run,
    attempts: {
      next: async (above = 0n) => (attempt = above > attempt ? above + 1n : attempt),
    },
    ...options,
  });
}

/** Takes `4,50` for 4.50. */
export const COMMAS: Transform = {
  kind: "commas",
  holds: "nothing",
  apply: (batch) => ({
    ...batch,
    rows: batch.rows.map((row) => ({ ...row, price: String(row["price"]).replace(",", ".") })),
  }),
};
