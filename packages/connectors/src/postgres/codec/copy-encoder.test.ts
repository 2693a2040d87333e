import type { ColumnDefinition, Row } from "@millrace/core";
import { expect, test } from "vitest";
import { CopyDecoder } from "./copy-decoder.ts";
import { compileCopyEncoder } from "./copy-encoder.ts";

const COLUMNS: readonly ColumnDefinition[] = [
  { name: "id", type: { kind: "integer" } },
  { name: "text", type: { kind: "text" } },
  { name: "list", type: { kind: "array", of: { kind: "text" } } },
];

/** Rows whose sizes make chunks fill up inside of texts and inside of arrays, one of them larger than a chunk. */
function rowOf(id: number): Row {
  const size = id === 700 ? 400_000 : (id * 7919) % 3000;
  return { id, text: "x".repeat(size), list: [String(id), "y".repeat((id * 104_729) % 2000), null] };
}

test("every chunk ends between two rows, so that a COPY may end behind it and another table's begin", () => {
  const encoder = compileCopyEncoder({ columns: COLUMNS });
  let sent = 0;
  let handOffs = 0;
  let chunks: Buffer[] = [];
  const send = (taken: Buffer[]): void => {
    chunks = taken;
    if (chunks.length === 0) return;
    handOffs += 1;
    const decoder = new CopyDecoder(COLUMNS);
    const rows = decoder.push(Buffer.concat([encoder.header(), ...chunks, encoder.trailer()]));
    decoder.end();
    expect(rows).toEqual(rows.map((_, index) => rowOf(sent + index)));
    sent += rows.length;
  };
  for (let id = 0; id < 1500; id += 1) {
    encoder.append(rowOf(id));
    send(encoder.take());
  }
  expect(handOffs).toBeGreaterThan(5);
  send(encoder.flush());
  expect(sent).toBe(1500);
});
