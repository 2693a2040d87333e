import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import { parseWorkTable, STATE_DATABASE, workTable } from "../state/names.ts";

/** The tables that one attempt has for itself: rows on their way to other tables. A later attempt takes or drops them. */
export class WorkArea {
  readonly server: ClickHouseServer;
  readonly #id: string;
  readonly #attempt: bigint;
  #counter = 0;
  readonly #open = new Set<string>();

  constructor(server: ClickHouseServer, id: string, attempt: bigint) {
    this.server = server;
    this.#id = id;
    this.#attempt = attempt;
  }

  /** A new name; `what` tells people what the table is for. */
  name(what: string): string {
    return this.named(`${++this.#counter}_${what}`);
  }

  /** The table that is called `what` in this attempt. */
  named(what: string): string {
    const name = workTable(this.#id, this.#attempt, what);
    this.#open.add(name);
    return name;
  }

  /** Creates a table of these columns under a new name. */
  async create(
    what: string,
    columns: readonly { readonly name: string; readonly sql: string }[],
    engine: string,
  ): Promise<string> {
    const name = this.name(what);
    const list = columns.map((column) => `${quote(column.name)} ${column.sql}`).join(", ");
    await this.server.run(`CREATE TABLE ${quote(STATE_DATABASE, name)} (${list}) ENGINE = ${engine}`, {
      doing: "creating a table for rows on their way",
    });
    return name;
  }

  async drop(name: string): Promise<void> {
    await this.server.run(`DROP TABLE IF EXISTS ${quote(STATE_DATABASE, name)}`, { doing: "tidying up" });
    this.#open.delete(name);
  }

  /** Drops what this attempt made and has not dropped yet. */
  async clear(): Promise<void> {
    await Promise.all([...this.#open].map((name) => this.drop(name)));
  }

  /** The tables of earlier attempts: what each was called, and by which name it is found. */
  async earlier(): Promise<{ readonly name: string; readonly what: string }[]> {
    const rows = await this.server.values(
      `SELECT name FROM system.tables WHERE database = ${quoteText(STATE_DATABASE)} AND startsWith(name, ${quoteText(`work_${this.#id}_`)})`,
      { doing: "looking for rows on their way" },
    );
    return rows.flatMap(([found]) => {
      const name = String(found);
      const parsed = parseWorkTable(name);
      return parsed === undefined || parsed.attempt >= this.#attempt ? [] : [{ name, what: parsed.what }];
    });
  }

  /** Takes a table of an earlier attempt over, so that nobody else finds it any more. */
  async adopt({ name, what }: { readonly name: string; readonly what: string }): Promise<string> {
    const own = this.named(what);
    await this.server.run(`RENAME TABLE ${quote(STATE_DATABASE, name)} TO ${quote(STATE_DATABASE, own)}`, {
      doing: "taking over rows on their way",
    });
    return own;
  }
}
