import { compileRowHasher } from "@millrace/core";
import type { Link } from "../session/link.ts";
import { hashColumn } from "../define/metadata-columns.ts";
import { codecOf } from "./codec-of.ts";
import { compileRowReader } from "./row-codec.ts";
import { newColumn, type TableColumn } from "./table-column.ts";

/** The alias under which rows are changed in place; see `RelationalDialect.lockTable`. */
export const ROW_ALIAS = "millrace_row";

/** Rows that are read at a time. */
const PAGE_ROWS = 2_000;

export interface RehashOptions {
  /** The table in statements. */
  readonly reference: string;
  /** What the hash covers. */
  readonly columns: readonly TableColumn[];
  /** Columns that identify a row, none of them null. */
  readonly key: readonly TableColumn[];
  /** A condition over ROW_ALIAS: the rows to look at. Default: all. */
  readonly where?: string;
}

/** Begins of JSON texts, of strings that look like other JSON: these count with their quotes, while texts count without. */
const LIKE_JSON = ['"-', '"\\', '"{', '"[', '"t', '"f', '"n'].concat(
  Array.from({ length: 10 }, (_, digit) => `"${digit}`),
);

/** A condition over ROW_ALIAS: the rows whose hash may change because these columns became JSON. */
export function mayHashOtherwise(link: Link, json: readonly TableColumn[]): string {
  const { dialect } = link;
  const begins = LIKE_JSON.map((begin) => dialect.literal(begin)).join(", ");
  const conditions = json.map(
    ({ name }) => `SUBSTRING(${ROW_ALIAS}.${dialect.quote(name)}, 1, 2) IN (${begins})`,
  );
  return `(${conditions.join(" OR ")})`;
}

/** Computes row hashes anew, page by page, and writes those that are different. Returns how many these were. */
export async function rehash(link: Link, what: string, options: RehashOptions): Promise<number> {
  const { dialect } = link;
  const { reference, columns, key, where } = options;
  const stored = hashColumn(dialect);
  const reader = compileRowReader(dialect, [...columns, stored]);
  const keyReader = compileRowReader(dialect, key, "k");
  const hash = compileRowHasher(columns);
  const order = key.map(({ name }) => `${ROW_ALIAS}.${dialect.quote(name)}`).join(", ");
  const pairs = dialect.temporary("millrace_rehash");
  let changed = 0;
  let after: string | undefined;
  for (;;) {
    const conditions = [where, after].filter((each) => each !== undefined);
    const select = `SELECT ${reader.select(ROW_ALIAS)}, ${keyReader.select(ROW_ALIAS)} FROM ${reference} ${ROW_ALIAS}${
      conditions.length === 0 ? "" : ` WHERE ${conditions.map((each) => `(${each})`).join(" AND ")}`
    } ORDER BY ${order}`;
    const page = await link.query(what, dialect.limit(select, PAGE_ROWS));
    const rows: (readonly (string | number | bigint | boolean | Uint8Array | Date | null)[])[] = [];
    let last: Record<string, unknown> = {};
    for (const answer of page) {
      const row = reader.read(answer);
      last = keyReader.read(answer);
      const now = Buffer.from(hash(row), "latin1");
      const before = row["_row_hash"];
      if (before instanceof Uint8Array && now.equals(before)) continue;
      rows.push([
        ...key.map((column) => codecOf(dialect, column).encode(last[column.name])),
        codecOf(dialect, stored).encode(now),
      ]);
    }
    if (rows.length > 0) {
      await writeHashes(link, what, { reference, key, pairs, rows });
      changed += rows.length;
    }
    if (page.length < PAGE_ROWS) return changed;
    after = afterKey(link, key, last);
  }
}

async function writeHashes(
  link: Link,
  what: string,
  of: {
    readonly reference: string;
    readonly key: readonly TableColumn[];
    readonly pairs: string;
    readonly rows: Parameters<Link["load"]>[2];
  },
): Promise<void> {
  const { dialect } = link;
  const { reference, key, pairs, rows } = of;
  const columns = [...key.map((column) => ({ ...column, required: true })), hashColumn(dialect)];
  const create = dialect.createTable({
    reference: pairs,
    columns: columns.map((column) => newColumn(dialect, column)),
    primaryKey: key.map(({ name }) => name),
    primaryKeyName: "millrace_rehash_pkey",
    indexes: [],
    temporary: true,
  });
  await link.run(what, [...dialect.dropTable(pairs), ...create]);
  const target = columns.map((column) => ({
    name: column.name,
    sqlType: codecOf(dialect, column).sqlType,
  }));
  await link.load(what, { reference: pairs, columns: target }, rows);
  const hash = dialect.quote("_row_hash");
  const where = key
    .map(({ name, type }) => {
      const [a, b] = [`${ROW_ALIAS}.${dialect.quote(name)}`, `p.${dialect.quote(name)}`];
      return dialect.equal?.(a, b, type) ?? `${a} = ${b}`;
    })
    .join(" AND ");
  await link.execute(
    what,
    dialect.updateFrom({
      target: reference,
      alias: ROW_ALIAS,
      set: [{ column: hash, value: `p.${hash}` }],
      from: `${pairs} p`,
      where,
    }),
  );
  await link.run(what, dialect.dropTable(pairs));
}

/** A condition: the key lies behind the given one. Written out, since not every database compares rows. */
function afterKey(
  { dialect }: Link,
  key: readonly TableColumn[],
  last: Readonly<Record<string, unknown>>,
): string {
  const parts = key.map((column) => ({
    column: `${ROW_ALIAS}.${dialect.quote(column.name)}`,
    value: dialect.literal(codecOf(dialect, column).encode(last[column.name])),
  }));
  const steps = parts.map(({ column, value }, index) =>
    [...parts.slice(0, index).map((each) => `${each.column} = ${each.value}`), `${column} > ${value}`].join(
      " AND ",
    ),
  );
  return steps.map((step) => `(${step})`).join(" OR ");
}
