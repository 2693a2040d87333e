import {
  failRow,
  MillraceError,
  RowCollector,
  type Batch,
  type Row,
  type Transform,
  type TransformContext,
} from "@millrace/core";
import { carrySettled } from "./settled.ts";

/** How `unnest` works. */
export interface UnnestOptions {
  /** The child stream, and so its table. */
  readonly as: string;
  /** The stream whose rows hold the array. Default: every stream that is not itself a child. */
  readonly from?: string;
  /**
   * Columns that identify a parent row. Each child row gets them: under `<parent stream>_<column>` for a list of names,
   * under the name given for parent's column → child's column. Default `["id"]`.
   */
  readonly key?: readonly string[] | Readonly<Record<string, string>>;
  /** The child's column for its place in the array, counted from 1. Default `position`. */
  readonly position?: string;
  /** The child's column for elements that are no objects. Default `value`. */
  readonly value?: string;
}

interface Unnesting extends Required<Pick<UnnestOptions, "as" | "position" | "value">> {
  readonly column: string;
  readonly settled: ReturnType<typeof carrySettled>;
  readonly key: readonly (readonly [parent: string, child: string])[];
}

/**
 * Takes an array out of each row and makes its elements the rows of a child stream, with the parent's key columns and
 * a position; key of the child table: these columns. A child that is no longer in its parent's array is removed.
 * A row whose key is missing, or whose column holds something other than an array, goes to the quarantine as a whole.
 */
export function unnest(column: string, options: UnnestOptions): Transform {
  const { as, from, position = "position", value = "value" } = options;
  const key = options.key ?? ["id"];
  const settled = carrySettled(({ name }) => (name === column ? undefined : name));
  return {
    kind: "unnest",
    holds: "nothing",
    makesStreams: true,
    apply(batch, context) {
      if (from === undefined ? batch.parents !== undefined : batch.stream !== from) return batch;
      return split(batch, context, {
        settled,
        column,
        as,
        position,
        value,
        key: keyPairs(key, batch.stream),
      });
    },
  };
}

function keyPairs(
  key: readonly string[] | Readonly<Record<string, string>>,
  stream: string,
): [string, string][] {
  const pairs: [string, string][] = Array.isArray(key)
    ? key.map((name: string) => [name, `${stream}_${name}`])
    : Object.entries(key as Readonly<Record<string, string>>);
  if (pairs.length > 0) return pairs;
  throw new MillraceError("MLR_ARGUMENT_INVALID", "unnest(): the key has no columns", {
    hint: 'Name the columns that identify a parent row, such as key: ["id"].',
  });
}

function split(batch: Batch, context: TransformContext, how: Unnesting): Batch[] {
  const parents = new RowCollector(batch);
  const children = new ChildBatches(batch, how);
  for (let i = 0; i < batch.rows.length; i++) {
    const row = batch.rows[i] as Row;
    const problem = problemOf(row, how);
    if (problem !== undefined) {
      context.reject(row, problem);
      continue;
    }
    const { [how.column]: elements, ...rest } = row;
    if (!children.add(row, (elements ?? []) as readonly unknown[], i)) {
      const error = new Error(
        `an element of "${how.column}" has a column that unnest itself fills; rename it with the options key and position`,
      );
      failRow({ kind: "unnest", stream: batch.stream, row, error, onError: "reject", context });
      continue;
    }
    parents.push(rest, i);
  }
  return [{ ...parents.batch(), ...how.settled(batch) }, ...children.batches];
}

function problemOf(row: Row, { column, key }: Unnesting): { code: string; message: string } | undefined {
  for (const [name] of key) {
    if (row[name] === null || row[name] === undefined) {
      return {
        code: "MLR_ROW_KEY_MISSING",
        message: `unnest: the row has no "${name}", which its children need to be found by`,
      };
    }
  }
  const elements = row[column];
  if (elements === null || elements === undefined || Array.isArray(elements)) return undefined;
  return {
    code: "MLR_ROW_INVALID",
    message: `unnest: column "${column}" holds no array but ${typeof elements}`,
  };
}

/** The children of a batch: one batch, or several where a parent comes more than once, since a batch holds all children of its parents. */
class ChildBatches {
  readonly batches: Batch[] = [];
  readonly #batch: Batch;
  readonly #how: Unnesting;
  readonly #columns: readonly string[];
  #rows: Row[] = [];
  #at: number[] = [];
  #keys: Row[] = [];
  #seen = new Set<string>();

  constructor(batch: Batch, how: Unnesting) {
    this.#batch = batch;
    this.#how = how;
    this.#columns = how.key.map(([, child]) => child);
    this.#start();
  }

  /** False where an element has a column of a name that is taken. */
  add(parent: Row, elements: readonly unknown[], index: number): boolean {
    const key = Object.fromEntries(this.#how.key.map(([name, child]) => [child, parent[name]]));
    const rows = elements.map((element, i) => this.#child(key, element, i + 1));
    if (rows.includes(undefined)) return false;
    const text = JSON.stringify(Object.values(key), (_name, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    if (this.#seen.has(text)) this.#start();
    this.#seen.add(text);
    this.#keys.push(key);
    const at = this.#batch.at?.[index] ?? index;
    for (const row of rows) {
      this.#rows.push(row as Row);
      this.#at.push(at);
    }
    return true;
  }

  #child(key: Row, element: unknown, position: number): Row | undefined {
    const { position: positionColumn, value } = this.#how;
    if (!isObject(element)) return { ...key, [positionColumn]: position, [value]: element };
    if (
      Object.hasOwn(element, positionColumn) ||
      this.#columns.some((column) => Object.hasOwn(element, column))
    )
      return undefined;
    return { ...key, [positionColumn]: position, ...element };
  }

  #start(): void {
    this.#rows = [];
    this.#at = [];
    this.#keys = [];
    this.#seen = new Set();
    this.batches.push({
      stream: this.#how.as,
      rows: this.#rows,
      at: this.#at,
      key: [...this.#columns, this.#how.position],
      parents: { stream: this.#batch.stream, columns: this.#columns, keys: this.#keys },
    });
  }
}

function isObject(value: unknown): value is Row {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
