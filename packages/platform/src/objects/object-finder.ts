import type { Database, RunEvent, StatementRecord, TouchedObject } from "@millrace/core";
import { findViews } from "./find-views.ts";
import type { SqlReading } from "./sql/read-sql.ts";
import { SqlThread } from "./sql/sql-thread.ts";
import type { SqlUse } from "./sql/sql-use.ts";
import { shownStatement, statementKey } from "./sql/statement-key.ts";

/** Longer statements are not read. */
const LONGEST = 64_000;
/** Statements that are remembered, so that they are read once. */
const REMEMBERED = 1_000;
/** Different statements of one run that are read; those beyond are told as one that could not be. */
const MOST_STATEMENTS = 5_000;
/** Things of one run that are told. */
const MOST_OBJECTS = 2_000;
/** Statements that wait to be read. */
const MOST_WAITING = 500;
/** How much of a statement that could not be read is told. */
const SHOWN = 120;

interface Waiting {
  readonly database: string;
  readonly kind: string;
  readonly text: string;
}

/**
 * Finds the tables, views and procedures that a run's statements use, beside the run: statements are read in a thread, each
 * different one once. It never fails, and what it holds is bounded.
 */
export class ObjectFinder {
  readonly #tell: (objects: readonly TouchedObject[]) => void;
  readonly #seen = new Set<string>();
  readonly #told = new Set<string>();
  /** Tables that its sessions made for themselves, by database. */
  readonly #temporary = new Set<string>();
  readonly #waiting: Waiting[] = [];
  readonly #thread = new SqlThread();
  #statements = 0;
  #reading: Promise<void> | undefined;

  /** @param tell is given what was not found before */
  constructor(tell: (objects: readonly TouchedObject[]) => void) {
    this.#tell = tell;
  }

  /** An observer of the run. Returns at once. */
  readonly observe = (event: RunEvent): void => {
    if (event.type === "statement" && event.operation !== "transaction" && event.error === undefined)
      this.#statement(event);
  };

  /**
   * Reads what still waits, for so long at most, and ends. What is not read by then is told so. Idempotent.
   * @param databases where it can be asked which tables are views, by the names of their statements
   */
  async close(databases: ReadonlyMap<string, Database> = new Map(), patienceMs = 5_000): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([this.#reading, late.promise]);
    for (const left of this.#waiting.splice(0)) this.#unread(left);
    await Promise.race([this.#tellViews(databases), late.promise]);
    clearTimeout(timer);
    await this.#thread.close();
  }

  /** A statement does not say which of its tables are views. */
  async #tellViews(databases: ReadonlyMap<string, Database>): Promise<void> {
    const tables = [...this.#told].map((key) => JSON.parse(key) as TouchedObject);
    for (const [name, database] of databases) {
      const own = tables.filter((each) => each.database === name && each.kind === "table");
      this.#news(await findViews(database, own).catch(() => []));
    }
  }

  #statement({ database, kind, operation, text }: StatementRecord): void {
    const key = `${database}\0${statementKey(text.slice(0, LONGEST))}`;
    if (this.#seen.delete(key)) {
      this.#seen.add(key);
      return;
    }
    this.#seen.add(key);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value ?? "");
    const statement = { database, kind, text: wholeText(operation, kind, text) };
    const tooMany = ++this.#statements > MOST_STATEMENTS || this.#waiting.length >= MOST_WAITING;
    if (tooMany) return this.#unread({ ...statement, text: "(more different statements than are read)" });
    if (text.length > LONGEST) return this.#unread(statement);
    this.#waiting.push(statement);
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
  }

  async #read(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { kind, text } = next;
      const reading = await this.#thread.read({ kind, text });
      // Given up meanwhile: `close` has told it.
      if (this.#waiting[0] !== next) return;
      this.#waiting.shift();
      if (reading === undefined || reading.opaque) this.#unread(next);
      if (reading !== undefined) this.#found(next.database, reading);
    }
  }

  #found(database: string, { uses }: SqlReading): void {
    const lasting = uses.filter((use) => !this.#isTemporary(database, use));
    this.#news(
      lasting.map(({ kind, namespace, name, use }) => ({
        database,
        kind,
        ...(namespace === undefined ? {} : { namespace }),
        name,
        use,
      })),
    );
  }

  #isTemporary(database: string, { name, namespace, temporary }: SqlUse): boolean {
    const key = `${database}\0${name.toLowerCase()}`;
    if (temporary === true && this.#temporary.size < MOST_OBJECTS) this.#temporary.add(key);
    return temporary === true || (namespace === undefined && this.#temporary.has(key));
  }

  #unread({ database, text }: Waiting): void {
    // Values may be nobody's business.
    const name = shownStatement(text.slice(0, 2_000));
    const short = name.length > SHOWN ? `${name.slice(0, SHOWN - 1)}…` : name;
    this.#news([{ database, kind: "statement", name: short, use: "unknown" }]);
  }

  #news(objects: readonly TouchedObject[]): void {
    const news = objects.filter((each) => {
      const key = JSON.stringify(each);
      if (this.#told.has(key) || this.#told.size >= MOST_OBJECTS) return false;
      this.#told.add(key);
      return true;
    });
    if (news.length > 0) this.#tell(news);
  }
}

/** What stands for `load` and `call` is no whole statement. */
function wholeText(operation: StatementRecord["operation"], kind: string, text: string): string {
  if (operation === "load") return `${text} VALUES (NULL)`;
  if (operation !== "call") return text;
  return kind === "sqlserver" ? text.replace(/^CALL/, "EXEC") : `${text}()`;
}
