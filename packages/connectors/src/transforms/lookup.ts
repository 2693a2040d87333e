import { mapRows, MillraceError, type Row, type RowFailureOptions, type Transform } from "@millrace/core";

/** Finds the row that belongs to a key; undefined where there is none. */
export type LookupFunction = {
  call(key: unknown, row: Row): Row | undefined | null | Promise<Row | undefined | null>;
}["call"];

/** How `lookup` works. */
export interface LookupOptions extends RowFailureOptions {
  /** Where to look: a map by key, rows that have the column `key`, or a function, sync or async. */
  readonly from: ReadonlyMap<unknown, Row> | readonly Row[] | LookupFunction;
  /** The column of the passing rows that holds the key. */
  readonly on: string;
  /** The column of the rows in `from` that holds the key. Default: the name given as `on`. */
  readonly key?: string;
  /** What is added: columns of the row found, or new name → its column. Default: all its columns except the key. */
  readonly select?: readonly string[] | Readonly<Record<string, string>>;
  /** A row whose key is not found: the columns become null, it goes to the quarantine, or it is left out. Default `null`. */
  readonly missing?: "null" | "reject" | "drop";
  /** Calls of an async function that may be under way at once. Default 8. */
  readonly concurrency?: number;
  /** Answers of the function that are remembered, the oldest forgotten first; 0: none. Default 10,000. */
  readonly cache?: number;
}

type Find = LookupFunction;
type Found = Row | undefined | null;

/** Adds columns from elsewhere to each row by a key: a join with a table that fits in memory, or with a service. */
export function lookup(options: LookupOptions): Transform {
  const { on, select, missing = "null", onError = "fail" } = options;
  const keyColumn = options.key ?? on;
  const find = finder(options, keyColumn);
  const names = select === undefined ? undefined : selected(select);
  const extend = (row: Row, found: Found): Row | null => {
    if (found !== undefined && found !== null)
      return { ...row, ...(names === undefined ? without(found, keyColumn) : chosen(found, names)) };
    if (missing === "drop") return null;
    if (missing === "null") return names === undefined ? row : { ...row, ...chosen({}, names) };
    throw new MillraceError(
      "MLR_ROW_INVALID",
      `lookup found nothing for ${on} ${JSON.stringify(row[on], textOfBigint) ?? "null"}`,
    );
  };
  const join = (row: Row): Row | null | Promise<Row | null> => {
    const key = row[on];
    const found = key === null || key === undefined ? undefined : find(key, row);
    return found instanceof Promise ? found.then((each) => extend(row, each)) : extend(row, found);
  };
  const { concurrency } = options;
  return mapRows(join, { kind: "lookup", onError, ...(concurrency === undefined ? {} : { concurrency }) });
}

function finder({ from, cache = 10_000 }: LookupOptions, keyColumn: string): Find {
  if (typeof from === "function") return cache === 0 ? from : remembering(from, cache);
  if (!Array.isArray(from)) {
    const map = from as ReadonlyMap<unknown, Row>;
    return (key) => map.get(key) ?? map.get(comparable(key));
  }
  const index = new Map<unknown, Row>();
  for (const row of from as readonly Row[]) {
    const key = comparable(row[keyColumn]);
    if (index.has(key)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `lookup(): two rows of "from" have the ${keyColumn} ${String(key)}`,
        {
          hint: "The key has to tell the rows apart; choose another column with the option key.",
        },
      );
    }
    index.set(key, row);
  }
  return (key) => index.get(comparable(key));
}

/** Rows that come while the answer is on its way wait for the same one; failures are not remembered. */
function remembering(find: Find, size: number): Find {
  const answers = new Map<unknown, Found | Promise<Found>>();
  return (key, row) => {
    const id = comparable(key);
    if (answers.has(id)) return answers.get(id);
    const answer = find(key, row);
    answers.set(id, answer);
    if (answer instanceof Promise) answer.catch(() => answers.delete(id));
    if (answers.size > size) answers.delete(answers.keys().next().value);
    return answer;
  };
}

/** Keys that are equal by value are the same: 1 and 1n, two dates of one instant; 1 and "1" are not. */
function comparable(key: unknown): unknown {
  if (typeof key === "bigint") return Number.isSafeInteger(Number(key)) ? Number(key) : key;
  if (key instanceof Date) return `date:${key.getTime()}`;
  return typeof key === "object" && key !== null ? `json:${JSON.stringify(key)}` : key;
}

function selected(
  select: readonly string[] | Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Array.isArray(select)
    ? select.map((name: string) => [name, name] as const)
    : Object.entries(select as Record<string, string>);
}

function chosen(found: Row, names: readonly (readonly [string, string])[]): Row {
  return Object.fromEntries(names.map(([name, column]) => [name, found[column] ?? null]));
}

function without(found: Row, column: string): Row {
  const { [column]: _key, ...rest } = found;
  return rest;
}

function textOfBigint(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
