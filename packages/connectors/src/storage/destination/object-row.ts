import { canonicalText, type ColumnDefinition, type Json, type Row } from "@millrace/core";
import type { Content } from "../../shared/storage/spool.ts";
import type { ObjectFacts } from "../../shared/storage/stored-object.ts";
import { keyOf } from "../../shared/storage/key-template.ts";
import type { ResolvedObjectsOptions } from "../options.ts";

/** A row as the object that it becomes. */
export interface ObjectRow {
  readonly content: Content;
  readonly facts: ObjectFacts;
}

/** What the rows of a table are made into objects by. */
export interface RowPlan {
  readonly options: ResolvedObjectsOptions;
  readonly columns: readonly ColumnDefinition[];
  readonly table: string;
  readonly nowMs: number;
  readonly owner: { readonly pipeline: string; readonly run: string };
}

/** Makes an object of a row in storage form. Undefined where its content is null. Fails with MLR_ARGUMENT_INVALID for a key that cannot be one. */
export function objectOfRow(row: Row, plan: RowPlan): ObjectRow | undefined {
  const { options, columns, table, nowMs, owner } = plan;
  const texts: Record<string, string> = { stream: table };
  const values: Record<string, Json> = {};
  let content: Content | undefined;
  for (const column of columns) {
    const value = row[column.name];
    if (value === undefined || value === null) continue;
    if (column.name === options.content)
      content = value instanceof Uint8Array ? value : textOf(column, value);
    else values[column.name] = jsonOf(column, value);
    if (!(value instanceof Uint8Array)) texts[column.name] = textOf(column, value);
  }
  const whole = options.content === undefined;
  const what = whole ? JSON.stringify(values) : content;
  if (what === undefined) return undefined;
  const contentType = options.contentType ?? (whole ? "application/json" : undefined);
  const facts = {
    kind: options.kind,
    pipeline: owner.pipeline,
    run: owner.run,
    contentType,
    source: texts[options.source ?? ""],
    document: texts[options.document ?? ""],
    about: whole || Object.keys(values).length === 0 ? undefined : values,
  };
  const key = keyOf(options.key, texts, { nowMs });
  return { content: what, facts: { key, ...said(facts) } };
}

/** What is not undefined. */
function said<T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function textOf(column: ColumnDefinition, value: unknown): string {
  return column.type.kind === "text" ? (value as string) : canonicalText(column.type)(value);
}

function jsonOf(column: ColumnDefinition, value: unknown): Json {
  const { kind } = column.type;
  if (kind === "json") return JSON.parse(value as string) as Json;
  if (kind === "array") return JSON.parse(canonicalText(column.type)(value)) as Json;
  const plain =
    typeof value === "boolean" ||
    (typeof value === "number" &&
      ["smallint", "integer", "bigint", "real", "double"].includes(kind) &&
      Number.isFinite(value));
  return plain ? value : textOf(column, value);
}
