import { canonicalText } from "../hash/canonical.ts";
import type { Json } from "../json.ts";
import type { Row } from "../row.ts";
import type { ColumnDefinition, TableDefinition } from "../schema/table.ts";

/** Characters of a value. */
const SHOWN = 80;
/** Names of columns whose values are not for others to see. */
const SECRET =
  /passw|passphrase|secret|token|api_?key|private_?key|credential|authorization|cookie|(^|_)(pin|cvv|cvc)($|_)/i;
const MASK = "***";

/** The key of a row and the columns that matter, as short texts; what is called like a secret is masked. */
export function sampleOf(
  row: Row,
  table: TableDefinition,
  names: readonly string[],
): Readonly<Record<string, Json>> {
  const wanted = [...new Set([...table.key, ...names])];
  // A rule on the whole row of a table without a key: the first columns tell the row best.
  const shown = wanted.length === 0 ? table.columns.slice(0, 3).map(({ name }) => name) : wanted;
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  return maskedSample(Object.fromEntries(shown.map((name) => [name, textOf(columns.get(name), row[name])])));
}

/** A sample with its values shortened, and those masked that are called like a secret. */
export function maskedSample(sample: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [
      name,
      SECRET.test(name) && value !== null ? MASK : shortened(value),
    ]),
  );
}

function textOf(column: ColumnDefinition | undefined, value: unknown): string | null {
  if (column === undefined || value === null || value === undefined) return null;
  return canonicalText(column.type)(value);
}

function shortened(value: Json): Json {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN).toWellFormed()}…`;
}
