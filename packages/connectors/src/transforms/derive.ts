import { failRow, RowCollector, type Row, type RowFailureOptions, type Transform } from "@millrace/core";
import { carrySettled } from "./settled.ts";

/** Computes the value of a column. Written as a method's type, so that a function may say more of its parameter. */
export type Derivation = { call(row: Row): unknown }["call"];

/**
 * Adds or replaces columns: name → function of the row. Later columns see the earlier ones. The functions are
 * synchronous; use `map` for what has to be awaited.
 */
export function derive(
  columns: Readonly<Record<string, Derivation>>,
  options: RowFailureOptions = {},
): Transform {
  const derivations = Object.entries(columns);
  const { onError = "fail" } = options;
  // A column that is computed anew has the type of what comes out.
  const settled = carrySettled(({ name }) => (Object.hasOwn(columns, name) ? undefined : name));
  return {
    kind: "derive",
    holds: "nothing",
    apply(batch, context) {
      const out = new RowCollector(batch);
      for (let i = 0; i < batch.rows.length; i++) {
        const row = batch.rows[i] as Row;
        try {
          out.push(withColumns(row, derivations), i);
        } catch (error) {
          failRow({ kind: "derive", stream: batch.stream, row, error, onError, context });
        }
      }
      return { ...out.batch(), ...settled(batch) };
    },
  };
}

function withColumns(row: Row, derivations: readonly (readonly [string, Derivation])[]): Row {
  const derived: Row = { ...row };
  for (let i = 0; i < derivations.length; i++) {
    const [name, compute] = derivations[i] as readonly [string, Derivation];
    const value = compute(derived);
    if (value instanceof Promise) {
      value.catch(() => undefined);
      throw new TypeError(
        `column "${name}": the function is async; use map(async (row) => ({ ...row, ${name}: … }))`,
      );
    }
    derived[name] = value;
  }
  return derived;
}
