import { createHash } from "node:crypto";
import type { BulkTarget, DriverValue, RelationalConnection } from "../../shared/relational/index.ts";
import type { Connection } from "../connection/connection.ts";
import { driverError, isLockTimeout } from "../errors.ts";
import { quoteLiteral } from "../quote.ts";
import { answerBatches } from "../connection/answer-batches.ts";
import { bulkColumn } from "../wire/bulk-type.ts";
import { endHolderStatement, holdStatement } from "./hold-name.ts";

/** Rows that `stream` gives at once. */
const BATCH_ROWS = 1000;

/** What a connection is set to, whatever the server's and the login's own settings are. */
const SESSION_SETTINGS = [
  "SET NOCOUNT ON",
  "SET XACT_ABORT ON",
  "SET LOCK_TIMEOUT -1",
  "SET NUMERIC_ROUNDABORT OFF",
  "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
].join(";\n");

/** Statements tell their own number of rows, since those of triggers would be counted with them. */
function counted(statement: string): string {
  return `${statement};\nSELECT ROWCOUNT_BIG() AS changed`;
}

/** The toolkit asks the dialect what the driver's errors mean: it is given these as they are. */
async function raw<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw driverError(error);
  }
}

/** A connection as the toolkit for relational destinations uses it. */
export class SqlServerRelationalConnection implements RelationalConnection {
  readonly #connection: Connection;
  /** A statement failed while the lock timeout was set: the setting stays. */
  #timeoutLeft = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(connection: Connection): Promise<SqlServerRelationalConnection> {
    try {
      await connection.run({ text: SESSION_SETTINGS, doing: "setting up the session" }).done;
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new SqlServerRelationalConnection(connection);
  }

  async query(statement: string): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    try {
      for await (const batch of this.stream(statement)) rows.push(...batch);
    } catch (error) {
      if (isLockTimeout(error)) this.#timeoutLeft = true;
      throw error;
    }
    return rows;
  }

  async execute(statement: string): Promise<number> {
    const rows = await this.query(counted(statement));
    return Number(rows.at(-1)?.["changed"] ?? 0);
  }

  async *stream(statement: string): AsyncIterable<Record<string, unknown>[]> {
    const answer = answerBatches(this.#connection, {
      text: statement,
      doing: "running a statement",
      batchRows: BATCH_ROWS,
    });
    try {
      for await (const { rows } of answer) if (rows.length > 0) yield rows;
    } catch (error) {
      throw driverError(error);
    }
  }

  async load(target: BulkTarget, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    if (rows.length === 0) return;
    const columns = target.columns.map(({ name, sqlType }) =>
      bulkColumn(name, sqlType, "MLR_DESTINATION_FAILED"),
    );
    const temporary = target.reference.startsWith("[#");
    const loading = this.#connection.bulk({
      table: target.reference,
      columns,
      rows: converted(rows, columns),
      // Tables of others have constraints and triggers that an INSERT would heed as well.
      asInsert: !temporary,
      lockTable: temporary,
      doing: `loading rows into ${target.reference}`,
    });
    await raw(loading);
  }

  async begin(): Promise<void> {
    if (this.#timeoutLeft) {
      await raw(this.#connection.run({ text: "SET LOCK_TIMEOUT -1", doing: "setting up the session" }).done);
      this.#timeoutLeft = false;
    }
    await raw(this.#connection.begin("beginning a transaction"));
  }

  commit(): Promise<void> {
    return raw(this.#connection.commit("committing"));
  }

  rollback(): Promise<void> {
    return raw(this.#connection.rollback("rolling back"));
  }

  async holdName(name: string, force: boolean): Promise<boolean> {
    // The views that tell who holds a lock show 32 characters of its name.
    const resource = `millrace:${createHash("sha256").update(name).digest("hex").slice(0, 20)}`;
    if (await this.#take(resource)) return true;
    if (!force) return false;
    await raw(
      this.#connection.run({ text: endHolderStatement(resource), doing: "ending a predecessor" }).done,
    );
    return this.#take(resource);
  }

  async close(abruptly = false): Promise<void> {
    try {
      if (!abruptly) await this.#connection.rollback("closing");
    } catch {
      // Whoever closes wants no news of the connection.
    }
    await this.#connection.close();
  }

  async #take(resource: string): Promise<boolean> {
    const [row] = await this.query(holdStatement(quoteLiteral(resource)));
    return Number(row?.["taken"] ?? -1) >= 0;
  }
}

function* converted(
  rows: readonly (readonly DriverValue[])[],
  columns: readonly { convert(value: unknown): unknown }[],
): Iterable<unknown[]> {
  for (const row of rows) yield columns.map((column, index) => column.convert(row[index]));
}
