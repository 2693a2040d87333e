import type { Capabilities } from "../capabilities.ts";
import { canonicalText } from "../hash/canonical.ts";
import type { ColumnType } from "./column-type.ts";
import { MISFIT } from "./misfit.ts";
import { compileStore, type Store } from "./store.ts";
import { sameType } from "./type-text.ts";

/** A column while rows are shaped for it. */
export interface ColumnState {
  /** In the destination. */
  readonly name: string;
  /** What the values are. */
  logical: ColumnType;
  /** What the destination stores them as: the same, unless it lacks the type. */
  stored: ColumnType;
  /** Declared, by the user or the source: never widened by what rows hold. */
  fixed: boolean;
  /** Declared by the source, which may then send dates and times as storage form has them, as numbers. */
  epochNumbers: boolean;
  nullable: boolean;
  readonly unordered: boolean;
  readonly key: boolean;
}

/** The type that a destination stores values as: their own, or json or text where it lacks that. */
export function storedType(type: ColumnType, capabilities: Capabilities): ColumnType {
  const json: ColumnType = { kind: capabilities.types.includes("json") ? "json" : "text" };
  if (type.kind === "array") {
    return capabilities.arrays && capabilities.types.includes(type.of.kind) ? type : json;
  }
  return capabilities.types.includes(type.kind) ? type : { kind: "text" };
}

/** The conversion of a column's values to what its destination stores. */
export function compileColumnStore(column: ColumnState, untyped: boolean): Store {
  const store = compileStore(column.logical, {
    untyped,
    declared: column.fixed,
    epochNumbers: column.epochNumbers,
  });
  if (sameType(column.logical, column.stored)) return store;
  const text = canonicalText(column.logical);
  return (value) => {
    const stored = store(value);
    return stored === null || stored === MISFIT ? stored : text(stored);
  };
}

const KEY_WIDENING = ["smallint", "integer", "bigint", "numeric", "text"];

/** Keys may only be widened where equal keys stay equal and every old key has one new form. */
export function mayWidenKey(from: ColumnType, to: ColumnType): boolean {
  return KEY_WIDENING.includes(from.kind) && KEY_WIDENING.includes(to.kind);
}
