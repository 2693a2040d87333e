import { MillraceError } from "../errors.ts";
import type { EpochCut } from "../destination.ts";
import type { Epoch, Scope } from "../message.ts";
import type { Row } from "../row.ts";

/** An open epoch as the engine follows it. */
export interface OpenEpoch {
  readonly id: string;
  readonly stream: string;
  readonly scope?: Scope;
  readonly taints: Set<string>;
  /** When it was begun, or taken up by this attempt: ms since 1970. */
  readonly since: number;
  /** Once completed: the sequence of the last batch before that. */
  through?: number;
}

/** Which epochs are open, and what changed about them since the last commit. */
export class OpenEpochs {
  readonly #open = new Map<string, OpenEpoch>();
  readonly #prefix: string;
  readonly #now: () => number;
  #counter = 0;
  #begun: OpenEpoch[] = [];
  /** Of those, the ones whose table is not defined yet: the destination hears of them with a later commit. */
  #untold: OpenEpoch[] = [];
  #completed: OpenEpoch[] = [];
  #discarded: string[] = [];
  readonly #tainted = new Set<string>();

  /** @param prefix makes the ids of this attempt differ from those of any other. @param now the time, in ms since 1970, that readings which begin now count as being of. */
  constructor(prefix: string, recovered: readonly Epoch[], now: () => number) {
    this.#prefix = prefix;
    this.#now = now;
    for (const { id, stream, scope, taints } of recovered) {
      this.#open.set(identity(stream, scope), {
        id,
        stream,
        ...(scope === undefined ? {} : { scope }),
        taints: new Set(taints),
        since: now(),
      });
    }
  }

  begin(stream: string, scope?: Scope): OpenEpoch {
    const key = identity(stream, scope);
    const old = this.#open.get(key);
    if (old !== undefined) this.#discard(old);
    const epoch: OpenEpoch = {
      id: `${this.#prefix}.${++this.#counter}`,
      stream,
      ...(scope === undefined ? {} : { scope }),
      taints: new Set(),
      since: this.#now(),
    };
    this.#open.set(key, epoch);
    this.#begun.push(epoch);
    return epoch;
  }

  /** @param through sequence of the last batch that was written. */
  complete(stream: string, scope?: Scope, through?: number): OpenEpoch {
    const key = identity(stream, scope);
    const epoch = this.#open.get(key);
    if (epoch === undefined) {
      const which = scope === undefined ? "" : ` with scope ${JSON.stringify(scope)}`;
      throw new MillraceError(
        "MLR_SOURCE_PROTOCOL",
        `the source completed stream "${stream}"${which}, which it had not begun`,
        {
          hint: 'Send { type: "begin" } with the same stream and scope before the first row.',
        },
      );
    }
    this.#open.delete(key);
    if (through !== undefined) epoch.through = through;
    this.#completed.push(epoch);
    return epoch;
  }

  has(stream: string, scope?: Scope): boolean {
    return this.#open.has(identity(stream, scope));
  }

  of(stream: string): OpenEpoch[] {
    return [...this.#open.values()].filter((epoch) => epoch.stream === stream);
  }

  /** Nothing may be removed by the stream's open epochs (every stream's where none is named). */
  taint(reason: string, stream?: string): void {
    for (const epoch of this.#open.values()) {
      if (stream !== undefined && epoch.stream !== stream) continue;
      if (epoch.taints.has(reason)) continue;
      epoch.taints.add(reason);
      this.#tainted.add(epoch.id);
    }
  }

  /** Gives up all that are open: the run ends without completing them. */
  discardOpen(): void {
    for (const epoch of this.#open.values()) this.#discard(epoch);
    this.#open.clear();
  }

  /** What the next commit has to say of epochs. `where` turns a scope into the destination's names and values, `snapshot` tells the snapshot that a reading of the stream is. */
  cut(
    tableOf: (stream: string) => string | undefined,
    where: (stream: string, scope: Scope) => Row,
    snapshot: (stream: string, since: number) => string | undefined,
  ): {
    begun: EpochCut[];
    completed: EpochCut[];
    discarded: string[];
    taints: Map<string, readonly string[]>;
  } {
    const toCut = (epoch: OpenEpoch): EpochCut[] => {
      const table = tableOf(epoch.stream);
      if (table === undefined) return [];
      const taken = snapshot(epoch.stream, epoch.since);
      return [
        {
          id: epoch.id,
          stream: epoch.stream,
          table,
          taints: [...epoch.taints],
          ...(epoch.through === undefined ? {} : { through: epoch.through }),
          ...(taken === undefined ? {} : { snapshot: taken }),
          ...(epoch.scope === undefined
            ? {}
            : { scope: epoch.scope, where: where(epoch.stream, epoch.scope) }),
        },
      ];
    };
    this.#untold = this.#begun.filter(
      (epoch) => tableOf(epoch.stream) === undefined && !this.#completed.includes(epoch),
    );
    const taints = new Map<string, readonly string[]>();
    for (const epoch of this.#open.values())
      if (this.#tainted.has(epoch.id)) taints.set(epoch.id, [...epoch.taints]);
    return {
      begun: this.#begun.flatMap(toCut),
      completed: this.#completed.flatMap(toCut),
      discarded: [...this.#discarded],
      taints,
    };
  }

  /** The cut is durable. */
  committed(): void {
    this.#begun = this.#untold;
    this.#completed = [];
    this.#discarded = [];
    this.#tainted.clear();
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  #discard(epoch: OpenEpoch): void {
    const index = this.#begun.indexOf(epoch);
    if (index >= 0) this.#begun.splice(index, 1);
    this.#discarded.push(epoch.id);
  }
}

function identity(stream: string, scope?: Scope): string {
  const sorted = scope === undefined ? null : Object.entries(scope).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([stream, sorted]);
}
