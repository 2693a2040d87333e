import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Row } from "../row.ts";
import { compileStore } from "../schema/store.ts";
import { MISFIT } from "../schema/misfit.ts";
import type { ColumnType } from "../schema/column-type.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { parseColumnType } from "../schema/type-text.ts";
import { isStored } from "../schema/storage.ts";
import { hashRow } from "./hash-row.ts";
import { parseJsonExact } from "./json-exact.ts";
import { canonicalRow, compileRowHasher, HASH_VERSION } from "./row-hasher.ts";
import { referenceBytes } from "./reference.fixture.ts";

interface Vector {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly unordered?: boolean }[];
  readonly row: Readonly<Record<string, unknown>>;
  readonly canonical: string;
  readonly sha256: string;
  /** Names of vectors with the same hash, and with another one. */
  readonly equals?: readonly string[];
  readonly differs?: readonly string[];
}

const file = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8")) as {
  version: number;
  vectors: Vector[];
};
const byName = new Map(file.vectors.map((vector) => [vector.name, vector]));

function columnsOf(vector: Vector): ColumnDefinition[] {
  return vector.columns.map((column) => ({ ...column, type: parseColumnType(column.type) }));
}

/** Values that JSON cannot say are written as an object with one key that begins with "$". */
function untag(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const [tag, text] = Object.entries(value)[0] ?? ["", ""];
  switch (tag) {
    case "$number":
      return Number(text);
    case "$bigint":
      return BigInt(text as string);
    case "$bytes":
      return Buffer.from(text as string, "hex");
    case "$date":
      return new Date(text as string);
    case "$json":
      return parseJsonExact(text as string);
    default:
      throw new Error(`unknown tag ${tag}`);
  }
}

function inputOf(vector: Vector): Row {
  return Object.fromEntries(Object.entries(vector.row).map(([name, value]) => [name, untag(value)]));
}

function stored(type: ColumnType, value: unknown): unknown {
  const result = compileStore(type, { declared: true })(value);
  if (result === MISFIT || !isStored(type, result)) throw new Error(`not storable: ${String(value)}`);
  return result;
}

function storedRow(vector: Vector): Row {
  const input = inputOf(vector);
  return Object.fromEntries(
    columnsOf(vector).map((column) => [column.name, stored(column.type, input[column.name])]),
  );
}

describe("the golden vectors of the row hash", () => {
  it("are of the version that the code follows, at least 40, and told apart by name", () => {
    expect(file.version).toBe(HASH_VERSION);
    expect(file.vectors.length).toBeGreaterThanOrEqual(40);
    expect(byName.size).toBe(file.vectors.length);
  });

  it.each(file.vectors)("$name: the code gives the canonical bytes and the hash", (vector) => {
    const columns = columnsOf(vector);
    const row = storedRow(vector);
    expect(Buffer.from(canonicalRow(columns, row)).toString("hex")).toBe(vector.canonical);
    expect(Buffer.from(compileRowHasher(columns)(row), "latin1").toString("hex")).toBe(vector.sha256);
    expect(hashRow(inputOf(vector), columns)).toBe(vector.sha256);
  });

  it.each(file.vectors)("$name: so does the plain implementation of the specification", (vector) => {
    const bytes = referenceBytes(columnsOf(vector), storedRow(vector));
    expect(bytes.toString("hex")).toBe(vector.canonical);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(vector.sha256);
  });

  it.each(file.vectors)("$name: equals and differs as it says", (vector) => {
    for (const other of vector.equals ?? []) expect(byName.get(other)?.sha256, other).toBe(vector.sha256);
    for (const other of vector.differs ?? []) {
      expect(byName.get(other)?.sha256, other).toBeDefined();
      expect(byName.get(other)?.sha256, other).not.toBe(vector.sha256);
    }
  });
});
