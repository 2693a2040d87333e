import type { Counts, Epoch, Json, Recovered } from "@millrace/core";
import type { Action } from "../state/actions.ts";
import { epochOf, type EpochRecord } from "../state/epoch-record.ts";
import type { JournalEntry, JournalState } from "../state/journal.ts";
import type { TableEntry } from "../state/registry.ts";

/** What the journal says of the last commit. */
export interface CommitRecord {
  readonly id: string;
  readonly run: string;
  readonly finished: boolean;
  readonly counts: Readonly<Record<string, Counts>>;
  readonly actions: readonly Action[];
}

/** A pipeline's state as its journal holds it, by name. A copy is changed for each commit, and takes its place when that landed. */
export class JournalBook {
  pipeline: string | undefined;
  commit: CommitRecord | undefined;
  revision: bigint;
  readonly checkpoints: Map<string, Json>;
  readonly epochs: Map<string, EpochRecord>;
  readonly tables: Map<string, TableEntry>;
  /** Snapshot tables: the last scope that was taken. */
  readonly snapshots: Map<string, string>;

  constructor(state: JournalState | JournalBook) {
    if (state instanceof JournalBook) {
      this.pipeline = state.pipeline;
      this.commit = state.commit;
      this.revision = state.revision;
      this.checkpoints = new Map(state.checkpoints);
      this.epochs = new Map(state.epochs);
      this.tables = new Map(state.tables);
      this.snapshots = new Map(state.snapshots);
      return;
    }
    const of = <T>(kind: JournalEntry["kind"]): Map<string, T> =>
      new Map(
        state.entries
          .filter((entry) => entry.kind === kind)
          .map(({ name, value }) => [name, value as unknown as T]),
      );
    this.revision = state.revision;
    this.pipeline = of<string>("pipeline").get("");
    this.commit = of<CommitRecord>("commit").get("");
    this.checkpoints = of<Json>("checkpoint");
    this.epochs = of<EpochRecord>("epoch");
    this.tables = of<TableEntry>("table");
    this.snapshots = of<string>("snapshot");
  }

  get lastCommit(): bigint {
    return BigInt(this.commit?.id ?? "0");
  }

  get openEpochs(): readonly Epoch[] {
    return [...this.epochs.values()].map(epochOf);
  }

  /** What a session tells the engine. */
  recovered(full: boolean): Recovered {
    return {
      checkpoints: new Map(full ? [] : this.checkpoints),
      openEpochs: full ? [] : this.openEpochs,
      lastCommit: this.lastCommit,
      ...(this.commit === undefined
        ? {}
        : {
            run: {
              id: this.commit.run,
              finished: this.commit.finished,
              counts: structuredClone(this.commit.counts),
            },
          }),
    };
  }

  /** The entries that make `before` this. */
  changesSince(before: JournalBook): JournalEntry[] {
    const single = (kind: JournalEntry["kind"], was: unknown, is: unknown): JournalEntry[] =>
      was === is || is === undefined ? [] : [{ kind, name: "", value: is as Json }];
    return [
      ...single("pipeline", before.pipeline, this.pipeline),
      ...single("commit", before.commit, this.commit),
      ...changes("checkpoint", before.checkpoints, this.checkpoints),
      ...changes("epoch", before.epochs, this.epochs),
      ...changes("table", before.tables, this.tables),
      ...changes("snapshot", before.snapshots, this.snapshots),
    ];
  }
}

function changes(
  kind: JournalEntry["kind"],
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): JournalEntry[] {
  const changed = [...after]
    .filter(([name, value]) => before.get(name) !== value)
    .map(([name, value]) => ({ kind, name, value: value as Json }));
  const removed = [...before.keys()].filter((name) => !after.has(name)).map((name) => ({ kind, name }));
  return [...changed, ...removed];
}
