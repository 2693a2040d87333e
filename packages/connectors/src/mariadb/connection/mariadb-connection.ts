import { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import type { Connection, UpsertResult } from "mariadb";
import type { BulkTarget, DriverValue, RelationalConnection } from "../../shared/relational/index.ts";
import { quote, quoteLiteral } from "../quote.ts";
import { LOAD_FORMAT, LoadBuffer } from "./load-buffer.ts";

/** Rows of a large answer that are handed on at a time. */
const STREAM_ROWS = 1_000;
/** Seconds that a name may take to be free after its holder was ended. */
const HOLD_SECONDS = 10;
/** The connection that was to be ended is gone already, or belongs to another user. */
const NO_SUCH_THREAD = 1094;
const NOT_OUR_THREAD = 1095;
/** The server takes no files from clients. */
const LOCAL_INFILE_REFUSED: ReadonlySet<number> = new Set([1148, 4166, 3948]);
/** Rows of one INSERT where LOAD DATA is not to be had. */
const INSERT_ROWS = 500;

/** One connection to MariaDB. */
export class MariadbConnection implements RelationalConnection {
  readonly #connection: Connection;
  readonly #files: Map<string, Buffer>;
  #inTransaction = false;
  #loads = 0;
  #localInfile = true;

  /** @param files what the driver is to give for the file names in LOAD DATA LOCAL. */
  constructor(connection: Connection, files: Map<string, Buffer>) {
    this.#connection = connection;
    this.#files = files;
    // Without a listener an idle connection that breaks would end the process; the next statement tells.
    connection.on("error", () => undefined);
  }

  query(statement: string): Promise<Record<string, unknown>[]> {
    return this.#connection.query(statement);
  }

  async execute(statement: string): Promise<number> {
    const result = (await this.#connection.query(statement)) as Partial<UpsertResult> | undefined;
    return Number(result?.affectedRows ?? 0);
  }

  async *stream(statement: string): AsyncGenerator<Record<string, unknown>[]> {
    const stream = this.#connection.queryStream(statement);
    let rows: Record<string, unknown>[] = [];
    try {
      for await (const row of stream) {
        rows.push(row as Record<string, unknown>);
        if (rows.length < STREAM_ROWS) continue;
        yield rows;
        rows = [];
      }
      if (rows.length > 0) yield rows;
    } finally {
      stream.destroy();
    }
  }

  async load(target: BulkTarget, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    if (!this.#localInfile) return this.#insert(target, rows);
    try {
      await this.#loadData(target, rows);
    } catch (error) {
      if (!isNumber(error, LOCAL_INFILE_REFUSED)) throw error;
      this.#localInfile = false;
      await this.#insert(target, rows);
    }
  }

  async begin(): Promise<void> {
    await this.#connection.query("START TRANSACTION");
    this.#inTransaction = true;
  }

  async commit(): Promise<void> {
    await this.#connection.query("COMMIT");
    this.#inTransaction = false;
  }

  async rollback(): Promise<void> {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    await this.#connection.query("ROLLBACK");
  }

  async holdName(name: string, force: boolean): Promise<boolean> {
    const lock = quoteLiteral(name);
    if (force) await this.#endHolder(lock);
    const seconds = force ? HOLD_SECONDS : 0;
    const rows = await this.query(`SELECT GET_LOCK(${lock}, ${seconds}) AS held`);
    return Number(rows[0]?.["held"] ?? 0) === 1;
  }

  async close(abruptly = false): Promise<void> {
    if (abruptly) return this.#connection.destroy();
    try {
      await this.#connection.end();
    } catch {
      this.#connection.destroy();
    }
  }

  async #endHolder(lock: string): Promise<void> {
    const rows = await this.query(`SELECT IS_USED_LOCK(${lock}) AS holder, CONNECTION_ID() AS own`);
    const { holder, own } = rows[0] ?? {};
    if (holder === null || holder === undefined || String(holder) === String(own)) return;
    try {
      await this.#connection.query(`KILL CONNECTION ${String(holder)}`);
    } catch (error) {
      if (!isNumber(error, new Set([NO_SUCH_THREAD, NOT_OUR_THREAD]))) throw error;
    }
  }

  async #loadData(
    { reference, columns }: BulkTarget,
    rows: readonly (readonly DriverValue[])[],
  ): Promise<void> {
    const buffer = new LoadBuffer();
    for (const row of rows) buffer.row(row);
    const file = `millrace-${++this.#loads}`;
    this.#files.set(file, buffer.bytes);
    try {
      // Bytes come as hex digits, so that texts can be of any character set.
      const bytes = columns.map(({ sqlType }) => /blob|binary/i.test(sqlType));
      const fields = columns.map(({ name }, index) => (bytes[index] === true ? `@b${index}` : quote(name)));
      const set = columns.flatMap(({ name }, index) =>
        bytes[index] === true ? [`${quote(name)} = UNHEX(@b${index})`] : [],
      );
      const result = (await this.#connection.query(
        `LOAD DATA LOCAL INFILE ${quoteLiteral(file)} INTO TABLE ${reference} ${LOAD_FORMAT} (${fields.join(", ")})${set.length === 0 ? "" : ` SET ${set.join(", ")}`}`,
      )) as UpsertResult;
      // A local load turns errors of values into warnings.
      if (result.warningStatus > 0 || result.affectedRows !== rows.length)
        throw await this.#warned(result, rows.length);
    } finally {
      this.#files.delete(file);
    }
  }

  async #warned(result: UpsertResult, rows: number): Promise<MillraceError> {
    const [first] = await this.query("SHOW WARNINGS LIMIT 1");
    const said = first === undefined ? "" : `: ${String(first["Message"])}`;
    return new MillraceError(
      "MLR_ROW_INVALID",
      `${result.affectedRows} of ${rows} rows could be loaded as they are${said}`,
      { hint: "Declare the column's type in the option columns, or choose another table." },
    );
  }

  async #insert(
    { reference, columns }: BulkTarget,
    rows: readonly (readonly DriverValue[])[],
  ): Promise<void> {
    const names = columns.map(({ name }) => quote(name)).join(", ");
    const places = `(${columns.map(() => "?").join(", ")})`;
    for (let from = 0; from < rows.length; from += INSERT_ROWS) {
      const part = rows.slice(from, from + INSERT_ROWS);
      const values = part.flatMap((row) =>
        row.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
      );
      await this.#connection.query(
        `INSERT INTO ${reference} (${names}) VALUES ${part.map(() => places).join(", ")}`,
        values,
      );
    }
  }
}

/** What gives the driver the contents of the files in LOAD DATA LOCAL: nothing else on this machine can be asked for. */
export function fileFactory(files: ReadonlyMap<string, Buffer>): (path: string) => Readable {
  return (path) => {
    const bytes = files.get(path);
    return Readable.from(bytes === undefined ? [] : [bytes]);
  };
}

function isNumber(error: unknown, numbers: ReadonlySet<number>): boolean {
  return error instanceof Error && "errno" in error && numbers.has(Number(error.errno));
}
