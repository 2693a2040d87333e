import type {
  Capabilities,
  Destination,
  Inspector,
  MillraceError,
  OpenOptions,
  Owner,
  Recovered,
  Session,
} from "@millrace/core";
import { RELATIONAL_CHECKS } from "./check/answer-inquiry.ts";
import { RelationalInspector } from "./inspect/relational-inspector.ts";
import type { RelationalDialect } from "./relational-dialect.ts";
import { EpochBook } from "./session/epoch-book.ts";
import { Link } from "./session/link.ts";
import { RelationalSession } from "./session/relational-session.ts";
import { serverTime } from "./session/server-time.ts";
import type { RelationalInternals, SessionContext } from "./session/session-context.ts";
import { fenced, readState, type StoredState } from "./state/pipeline-state.ts";
import { raiseFence, stopped } from "./state/raise-fence.ts";
import { StateTables } from "./state/state-tables.ts";

/**
 * A complete destination for a database with transactions: rows, checkpoints, seen keys and counts commit together. Nothing
 * connects until it is opened. @param internals seams for tests.
 */
export function relationalDestination(
  dialect: RelationalDialect,
  internals: RelationalInternals = {},
): Destination & { readonly inspect: NonNullable<Destination["inspect"]> } {
  return new RelationalDestination(dialect, internals);
}

class RelationalDestination implements Destination {
  readonly kind: string;
  readonly location: string;
  readonly capabilities: Capabilities;
  readonly #dialect: RelationalDialect;
  readonly #internals: RelationalInternals;

  constructor(dialect: RelationalDialect, internals: RelationalInternals) {
    this.kind = dialect.kind;
    this.location = dialect.location;
    this.capabilities = { checks: RELATIONAL_CHECKS, ...dialect.capabilities };
    this.#dialect = dialect;
    this.#internals = internals;
  }

  async open(owner: Owner, options: OpenOptions = {}): Promise<Session> {
    const { signal } = options;
    if (signal?.aborted === true) throw stopped(owner);
    const name = `millrace ${owner.pipeline} #${owner.attempt}`;
    const link = await Link.open(this.#dialect, { name, signal }).catch((error: unknown) => {
      throw signal?.aborted === true ? stopped(owner) : error;
    });
    try {
      const session = await this.#session(link, owner, options);
      await this.#internals.onStep?.("opened");
      return session;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async inspect(): Promise<Inspector> {
    const link = await Link.open(this.#dialect, { name: "millrace inspect" });
    const namespace = await link.ask("looking at the connection", (connection) =>
      this.#dialect.defaultNamespace(connection),
    );
    return new RelationalInspector(link, new StateTables(this.#dialect, namespace));
  }

  async close(): Promise<void> {}

  async #session(link: Link, owner: Owner, options: OpenOptions): Promise<Session> {
    const { dryRun = false, full = false, signal } = options;
    const namespace = await link.ask("looking at the connection", (connection) =>
      this.#dialect.defaultNamespace(connection),
    );
    const state = new StateTables(this.#dialect, namespace);
    if (!dryRun) await state.ensure(link, await serverTime(link));
    const recorded = !dryRun || (await state.exist(link));
    const stored = dryRun
      ? recorded
        ? await readState(link, state, owner.pipeline)
        : undefined
      : await raiseFence(link, state, owner, signal);
    const run = full || dryRun ? owner.run : (unfinishedRun(stored) ?? owner.run);
    const context = this.#context(link, state, { pipeline: owner.pipeline, run, dryRun });
    return new RelationalSession({
      context,
      owner,
      recovered: recoveredState(stored, full),
      epochs: new EpochBook(stored?.epochs ?? []),
      recorded,
      full,
      explain: (error) => this.#explain(error, { link, owner, dryRun, state }),
    });
  }

  #context(
    link: Link,
    state: StateTables,
    of: { readonly pipeline: string; readonly run: string; readonly dryRun: boolean },
  ): SessionContext {
    let number = 0;
    const { onStep } = this.#internals;
    return {
      ...of,
      dialect: this.#dialect,
      link,
      state,
      nextNumber: () => ++number,
      step: async (step) => onStep?.(step),
    };
  }

  /** A successor ends the connection of the attempt before: that one must not try again, as after any other loss. */
  async #explain(
    error: MillraceError,
    of: { readonly link: Link; readonly owner: Owner; readonly dryRun: boolean; readonly state: StateTables },
  ): Promise<MillraceError> {
    const { link, owner, dryRun, state } = of;
    if (dryRun || !link.lost || error.code === "MLR_FENCED") return error;
    try {
      const other = await Link.open(this.#dialect, { name: `millrace ${owner.pipeline} (fence)` });
      try {
        const attempt = (await readState(other, state, owner.pipeline))?.attempt ?? 0n;
        return attempt > owner.attempt ? fenced(owner, attempt) : error;
      } finally {
        await other.close();
      }
    } catch {
      return error;
    }
  }
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
