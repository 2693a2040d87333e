import { z } from "zod";
import { MillraceError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { parseOptions } from "../options.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { parseColumnType } from "../schema/type-text.ts";

const name = z.string().min(1).max(200);
const names = z.array(name).min(1);

const columnOptions = z.union([
  z.string(),
  z.strictObject({
    /** Such as `integer`, `numeric(12,2)`, `text`, `timestamptz`, `json`. */
    type: z.string(),
    /** False: the column may not be null. Default true; columns of the primary key are never null. */
    nullable: z.boolean().default(true),
  }),
]);

const tableDesignOptions = z.strictObject({
  /** The table's name. */
  name,
  /** Database schema (namespace). Default: the connection's own. */
  namespace: name.optional(),
  /** Column → type, such as `"numeric(12,2)"`, or `{ type: "text", nullable: false }`. */
  columns: z.record(name, columnOptions),
  /** Name of a column (bigint) whose numbers the database allots: IDENTITY, GENERATED or AUTO_INCREMENT. It is the primary key. Default: none. */
  surrogateKey: name.optional(),
  /** Columns that identify a row: the primary key, or beside a surrogate key a unique constraint. Default: none. */
  key: names.optional(),
  /** Further sets of columns whose values no two rows share. Default: none. */
  unique: z.array(names).default([]),
  /** Sets of columns that are looked up together. Default: none; keys and unique columns have an index anyway. */
  indexes: z.array(names).default([]),
  /** References to other tables. Default: none. */
  foreignKeys: z
    .array(
      z.strictObject({
        /** Columns of this table. */
        columns: names,
        /** The table that they refer to: another definition, or its name with the columns of its key. */
        references: z.union([
          z.custom<TableDesign>((value) => value instanceof TableDesign, {
            message: 'must be what defineTable() returns, or { table: "…", columns: ["…"] }',
          }),
          z.strictObject({ table: name, namespace: name.optional(), columns: names }),
        ]),
        /** What becomes of rows when the one that they refer to is deleted. Default `restrict`: it cannot be. */
        onDelete: z.enum(["restrict", "cascade", "set null"]).default("restrict"),
      }),
    )
    .default([]),
});

/** Options of `defineTable`. */
export type TableDesignOptions = z.input<typeof tableDesignOptions>;

type Resolved = z.output<typeof tableDesignOptions>;

/** A reference to another table, resolved. */
export interface DesignedForeignKey {
  readonly columns: readonly string[];
  readonly references: {
    readonly table: string;
    readonly namespace?: string;
    readonly columns: readonly string[];
  };
  readonly onDelete: "restrict" | "cascade" | "set null";
}

/** A table for user code, the same for every database: what `defineTable` returns and `createTables` takes. */
export class TableDesign {
  readonly name: string;
  readonly namespace: string | undefined;
  /** In their order; that of the surrogate key comes first. */
  readonly columns: readonly ColumnDefinition[];
  readonly surrogateKey: string | undefined;
  /** The key beside or without a surrogate one; empty where there is none. */
  readonly key: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly (readonly string[])[];
  readonly foreignKeys: readonly DesignedForeignKey[];

  /** @param options checked. */
  constructor(options: Resolved) {
    this.name = options.name;
    this.namespace = options.namespace;
    this.surrogateKey = options.surrogateKey;
    this.key = options.key ?? [];
    this.columns = columnsOf(options);
    this.unique = options.unique;
    this.indexes = options.indexes;
    for (const set of [this.key, ...this.unique, ...this.indexes]) this.#check(set);
    this.foreignKeys = options.foreignKeys.map((each) => this.#foreignKey(each));
    Object.freeze(this);
  }

  /** Columns of the primary key: the surrogate one where there is one. */
  get primaryKey(): readonly string[] {
    return this.surrogateKey === undefined ? this.key : [this.surrogateKey];
  }

  #foreignKey({ columns, references, onDelete }: Resolved["foreignKeys"][number]): DesignedForeignKey {
    this.#check(columns);
    const referred = references instanceof TableDesign ? references.primaryKey : references.columns;
    const table = references instanceof TableDesign ? references.name : references.table;
    if (referred.length !== columns.length) {
      throw this.#invalid(
        `(${columns.join(", ")}) refers to ${referred.length} column(s) of "${table}"`,
        "A reference has as many columns as the key that it leads to.",
      );
    }
    const { namespace } = references;
    return {
      columns,
      references: { table, columns: referred, ...(namespace === undefined ? {} : { namespace }) },
      onDelete,
    };
  }

  #check(columns: readonly string[]): void {
    const known = this.columns.map((column) => column.name);
    for (const column of columns) {
      if (known.includes(column)) continue;
      const guess = nearest(column, known);
      throw this.#invalid(
        `it has no column "${column}"`,
        guess === undefined ? `Its columns: ${known.join(", ")}.` : `Did you mean "${guess}"?`,
      );
    }
  }

  #invalid(what: string, hint: string): MillraceError {
    return new MillraceError("MLR_SCHEMA_INVALID", `defineTable(): table "${this.name}": ${what}`, { hint });
  }
}

function columnsOf({ name: table, columns, surrogateKey, key = [] }: Resolved): ColumnDefinition[] {
  if (surrogateKey !== undefined && columns[surrogateKey] !== undefined) {
    throw new MillraceError(
      "MLR_SCHEMA_INVALID",
      `defineTable(): table "${table}": column "${surrogateKey}" is both a column and the surrogate key`,
      { hint: "Leave it out of columns: the surrogate key makes a column of its own." },
    );
  }
  const own = Object.entries(columns).map(([column, said]): ColumnDefinition => {
    const { type, nullable } = typeof said === "string" ? { type: said, nullable: true } : said;
    const required = !nullable || (surrogateKey === undefined && key.includes(column));
    return { name: column, type: parseColumnType(type), ...(required ? { nullable: false } : {}) };
  });
  return surrogateKey === undefined
    ? own
    : [{ name: surrogateKey, type: { kind: "bigint" }, nullable: false }, ...own];
}

/**
 * Describes a table that `createTables` can create in any database. Fails with MLR_OPTION_UNKNOWN, MLR_ARGUMENT_INVALID or
 * MLR_SCHEMA_INVALID (columns that do not exist, types that do not).
 * @example const customers = defineTable({ name: "customers", surrogateKey: "id", columns: { email: "text" }, key: ["email"] })
 */
export function defineTable(options: TableDesignOptions): TableDesign {
  return new TableDesign(parseOptions(tableDesignOptions, options, "defineTable()"));
}
