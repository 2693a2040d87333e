import pg from "pg";
import type { SentValue, TdsRequest } from "../tds/messages.ts";
import { TdsServer, type Answer } from "../tds/tds-server.ts";
import { answerSet } from "./answer-set.ts";
import { COLUMNS, KEYS, PRELUDE } from "./catalog.ts";
import { translate } from "./translate.ts";

/** SQLSTATE → number of SQL Server's message. */
const NUMBERS: Readonly<Record<string, number>> = {
  "23505": 2627,
  "40P01": 1205,
  "55P03": 1222,
  "42P01": 208,
  "42703": 207,
  "42P07": 2714,
};

/** All values as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

/**
 * Answers a double of SQL Server's protocol with what PostgreSQL makes of the statements, so that all of a destination but
 * the server itself runs as it does in earnest. Keeps every text that was sent in `server.requests`.
 */
export class Emulator {
  readonly server: TdsServer;
  readonly #url: string;
  readonly #sessions = new Map<object, Promise<pg.Client>>();

  private constructor(server: TdsServer, url: string) {
    this.server = server;
    this.#url = url;
    server.answer = (request, session) => this.#answer(request, session);
    server.ended = (session) => void this.#end(session);
  }

  static async start(url: string): Promise<Emulator> {
    return new Emulator(await TdsServer.start(), url);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((session) => this.#end(session)));
    await this.server.close();
  }

  async #end(session: object): Promise<void> {
    const client = this.#sessions.get(session);
    this.#sessions.delete(session);
    await (await client)?.end();
  }

  #client(session: object): Promise<pg.Client> {
    let client = this.#sessions.get(session);
    if (client === undefined) this.#sessions.set(session, (client = connected(this.#url)));
    return client;
  }

  async #answer(request: TdsRequest, session: object): Promise<Answer> {
    const client = await this.#client(session);
    try {
      return await perform(client, request);
    } catch (error) {
      return this.#failed(client, error as pg.DatabaseError);
    }
  }

  /** XACT_ABORT is on: the server rolls the transaction back by itself. */
  async #failed(client: pg.Client, error: pg.DatabaseError): Promise<Answer> {
    const { rows } = await client.query("SELECT 1").then(
      () => ({ rows: 0 }),
      () => ({ rows: 1 }),
    );
    if (rows === 1) await client.query("ROLLBACK").catch(() => undefined);
    // The backend is gone, as a server's session that was killed.
    if (error.code === undefined || error.code === "57P01") return { disconnect: true };
    const number = NUMBERS[error.code ?? ""] ?? 50_000;
    const where = error.position === undefined ? "" : ` at ${error.position}`;
    return { error: { number, message: `${error.message}${where}` }, rolledBack: rows === 1 };
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types: AS_TEXT });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`SET TIME ZONE 'UTC'; SET client_min_messages TO error; SET search_path TO dbo, public`);
  return client;
}

/** Creates what the emulator needs in an empty database. */
export async function prepareEmulated(client: pg.Client): Promise<void> {
  await client.query(`${PRELUDE} CREATE SCHEMA IF NOT EXISTS dbo`);
}

async function perform(client: pg.Client, request: TdsRequest): Promise<Answer> {
  switch (request.kind) {
    case "transaction":
      await client.query(request.action);
      return {};
    case "bulk":
      return insertBulk(client, request.rows);
    case "call":
      throw new Error("the destination sends no values");
    case "batch":
      return batch(client, request.text);
  }
}

/** The table and columns of an INSERT BULK, until its rows come. */
const loading = new WeakMap<pg.Client, { readonly table: string; readonly columns: readonly string[] }>();

async function batch(client: pg.Client, text: string): Promise<Answer> {
  if (/^(set ansi_nulls|SET NOCOUNT ON|SET LOCK_TIMEOUT -1$)/.test(text)) return {};
  const bulk = /^INSERT BULK (\S+) \((.*)\) WITH/s.exec(text);
  if (bulk !== null) {
    const columns = [...(bulk[2] ?? "").matchAll(/\[((?:[^\]]|\]\])*)\] \w/g)].map(
      (found) => `[${found[1]}]`,
    );
    loading.set(client, { table: bulk[1] ?? "", columns });
    return {};
  }
  const counted = text.endsWith(";\nSELECT ROWCOUNT_BIG() AS changed");
  const statement = counted ? text.slice(0, -";\nSELECT ROWCOUNT_BIG() AS changed".length) : text;
  const rows = await special(client, statement);
  if (typeof rows !== "number") return rows;
  return { sets: [answerSet({ fields: [field("changed", 20)], rows: [[String(rows)]] })] };
}

/** Statements that PostgreSQL has no counterpart of, and all others. Resolves to the rows changed, or an answer. */
async function special(client: pg.Client, text: string): Promise<number | Answer> {
  if (text.includes("AS object_type")) return ask(client, COLUMNS, [objectOf(text)]);
  if (text.includes("AS noted_key")) return ask(client, KEYS, [objectOf(text)]);
  if (text === "SELECT SCHEMA_NAME() AS name") return ask(client, "SELECT 'dbo' AS name");
  if (text.includes("snapshot_isolation_state")) return ask(client, "SELECT 0 AS state");
  if (text.includes("sp_getapplock")) return applock(client, text);
  if (text.startsWith("BEGIN TRY")) return endHolder(client, text);
  const locked = LOCKING.exec(text);
  if (locked !== null) {
    await client.query("SET LOCAL lock_timeout = 1000");
    return ask(client, `${translate(`${locked[1]} ${locked[2]}`)} FOR UPDATE`);
  }
  return text.startsWith("SELECT") ? ask(client, translate(text)) : definition(client, text);
}

const LOCKING = /^SET LOCK_TIMEOUT 1000;\n(.*) WITH \(UPDLOCK, ROWLOCK\) (WHERE .*);\nSET LOCK_TIMEOUT -1$/s;
const RENAME = /^EXEC (?:tempdb\.)?sys\.sp_rename N'(.*)\.(\[.*\])', N'(.*)', N'COLUMN'$/;
const ALTER = /^(?:.*;\n)?ALTER TABLE (\S+) ALTER COLUMN (\[(?:[^\]]|\]\])*\]) (.*?)( NOT)? NULL;?$/ms;

/** Statements that change tables, and those that change rows. */
async function definition(client: pg.Client, text: string): Promise<number> {
  if (text.includes("extendedproperty") && !text.startsWith("DECLARE")) return property(client, text);
  const rename = RENAME.exec(text);
  if (rename !== null) {
    const [, table = "", from = "", to = ""] = rename;
    return changed(client, `ALTER TABLE ${table} RENAME COLUMN ${from} TO [${to}]`);
  }
  const schema = /^IF SCHEMA_ID\(.*EXEC \(N'CREATE SCHEMA (\[.*\])'\)$/.exec(text);
  if (schema !== null) return changed(client, `CREATE SCHEMA IF NOT EXISTS ${schema[1]}`);
  const alter = ALTER.exec(text);
  return alter === null ? changed(client, text) : alterColumn(client, alter);
}

function objectOf(text: string): string {
  const name = /OBJECT_ID\(N'((?:[^']|'')*)'\)/.exec(text)?.[1]?.replaceAll("''", "'") ?? "";
  return translate(name);
}

async function ask(client: pg.Client, text: string, values: unknown[] = []): Promise<Answer> {
  const result = await client.query<(string | null)[]>({ text, values, rowMode: "array" });
  return { sets: [answerSet(result)] };
}

async function changed(client: pg.Client, text: string): Promise<number> {
  const create = text.replace(/^CREATE TABLE (\[#)/, "CREATE TEMP TABLE $1");
  return (await client.query(translate(create))).rowCount ?? 0;
}

async function alterColumn(
  client: pg.Client,
  [, table, column, type, required]: RegExpExecArray,
): Promise<number> {
  const name = translate(column ?? "");
  const to = translate(type ?? "");
  const set = required === undefined ? "DROP" : "SET";
  await client.query(
    `ALTER TABLE ${translate(table ?? "")} ALTER COLUMN ${name} TYPE ${to} USING ${name}::${to.replace(/ COLLATE.*/, "")}, ALTER COLUMN ${name} ${set} NOT NULL`,
  );
  return 0;
}

async function applock(client: pg.Client, text: string): Promise<Answer> {
  const name = /@Resource = N'(.*?)'/.exec(text)?.[1];
  return ask(client, "SELECT CASE WHEN pg_try_advisory_lock(hashtext($1)) THEN 0 ELSE -1 END AS taken", [
    name,
  ]);
}

async function endHolder(client: pg.Client, text: string): Promise<Answer> {
  const name = /\[\[\](.*?)\]:/.exec(text)?.[1];
  await client.query(
    "SELECT pg_terminate_backend(pid, 2000) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = (hashtext($1)::int8 & 4294967295)::oid",
    [name],
  );
  return {};
}

async function property(client: pg.Client, text: string): Promise<number> {
  const part = (name: string): string | undefined =>
    new RegExp(`@${name} = N'((?:[^']|'')*)'`).exec(text)?.[1]?.replaceAll("''", "'");
  const object = translate(`[${part("level0name")}].[${part("level1name")}]`);
  const place = [object, part("level2name") ?? "", part("name")];
  const value = part("value");
  await client.query(
    "DELETE FROM emulated.properties WHERE object = $1 AND column_name = $2 AND name = $3",
    place,
  );
  if (value !== undefined)
    await client.query("INSERT INTO emulated.properties VALUES ($1, $2, $3, $4)", [...place, value]);
  return 0;
}

function field(name: string, dataTypeID: number): pg.FieldDef {
  return { name, dataTypeID, dataTypeModifier: -1, dataTypeSize: 8, tableID: 0, columnID: 0, format: "text" };
}

/** Inserts the rows of a bulk load. */
async function insertBulk(client: pg.Client, rows: readonly (readonly SentValue[])[]): Promise<Answer> {
  const target = loading.get(client);
  if (target === undefined) throw new Error("rows came without INSERT BULK");
  loading.delete(client);
  const types = rows[0]?.map(({ type }) => translate(type)) ?? [];
  const list = types.map((type, index) => `(u.a${index})::${type}`).join(", ");
  const arrays = types.map((_, index) => `$${index + 1}::text[]`).join(", ");
  const names = types.map((_, index) => `a${index}`).join(", ");
  const values = types.map((_, index) => rows.map((row) => shown(row[index])));
  const columns = target.columns.map(translate).join(", ");
  await client.query(
    `INSERT INTO ${translate(target.table)} (${columns}) SELECT ${list} FROM unnest(${arrays}) AS u(${names})`,
    values,
  );
  return {};
}

function shown(value: SentValue | undefined): string | null {
  if (value === undefined || value.value === null) return null;
  if (value.type.startsWith("varbinary")) return value.value.replace(/^0x/, "\\x");
  return value.type.startsWith("datetimeoffset") ? value.value.replace(/ (-?\d+)$/, "+00") : value.value;
}
