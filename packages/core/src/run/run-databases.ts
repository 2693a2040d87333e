import type { Clock } from "../clock.ts";
import type { DatabaseAccess } from "../database/database-access.ts";
import type { Database, DatabaseConnector } from "../database/database.ts";
import { observedDatabase } from "../database/observed-database.ts";
import type { StatementRecord } from "../database/statement-record.ts";
import { asMillraceError, MillraceError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Environment } from "../target.ts";

/** What the databases of a run are made of. */
export interface RunDatabasesOptions {
  /** By their names in the configuration. */
  readonly connectors: Readonly<Record<string, DatabaseConnector>>;
  readonly environment: Environment;
  readonly clock: Clock;
  tell(record: StatementRecord): void;
}

/** The databases that a run's code asks for: each connected once, and closed at the run's end. */
export class RunDatabases implements DatabaseAccess {
  readonly #o: RunDatabasesOptions;
  readonly #opened = new Map<string | DatabaseConnector, Promise<Database>>();
  readonly #connected = new Map<string, Database>();
  #closed = false;

  constructor(options: RunDatabasesOptions) {
    this.#o = options;
  }

  async database(from: string | DatabaseConnector): Promise<Database> {
    if (this.#closed) {
      throw new MillraceError(
        "MLR_DATABASE_UNAVAILABLE",
        "a database was asked for after the run had ended",
        {
          hint: "Wait for everything that works on a database before the source or transform ends.",
          retry: "never",
        },
      );
    }
    const known = this.#opened.get(from);
    if (known !== undefined) return known;
    const opening = this.#open(from);
    this.#opened.set(from, opening);
    // The next attempt connects anew; what was given out stays.
    opening.catch(() => this.#opened.delete(from));
    return opening;
  }

  /** Those that are connected, by the names that their statements are told with. What is asked of them here is not told. */
  get connected(): ReadonlyMap<string, Database> {
    return this.#connected;
  }

  /** Idempotent; what fails to close is let go. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    this.#connected.clear();
    await Promise.allSettled(opened.map(async (each) => (await each).close()));
  }

  async #open(from: string | DatabaseConnector): Promise<Database> {
    const { environment, clock } = this.#o;
    const connector = typeof from === "string" ? this.#named(from) : from;
    try {
      const database = await connector.connect(environment);
      this.#connected.set(typeof from === "string" ? from : database.location, database);
      return observedDatabase(database, {
        ...(typeof from === "string" ? { name: from } : {}),
        clock,
        tell: (record) => this.#o.tell(record),
      });
    } catch (error) {
      throw asMillraceError(
        error,
        "MLR_DATABASE_UNAVAILABLE",
        `connecting to ${typeof from === "string" ? `database "${from}"` : connector.kind}`,
      );
    }
  }

  #named(name: string): DatabaseConnector {
    const { connectors } = this.#o;
    const found = Object.hasOwn(connectors, name) ? connectors[name] : undefined;
    if (found !== undefined) return found;
    const known = Object.keys(connectors);
    const guess = nearest(String(name), known);
    throw new MillraceError("MLR_DATABASE_UNKNOWN", `the configuration names no database "${name}"`, {
      hint:
        guess !== undefined
          ? `Did you mean "${guess}"?`
          : `Add it in millrace.config.ts: databases: { ${JSON.stringify(name)}: postgres({ url }) }.${
              known.length === 0 ? "" : ` It names: ${known.join(", ")}.`
            }`,
      details: { database: name },
    });
  }
}
