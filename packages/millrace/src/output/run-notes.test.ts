import { type RunReport, zeroCounts } from "@millrace/core";
import { expect, test } from "vitest";
import { RunNotes } from "./run-notes.ts";

const report: RunReport = {
  run: "r",
  pipeline: "p",
  status: "succeeded",
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 1,
  attempt: "1",
  resumed: false,
  tables: { t: zeroCounts() },
  checkpoint: {},
  withheld: {},
};

test("rejected rows are counted per table and reason, with the first as the example", () => {
  const notes = new RunNotes();
  for (const message of ["line 3: no date", "line 9: no date"]) {
    notes.observe({ type: "rejected", table: "t", code: "MLR_ROW_INVALID", message, rows: 2 });
  }
  expect(notes.of(report)).toEqual(["4 rows of t rejected (MLR_ROW_INVALID), such as: line 3: no date"]);
});

test("changes of an existing table are told, the making of a new one is not", () => {
  const notes = new RunNotes();
  const statement = "…";
  notes.observe({
    type: "schema",
    changes: [
      { table: "t", kind: "create-table", statement },
      { table: "t", kind: "widen-column", column: "c", from: "integer", to: "bigint", statement },
    ],
  });
  expect(notes.of(report)).toEqual(["column c of t widened from integer to bigint"]);
});

test("changes that no commit came to are not told", () => {
  const notes = new RunNotes();
  const change = { table: "u", kind: "add-column", column: "c", to: "text", statement: "…" } as const;
  notes.observe({ type: "schema", changes: [change, { ...change, table: "t" }] });
  expect(notes.of(report)).toEqual(["column c (text) added to t"]);
});

test("duplicates and withheld removals are told with their reasons, safe for a terminal", () => {
  const notes = new RunNotes().of({
    ...report,
    tables: { t: { ...zeroCounts(), duplicates: 2 } },
    withheld: { t: ["--limit\u001b[1m"] },
  });
  expect(notes).toEqual([
    "2 rows of t had a later row of the same key: the last won",
    "nothing was removed from t, because not everything was read: --limit\\x1b[1m",
  ]);
});
