import { ANYWHERE, newColumn, type TableColumn } from "../columns/table-column.ts";
import type { SessionContext } from "../session/session-context.ts";
import { NUMBER } from "./staging-table.ts";

/** The staged row has a key that the table has not. */
export const INSERT = 1;
/** The table has another row under the key. */
export const UPDATE = 2;

const OPERATION: TableColumn = {
  name: "_millrace_operation",
  type: { kind: "smallint" },
  form: "native",
  place: ANYWHERE,
  required: true,
};

/** A temporary table: which staged rows are new, and which differ. */
export class DifferenceTable {
  /** In statements. */
  readonly name: string;
  readonly #context: SessionContext;
  #created = false;
  #filled = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.name = context.dialect.temporary(`millrace_diff_${context.nextNumber()}`);
  }

  async create(): Promise<void> {
    if (this.#created) return;
    const { dialect, link } = this.#context;
    const statements = dialect.createTable({
      reference: this.name,
      columns: [NUMBER, OPERATION].map((column) => newColumn(dialect, column)),
      primaryKey: [NUMBER.name],
      primaryKeyName: `millrace_diff_${this.#context.nextNumber()}_pkey`,
      indexes: [],
      temporary: true,
    });
    await link.run("preparing the list of differences", statements);
    this.#created = true;
  }

  /** @param select numbers of staged rows with INSERT or UPDATE. Returns how many there are of each. */
  async fill(what: string, select: string): Promise<{ inserts: number; updates: number }> {
    const { dialect, link } = this.#context;
    const [number, operation] = [dialect.quote(NUMBER.name), dialect.quote(OPERATION.name)];
    this.#filled = true;
    await link.execute(what, `INSERT INTO ${this.name} (${number}, ${operation}) ${select}`);
    const rows = await link.query<{ operation: unknown; n: unknown }>(
      what,
      `SELECT ${operation} AS operation, COUNT(*) AS n FROM ${this.name} GROUP BY ${operation}`,
    );
    const count = (wanted: number): number =>
      Number(rows.find((row) => Number(row.operation) === wanted)?.n ?? 0);
    return { inserts: count(INSERT), updates: count(UPDATE) };
  }

  /** A join with staged rows: those of one operation. */
  join(stage: string, operation: number): string {
    const { dialect } = this.#context;
    const number = dialect.quote(NUMBER.name);
    return `${this.name} d JOIN ${stage} s ON s.${number} = d.${number} AND d.${dialect.quote(OPERATION.name)} = ${operation}`;
  }

  /** A condition: the staged row of this number is new. */
  isInsert(number: string): string {
    const { dialect } = this.#context;
    return `EXISTS (SELECT 1 FROM ${this.name} d WHERE d.${dialect.quote(NUMBER.name)} = ${number} AND d.${dialect.quote(OPERATION.name)} = ${INSERT})`;
  }

  async clear(): Promise<void> {
    if (!this.#filled) return;
    this.#filled = false;
    const { dialect, link } = this.#context;
    await link.run("emptying the list of differences", dialect.dropTable(this.name));
    this.#created = false;
  }
}
