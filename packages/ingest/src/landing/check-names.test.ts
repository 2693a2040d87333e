import {
  describePushed,
  pipeline,
  type PushedPipeline,
  tableTarget,
  type TableOptions,
} from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { expect, it } from "vitest";
import { NameCheck } from "./check-names.ts";

function open(table: Omit<TableOptions, "name"> = {}): NameCheck {
  const memory = memoryDestination();
  const target = tableTarget({ kind: "memory", portable: () => ({}), destination: async () => memory });
  const made = pipeline("events", {
    source: { pushed: { columns: [{ name: "id", type: { kind: "integer" } }] }, read: async function* () {} },
    destination: target.table("events", table),
  });
  return new NameCheck(describePushed(made) as PushedPipeline, memory.capabilities);
}

function codeOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it("refuses names that become one column, also over several batches, and forgets what it refused", () => {
  const names = open();
  names.check([
    { id: 1, "a b": 1 },
    { id: "x", other: null },
  ]);
  expect(codeOf(() => names.check([{ "c d": 1, "c-d": 2 }]))).toBe("MLR_SCHEMA_COLLISION");
  expect(codeOf(() => names.check([{ id: 1 }, { "a-b": 1 }]))).toBe("MLR_SCHEMA_COLLISION");
  names.check([{ "c-d": 2 }]);
  names.check([{ id: 2, "a b": [1], other: { deep: true } }]);
});

it("refuses endless names where each would become a column", () => {
  const row = (from: number) =>
    Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`c${from + n}`, 1]));
  const names = open();
  names.check([row(0)]);
  expect(codeOf(() => names.check([row(1_000)]))).toBe("MLR_PUSH_LIMIT");
  names.check([row(0)]);
  const discards = open({ contract: "discard", columns: { id: "integer" } });
  for (let at = 0; at < 5_000; at += 1_000) discards.check([row(at)]);
});
