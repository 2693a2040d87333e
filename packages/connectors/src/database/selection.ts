import { composeSql, type Database, type Sql } from "@millrace/core";
import type { ResolvedDatabaseOptions } from "./options.ts";

/** A part of what is selected. */
export interface Part {
  /** All of them hold. */
  readonly conditions?: readonly Sql[];
  readonly order?: readonly string[];
  /** Rows at most. Only with an order. */
  readonly limit?: number;
}

/** Writes the statements that read the table or query, or parts of it. */
export class Selection {
  readonly #database: Database;
  readonly #options: ResolvedDatabaseOptions;

  constructor(database: Database, options: ResolvedDatabaseOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** The statement that gives all rows of a part. */
  statement(part: Part = {}): Sql {
    const { query, where } = this.#options;
    const conditions = [...(where === undefined ? [] : [bracketed(where)]), ...(part.conditions ?? [])];
    const order = (part.order ?? []).map((column) => this.#quote(column));
    // A query that is read as a whole is sent as it was written: it may be what no other can be put around.
    if (query !== undefined && conditions.length === 0 && order.length === 0)
      return composeSql([plain(query)]);
    const limit = part.limit === undefined ? "" : ` ${this.#limit(part.limit)}`;
    return composeSql([
      ...this.#from(),
      ...conditions.flatMap((condition, index) => [index === 0 ? " WHERE " : " AND ", condition]),
      order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`,
      limit,
    ]);
  }

  /** The rows behind these values in the order of the columns. */
  behind(columns: readonly string[], values: readonly unknown[]): Sql {
    const [first = "", ...others] = columns;
    const value: Sql = { parts: ["", ""], values: [values[0]] };
    const name = this.#quote(first);
    if (others.length === 0) return composeSql([`${name} > `, value]);
    // The first condition says nothing new, but an index serves it.
    const rest = this.behind(others, values.slice(1));
    return composeSql([
      `(${name} >= `,
      value,
      ` AND (${name} > `,
      value,
      ` OR (${name} = `,
      value,
      " AND ",
      rest,
      ")))",
    ]);
  }

  /** The rows from this value on. */
  from(column: string, value: unknown): Sql {
    return composeSql([`${this.#quote(column)} >= `, { parts: ["", ""], values: [value] }]);
  }

  /** The rows behind this value. */
  beyond(column: string, value: unknown): Sql {
    return this.behind([column], [value]);
  }

  /** The rows that have a value in each of the columns. */
  filled(columns: readonly string[]): Sql {
    return composeSql([columns.map((column) => `${this.#quote(column)} IS NOT NULL`).join(" AND ")]);
  }

  /** The rows that lack a value in one of the columns. */
  lacking(columns: readonly string[]): Sql {
    return composeSql([`(${columns.map((column) => `${this.#quote(column)} IS NULL`).join(" OR ")})`]);
  }

  #from(): (string | Sql)[] {
    const { table, namespace, columns, query } = this.#options;
    if (query !== undefined) return ["SELECT * FROM (", plain(query), "\n) AS millrace_query"];
    const list = columns === undefined ? "*" : columns.map((column) => this.#quote(column)).join(", ");
    const name = table ?? "";
    const quoted = namespace === undefined ? this.#quote(name) : this.#database.quote(namespace, name);
    return [`SELECT ${list} FROM ${quoted}`];
  }

  #quote(name: string): string {
    return this.#database.quote(name);
  }

  #limit(rows: number): string {
    return this.#database.dialect?.limit(rows) ?? `LIMIT ${rows}`;
  }
}

/** Without the semicolon at its end, behind which nothing more could stand. */
function plain(query: string | Sql): string | Sql {
  if (typeof query === "string") return query.replace(/[\s;]+$/, "");
  return {
    ...query,
    parts: query.parts.map((part, index) =>
      index === query.parts.length - 1 ? part.replace(/[\s;]+$/, "") : part,
    ),
  };
}

function bracketed(condition: string | Sql): Sql {
  // A comment at the end of the condition would take the bracket with it.
  return composeSql(["(", condition, "\n)"]);
}
