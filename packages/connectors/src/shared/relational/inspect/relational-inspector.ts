import {
  type BrowsedPage,
  type BrowseQuery,
  MillraceError,
  type Inspector,
  type PipelineState,
  type RowVersion,
  type VerifyResult,
} from "@millrace/core";
import type { Link } from "../session/link.ts";
import { ownersOf } from "../state/owners.ts";
import { readState } from "../state/pipeline-state.ts";
import { isConnected } from "../state/raise-fence.ts";
import type { StateTables } from "../state/state-tables.ts";
import { browseTable } from "./browse-table.ts";
import { rowHistory } from "./row-history.ts";
import { verifyTable } from "./verify-table.ts";

/** Reads what a relational database holds. Calls on one inspector run one after another. */
export class RelationalInspector implements Inspector {
  readonly #link: Link;
  readonly #state: StateTables;
  /** Ends when the call before has ended, however it did. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(link: Link, state: StateTables) {
    this.#link = link;
    this.#state = state;
  }

  tables(): ReturnType<Inspector["tables"]> {
    return this.#inTurn(async (recorded) => {
      const owners = recorded ? await ownersOf(this.#link, this.#state) : [];
      return owners.map(({ namespace, name, pipeline, mode }) => ({
        table: namespace === this.#state.namespace ? name : `${namespace}.${name}`,
        pipeline,
        mode,
      }));
    });
  }

  history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]> {
    return this.#inTurn((recorded) =>
      rowHistory(this.#link, recorded ? this.#state : undefined, { table, key }),
    );
  }

  browse(table: string, query: BrowseQuery): Promise<BrowsedPage> {
    return this.#inTurn((recorded) =>
      browseTable(this.#link, recorded ? this.#state : undefined, { table, query }),
    );
  }

  verify(table: string): Promise<VerifyResult> {
    return this.#inTurn((recorded) => verifyTable(this.#link, recorded ? this.#state : undefined, table));
  }

  state(pipeline: string): Promise<PipelineState | undefined> {
    return this.#inTurn(async (recorded) => {
      const stored = recorded ? await readState(this.#link, this.#state, pipeline) : undefined;
      if (stored === undefined) return undefined;
      return {
        pipeline,
        attempt: stored.attempt,
        lastCommit: stored.lastCommit,
        run: stored.run?.id ?? null,
        finished: stored.run?.finished ?? false,
        checkpoints: stored.checkpoints,
        openEpochs: stored.epochs.map(({ epoch }) => epoch),
      };
    });
  }

  /** Fails with MLR_LEASE_HELD while a run of the pipeline is connected, since that one counts on its state. */
  resetState(pipeline: string): Promise<void> {
    return this.#inTurn(async (recorded) => {
      if (!recorded) return;
      const link = this.#link;
      const what = `resetting pipeline "${pipeline}"`;
      if (await isConnected(link, this.#state, pipeline)) {
        throw new MillraceError(
          "MLR_LEASE_HELD",
          `a run of pipeline "${pipeline}" is writing at this moment`,
          { hint: "Stop it, or wait until it has ended, then reset the state." },
        );
      }
      await link.begin(what);
      try {
        await this.#state.checkpoints.delete(link, what, { pipeline });
        await this.#state.epochs.delete(link, what, { pipeline });
        await link.commit(what);
      } catch (error) {
        await link.rollback();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await this.#link.close();
  }

  #inTurn<T>(work: (recorded: boolean) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new MillraceError("MLR_INTERNAL", "the inspector is closed"));
    const before = this.#last;
    const turn = (async () => {
      await before;
      return work(await this.#state.exist(this.#link));
    })();
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
