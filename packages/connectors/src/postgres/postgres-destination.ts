import {
  QUESTIONS,
  SCALAR_KINDS,
  type Capabilities,
  type Destination,
  type Inspector,
  type MillraceError,
  type OpenOptions,
  type Owner,
  type Recovered,
  type Session,
} from "@millrace/core";
import { COPY_BINARY } from "./copy-format.ts";
import { locationOf } from "./errors.ts";
import { PostgresInspector } from "./inspect/inspector.ts";
import type { PostgresInternals } from "./internals.ts";
import { IDENTIFIER_BYTES } from "./quote.ts";
import { Connection } from "./session/connection.ts";
import { CopyLane } from "./session/copy-lane.ts";
import { EpochBook } from "./session/epoch-book.ts";
import { PostgresSession } from "./session/postgres-session.ts";
import type { SessionContext } from "./session/session-context.ts";
import type { EpochRecord } from "./session/table-work.ts";
import { Transaction } from "./session/transaction.ts";
import { ensureState, stateVersion } from "./state/ensure-state.ts";
import { fenced, raiseFence, readState, type StoredEpoch, type StoredState } from "./state/fence.ts";

export interface PostgresDestinationOptions {
  readonly url: string;
  /** Database schema for tables without a namespace of their own; default: the first of the user's search_path. */
  readonly schema: string | undefined;
  readonly fingerprintBytes: number;
}

/** Bytes that comparing what was seen with what is there may always take: the more, the fewer passes. */
const MIN_PASS_BYTES = 16 * 1024 * 1024;

/** Columns that every table has; see the manual, "System Columns". */
const SYSTEM_COLUMNS = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/** What PostgreSQL can do. */
const POSTGRES_CAPABILITIES: Capabilities = {
  transactions: true,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  encodings: [COPY_BINARY],
  checks: { questions: QUESTIONS, when: "before-commit" },
  identifiers: { maxBytes: IDENTIFIER_BYTES, reserved: SYSTEM_COLUMNS },
  partitions: true,
  reprocess: true,
  dryRun: true,
};

/** PostgreSQL as the place where rows land: data, state and counts commit together. */
export class PostgresDestination implements Destination {
  readonly kind = "postgres";
  readonly location: string;
  readonly capabilities = POSTGRES_CAPABILITIES;
  readonly #options: PostgresDestinationOptions;
  readonly #internals: PostgresInternals;

  constructor(options: PostgresDestinationOptions, internals: PostgresInternals = {}) {
    this.#options = options;
    this.#internals = internals;
    this.location = locationOf(options.url);
  }

  async open(owner: Owner, options: OpenOptions = {}): Promise<Session> {
    const connection = await Connection.open({
      url: this.#options.url,
      applicationName: `millrace ${owner.pipeline} #${owner.attempt}`,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    try {
      const session = await this.#session(connection, owner, options);
      await this.#internals.onStep?.("opened");
      return session;
    } catch (error) {
      await connection.close();
      throw connection.error(error, "opening the destination");
    }
  }

  async inspect(): Promise<Inspector> {
    const { url } = this.#options;
    const connection = await Connection.open({ url, applicationName: "millrace inspect" });
    return new PostgresInspector({
      client: connection.client,
      release: () => connection.close(),
      location: this.location,
    });
  }

  async close(): Promise<void> {}

  async #session(connection: Connection, owner: Owner, options: OpenOptions): Promise<Session> {
    const { dryRun = false, full = false } = options;
    if (!dryRun) await ensureState(connection);
    const recorded = !dryRun || (await stateVersion(connection)) > 0;
    const stored = dryRun
      ? await lookAtState(connection, owner, recorded)
      : await raiseFence(connection, owner, options.signal);
    const run = full || dryRun ? owner.run : (unfinishedRun(stored) ?? owner.run);
    const left = stored?.epochs ?? [];
    const epochs = new EpochBook((full ? [] : left).map(record));
    return new PostgresSession({
      context: this.#context(connection, { owner, run, dryRun, epochs }),
      owner,
      recovered: recoveredState(stored, full),
      epochs,
      recorded,
      defaultSchema: this.#options.schema,
      full: full && !dryRun,
      forgottenSides: full ? left.flatMap(({ sideTable }) => sideTable ?? []) : [],
      explain: (error) => this.#explain(error, connection, owner, dryRun),
    });
  }

  /** A successor ends the connection of the attempt before: that one must not try again, as after any other loss. */
  async #explain(
    error: MillraceError,
    connection: Connection,
    owner: Owner,
    dryRun: boolean,
  ): Promise<MillraceError> {
    if (dryRun || !connection.lost || error.code === "MLR_FENCED") return error;
    try {
      const { url } = this.#options;
      const other = await Connection.open({ url, applicationName: `millrace ${owner.pipeline} (fence)` });
      try {
        const attempt = (await readState(other, owner.pipeline))?.attempt ?? 0n;
        return attempt > owner.attempt ? fenced(owner, attempt) : error;
      } finally {
        await other.close();
      }
    } catch {
      return error;
    }
  }

  #context(
    connection: Connection,
    of: { owner: Owner; run: string; dryRun: boolean; epochs: EpochBook },
  ): SessionContext {
    let number = 0;
    const { onStep } = this.#internals;
    return {
      connection,
      lane: new CopyLane(connection),
      transaction: new Transaction(connection),
      pipeline: of.owner.pipeline,
      tablesOf: of.owner.tablesOf ?? of.owner.pipeline,
      run: of.run,
      dryRun: of.dryRun,
      fingerprintBytes: this.#options.fingerprintBytes,
      passBytes: this.#internals.passBytes ?? Math.max(MIN_PASS_BYTES, this.#options.fingerprintBytes),
      storedEpochs: of.epochs,
      nextNumber: () => ++number,
      step: async (step) => onStep?.(step),
    };
  }
}

/** What a dry run goes by: the state as it is, where there is any. */
async function lookAtState(
  connection: Connection,
  owner: Owner,
  recorded: boolean,
): Promise<StoredState | undefined> {
  if (!recorded) return undefined;
  return readState(connection, owner.pipeline);
}

/** The run that an earlier attempt left, to be gone on with. */
function unfinishedRun(stored: StoredState | undefined): string | undefined {
  const left = stored?.run;
  return left === undefined || left.finished ? undefined : left.id;
}

function recoveredState(stored: StoredState | undefined, full: boolean): Recovered {
  return {
    checkpoints: full ? new Map() : (stored?.checkpoints ?? new Map()),
    openEpochs: full ? [] : (stored?.epochs ?? []).map(({ epoch }) => epoch),
    lastCommit: stored?.lastCommit ?? 0n,
    ...(stored?.run === undefined ? {} : { run: stored.run }),
  };
}

function record({ epoch, table, rowsSeen, rowsInserted, sideTable }: StoredEpoch): EpochRecord {
  return {
    id: epoch.id,
    stream: epoch.stream,
    table,
    scope: epoch.scope,
    taints: new Set(epoch.taints),
    rowsSeen,
    rowsInserted,
    sideTable,
  };
}
