import type { Row } from "../row.ts";
import type { Rejection } from "../message.ts";
import type { TableDefinition } from "../schema/table.ts";
import { JsonNumber } from "../hash/json-exact.ts";
import { canonicalJson } from "../hash/canonical.ts";
import { orderedUuid } from "../reprocess/ordered-uuid.ts";
import { writeOrigin, type RowOrigin } from "../reprocess/row-origin.ts";

/** A rejected row on its way to the quarantine. */
export interface QuarantinedRow extends Rejection {
  /** The row, or what could be read of it. */
  readonly row: unknown;
  /** The row's key in storage form, where it has a usable one: what the table holds under it counts as seen. */
  readonly key?: Row;
  /** Where it came from, so that it can be sent again. Absent: it cannot be. */
  readonly origin?: RowOrigin;
}

/** The table that keeps the rejected rows of `table`: row, reason, where it came from, and the run. */
export function quarantineDefinition(name: string, namespace: string | undefined): TableDefinition {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    columns: [
      { name: "row", type: { kind: "json" } },
      { name: "code", type: { kind: "text" } },
      { name: "reason", type: { kind: "text" } },
      { name: "file", type: { kind: "text" } },
      { name: "line", type: { kind: "bigint" } },
      { name: "run_id", type: { kind: "uuid" } },
      { name: "rejected_at", type: { kind: "timestamptz" } },
      { name: "id", type: { kind: "uuid" } },
      { name: "origin", type: { kind: "json" } },
    ],
    key: [],
    mode: "append",
    internal: true,
  };
}

/** In storage form, ready to be written. */
export function quarantineRow(rejected: QuarantinedRow, run: string, nowMs: number): Row {
  const row = jsonOf(rejected.row);
  return {
    row,
    code: rejected.code,
    reason: clean(rejected.message),
    file: rejected.position?.file === undefined ? null : clean(rejected.position.file),
    line: rejected.position?.line ?? null,
    run_id: run,
    rejected_at: nowMs * 1_000,
    id: orderedUuid(nowMs),
    origin: rejected.origin === undefined ? null : (writeOrigin(rejected.origin, row) ?? null),
  };
}

/** Whatever the row holds, the quarantine takes it: what JSON cannot say is written so that a person can read it. */
function jsonOf(value: unknown): string {
  return canonicalJson(presentable(value, 0));
}

function presentable(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return clean(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "undefined":
      return null;
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : presentableObject(value, depth);
    default:
      return value;
  }
}

function presentableObject(value: object, depth: number): unknown {
  if (value instanceof JsonNumber) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (depth >= 32) return "[nested too deeply]";
  if (Array.isArray(value)) return value.map((each) => presentable(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [clean(key), presentable(each, depth + 1)]),
  );
}

/** Databases refuse NUL and lone surrogates in text; both become U+FFFD here, where the text is for people. */
function clean(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
