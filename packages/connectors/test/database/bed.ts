import type { Database, Json, Message, ReadContext, Row } from "@millrace/core";
import { readContext } from "@millrace/core/testing";
import { database, type DatabaseOptions } from "../../src/database/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { freshDatabase, type FreshDatabase } from "../fresh-database.ts";

/** A database to read from, and ways of reading it. */
export interface Bed {
  readonly fresh: FreshDatabase;
  readonly db: Database;
  /** Reads to the end, or until `stop` says so; `state` is what an earlier reading left. */
  read(options: Omit<DatabaseOptions, "from">, how?: ReadOptions): Promise<ReadResult>;
  close(): Promise<void>;
}

/** How a test reads. */
export interface ReadOptions extends Partial<ReadContext> {
  readonly state?: Json | undefined;
  /** The reading before left its epoch of this stream open. */
  readonly open?: string;
  readonly stop?: (message: Message) => boolean;
  /** Happens at the first checkpoint, before what follows is read. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** What a reading said. */
export interface ReadResult {
  readonly messages: Message[];
  readonly rows: Row[];
  /** Words for the messages, such as `rows 5`. */
  readonly told: string[];
  /** The last checkpoint. */
  readonly state: Json | undefined;
  readonly logs: string[];
}

/** Makes an empty PostgreSQL database. */
export async function makeBed(): Promise<Bed> {
  const fresh = await freshDatabase();
  const environment = { directory: ".", databaseUrl: () => Promise.resolve(fresh.url) };
  const db = await postgres().connect(environment);
  return {
    fresh,
    db,
    read: (options, how = {}) => read(db, options, how),
    close: async () => {
      await db.close();
      await fresh.drop();
    },
  };
}

async function read(
  db: Database,
  options: Omit<DatabaseOptions, "from">,
  { state, open, stop, meanwhile, ...over }: ReadOptions,
): Promise<ReadResult> {
  const logs: string[] = [];
  const messages: Message[] = [];
  let happened = false;
  const context = readContext({
    database: () => Promise.resolve(db),
    checkpoints: new Map(state === undefined ? [] : [["database", state]]),
    openEpochs: open === undefined ? [] : [{ id: "1", stream: open, taints: [] }],
    log: (level, message) => logs.push(`${level}: ${message}`),
    ...over,
  });
  for await (const message of database({ from: "crm", ...options }).read(context)) {
    messages.push(message);
    if (stop?.(message) === true) break;
    if (message.type === "checkpoint" && !happened) await meanwhile?.();
    happened ||= message.type === "checkpoint";
  }
  const rows = messages.flatMap((message) => (message.type === "rows" ? [...message.rows] : []));
  const states = messages.flatMap((message) => (message.type === "checkpoint" ? [message.state] : []));
  const last = states.at(-1);
  return {
    messages,
    rows,
    told: messages.map((message) => (message.type === "rows" ? `rows ${message.rows.length}` : message.type)),
    // As it would come back from a destination.
    state: last === undefined ? undefined : (JSON.parse(JSON.stringify(last)) as Json),
    logs,
  };
}
