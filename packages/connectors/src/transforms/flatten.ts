import { failRow, RowCollector, type Row, type RowFailureOptions, type Transform } from "@millrace/core";
import { setColumn } from "./set-column.ts";
import { carrySettled } from "./settled.ts";

/** How `flatten` works. */
export interface FlattenOptions extends RowFailureOptions {
  /** Between the names. Default `_`. */
  readonly separator?: string;
  /** How many levels are taken apart; what is deeper stays a nested value. Default all. */
  readonly depth?: number;
}

/**
 * Turns nested objects into columns: `{ a: { b: 1 } }` → `{ a_b: 1 }`. Arrays, dates and bytes stay as they are.
 * Two values that would get the same name fail the run with MLR_TRANSFORM_FAILED.
 */
export function flatten(options: FlattenOptions = {}): Transform {
  const { separator = "_", depth = Infinity, onError = "fail" } = options;
  // A column of objects is taken apart, so that the name it had is no longer one.
  const settled = carrySettled(({ name, type }) => (type.kind === "json" ? undefined : name));
  return {
    kind: "flatten",
    holds: "nothing",
    apply(batch, context) {
      const out = new RowCollector(batch);
      for (let i = 0; i < batch.rows.length; i++) {
        const row = batch.rows[i] as Row;
        try {
          const flat: Row = {};
          spread(row, { into: flat, prefix: "", separator, depth });
          out.push(flat, i);
        } catch (error) {
          failRow({ kind: "flatten", stream: batch.stream, row, error, onError, context });
        }
      }
      return { ...out.batch(), ...settled(batch) };
    },
  };
}

interface Spreading {
  readonly into: Row;
  readonly prefix: string;
  readonly separator: string;
  readonly depth: number;
}

function spread(value: Row, { into, prefix, separator, depth }: Spreading): void {
  for (const [name, each] of Object.entries(value)) {
    const path = prefix + name;
    if (depth > 0 && isPlain(each))
      spread(each, { into, prefix: path + separator, separator, depth: depth - 1 });
    else if (Object.hasOwn(into, path))
      throw new Error(`two values would be named "${path}"; choose another separator`);
    else setColumn(into, path, each);
  }
}

function isPlain(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
