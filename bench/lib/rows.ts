import type { Row } from "@millrace/core";

/** Types of the bench's ten columns, as the pipeline declares them. */
export const COLUMNS = {
  id: "bigint",
  name: "text",
  email: "text",
  country: "text",
  quantity: "integer",
  amount: "numeric(12,2)",
  score: "double",
  active: "boolean",
  created: "timestamptz",
  day: "date",
} as const;

/** The same columns as a plain PostgreSQL table. */
export const TABLE_SQL = `
  id bigint NOT NULL, name text, email text, country text, quantity integer, amount numeric(12,2),
  score double precision, active boolean, created timestamptz, day date`;

const COUNTRIES = ["DE", "FR", "IT", "ES", "PL", "NL", "SE", "PT", "AT", "CZ"];
const START_MS = Date.UTC(2024, 0, 1);

/** Row number `i`; another `version` of it differs in amount and quantity. The same arguments give the same row. */
function benchRow(i: number, version = 0): Row {
  const mixed = (Math.imul(i, 2654435761) ^ (i >>> 7)) >>> 0;
  const createdMs = START_MS + (i % 31_536_000) * 1_000 + (mixed % 1_000);
  return {
    id: i,
    name: `customer ${mixed % 100_000}`,
    email: `user${i}@example.org`,
    country: COUNTRIES[mixed % 10],
    quantity: (mixed % 1_000) + version,
    amount: `${(mixed % 90_000) + version}.${String(mixed % 100).padStart(2, "0")}`,
    score: (mixed % 1_000_003) / 1_000,
    active: (mixed & 1) === 1,
    created: new Date(createdMs),
    day: DAYS[i % DAYS.length],
  };
}

const DAYS = Array.from({ length: 731 }, (_, i) =>
  new Date(START_MS + i * 86_400_000).toISOString().slice(0, 10),
);

/** Rows `from` (inclusive) to `to`; `changed` says which come in their second version. */
export function benchRows(from: number, to: number, changed: (i: number) => boolean = () => false): Row[] {
  const rows: Row[] = new Array<Row>(to - from);
  for (let i = from; i < to; i++) rows[i - from] = benchRow(i, changed(i) ? 1 : 0);
  return rows;
}

/** The row in PostgreSQL's COPY text format. */
export function copyText(row: Row): string {
  return (
    Object.values(row)
      .map((value) =>
        value instanceof Date
          ? value.toISOString()
          : typeof value === "boolean"
            ? value
              ? "t"
              : "f"
            : String(value),
      )
      .join("\t") + "\n"
  );
}

/** The row as a line of CSV; none of its values needs quotes. */
export function csvText(row: Row): string {
  return (
    Object.values(row)
      .map((value) => (value instanceof Date ? value.toISOString() : String(value)))
      .join(",") + "\n"
  );
}
