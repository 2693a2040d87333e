import { createHash, randomUUID } from "node:crypto";
import type { Clock, Message, ReadContext, Scope } from "@millrace/core";
import type { HttpClient } from "../client/client.ts";
import type { PartitionValues } from "../options.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import { readChain } from "./chain.ts";
import { keyOf } from "./children.ts";
import { inParallel } from "./in-parallel.ts";
import type { Outlet } from "./outlet.ts";
import { withDescendants, type Resource } from "./plan.ts";
import type { ReadingContext } from "./reading-context.ts";
import { Slice, type SliceContext } from "./slice.ts";
import { parseSliceState, type SliceState, type Validators } from "./state.ts";
import { fillValue, type Bindings } from "./template.ts";

/** What reading a tree of resources needs. */
export interface TreeParts {
  readonly root: Resource;
  readonly client: HttpClient;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly outlet: Outlet;
  readonly read: ReadContext;
  readonly signal: AbortSignal;
  readonly concurrency: number;
  readonly wantsMore: (rows: number) => boolean;
}

/** Reads a resource without a parent, and all below it. */
export async function readTree(parts: TreeParts): Promise<void> {
  await new TreeReading(parts).run();
}

class TreeReading {
  readonly #parts: TreeParts;
  readonly #slices: SliceContext;
  readonly #own: Slice;
  readonly #children = new Map<string, Slice>();
  /** Streams of which this reading is a whole one: what it does not meet may be removed. */
  readonly #whole: ReadonlySet<string>;
  /** An interrupted run's reading goes on. */
  readonly #resumes: boolean;
  #opened = false;
  #unchanged = false;
  #doubtsTold = true;

  constructor(parts: TreeParts) {
    const { root, read, outlet, secrets, clock } = parts;
    this.#parts = parts;
    const stored = read.full ? undefined : this.#stored(root, root.name);
    const open = read.openEpochs.some(({ stream, scope }) => stream === root.name && scope === undefined);
    const everything = read.wants === "everything";
    this.#resumes = stored?.reading !== undefined && (everything ? open : stored.done !== true);
    // What was read with --since is out of turn: the next run goes on where the last one without it came to.
    this.#slices = { outlet, secrets, clock, keeps: read.since === undefined || stored === undefined };
    this.#own = new Slice(root.name, this.#startingState(stored), this.#slices, stored);
    this.#whole = everything ? this.#wholeStreams(stored) : new Set();
  }

  async run(): Promise<void> {
    const { root, signal, wantsMore, outlet } = this.#parts;
    const contexts = await this.#partitions();
    if (contexts === undefined) await this.#readOwn();
    else await inParallel(contexts, this.#parts.concurrency, (bindings) => this.#readPart(bindings));
    if (signal.aborted || !wantsMore(0)) return;
    if (this.#unchanged) return;
    await outlet.put(() => this.#closing(root));
  }

  async #readOwn(): Promise<void> {
    const { root, read } = this.#parts;
    const { chain } = this.#own.state;
    if (root.options.cursor !== undefined && !this.#resumes && chain.ended === true) {
      delete chain.ended;
      chain.pages = 0;
    }
    const conditional = root.options.conditional && root.children.length === 0;
    const code = read.wants === "everything" ? (read.codeVersion ?? null) : null;
    const of = digestOf([root.fingerprint, code, chain.cursor?.value ?? null]);
    await readChain({
      resource: root,
      bindings: this.#params(),
      state: chain,
      slice: this.#own,
      context: this.#context(),
      ...(conditional ? { validatorsOf: of, ...this.#known(of) } : {}),
    });
  }

  /** What the server said of its only page last time, if that reading was over and asked for the same. */
  #known(of: string): { known?: Validators } {
    const known = this.#own.state.validators;
    return known?.of === of && !this.#resumes ? { known } : {};
  }

  /** One partition, with a slice of its own. */
  async #readPart(bindings: Bindings): Promise<void> {
    const { root, signal, wantsMore } = this.#parts;
    if (signal.aborted || !wantsMore(0)) return;
    const slice = this.#sliceOf(root, bindings);
    const { state } = slice;
    const cursor = root.options.cursor !== undefined;
    const reading = this.#own.state.reading;
    if (state.reading !== reading) {
      if (cursor) {
        delete state.chain.ended;
        state.chain.pages = 0;
      } else state.chain = { pages: 0 };
      if (reading !== undefined) state.reading = reading;
    }
    await readChain({ resource: root, bindings, state: state.chain, slice, context: this.#context() });
    await slice.flush();
  }

  #context(): ReadingContext {
    const { client, secrets, clock, outlet, read, signal, concurrency, wantsMore } = this.#parts;
    return {
      client,
      secrets,
      clock,
      outlet,
      read,
      signal,
      concurrency,
      wantsMore,
      opening: (slice) => this.#opening(slice),
      unchanged: () => void (this.#unchanged = true),
      sliceOf: (resource, bindings) => this.#sliceOf(resource, bindings),
      scopeOf: (resource, bindings) => this.#scopeOf(resource, bindings),
      doubt: (stream, reason) => this.#doubt(stream, reason),
      isOpen: (stream, scope) =>
        read.openEpochs.some((epoch) => epoch.stream === stream && sameScope(epoch.scope, scope)),
    };
  }

  /**
   * Messages that open a reading. The checkpoint comes before `begin`: were it behind, a crash in between would leave an
   * open epoch with the state of the reading before, which says that all was read.
   */
  #opening(slice: Slice): Message[] {
    const messages: Message[] = [];
    if (!this.#opened) {
      this.#opened = true;
      const streams = withDescendants(this.#parts.root);
      for (const { name, options } of streams) {
        if (options.key !== undefined) messages.push({ type: "schema", stream: { name, key: options.key } });
      }
      if (!this.#resumes) {
        messages.push(this.#own.checkpointOfStart());
        for (const { name } of streams)
          if (this.#whole.has(name)) messages.push({ type: "begin", stream: name });
      }
    }
    // A doubt has to be known before another slice says that it was read to its end.
    if (!this.#doubtsTold && slice !== this.#own) messages.push(this.#own.checkpoint());
    this.#doubtsTold = true;
    return messages;
  }

  #closing(root: Resource): Message[] {
    const { state } = this.#own;
    if (this.#parts.read.wants === "news") {
      state.done = true;
      return [...this.#opening(this.#own), this.#own.checkpoint()];
    }
    const completes = withDescendants(root)
      .filter(({ name }) => this.#whole.has(name))
      .map(({ name }): Message => {
        const doubts = state.doubts?.[name];
        return { type: "complete", stream: name, ...(doubts === undefined ? {} : { taints: doubts }) };
      });
    return [...this.#opening(this.#own), this.#own.checkpoint(), ...completes.toReversed()];
  }

  #doubt(stream: string, reason: string): void {
    const doubts = (this.#own.state.doubts ??= {});
    const known = (doubts[stream] ??= []);
    if (known.length >= 5 || known.includes(reason)) return;
    known.push(reason);
    this.#doubtsTold = false;
    this.#parts.read.log("warn", `${stream}: ${reason}`);
  }

  #startingState(stored: SliceState | undefined): SliceState {
    const { root, read } = this.#parts;
    const { fingerprint: f, pageFingerprint: p } = root;
    if (stored !== undefined && this.#resumes) return stored;
    // Where it was interrupted a reading by cursor goes on; any other starts over.
    const goesOn = root.options.cursor !== undefined && root.options.partitions === undefined;
    return {
      v: 1,
      f,
      p,
      reading: randomUUID().slice(0, 8),
      chain: goesOn && stored !== undefined && read.since === undefined ? stored.chain : { pages: 0 },
      ...(stored?.validators === undefined ? {} : { validators: stored.validators }),
    };
  }

  /** A first or full reading without a bound is whole, and so is any without a cursor. */
  #wholeStreams(stored: SliceState | undefined): Set<string> {
    const { root, read } = this.#parts;
    const whole = new Set<string>();
    const visit = (resource: Resource, above: boolean): void => {
      if (!above) return;
      const open = read.openEpochs.some(
        ({ stream, scope }) => stream === resource.name && scope === undefined,
      );
      const isWhole = this.#resumes ? open : this.#readsAll(resource, stored);
      if (isWhole) whole.add(resource.name);
      for (const child of resource.children) visit(child, isWhole);
    };
    visit(root, true);
    return whole;
  }

  #readsAll(resource: Resource, stored: SliceState | undefined): boolean {
    const { read, root } = this.#parts;
    const { cursor } = resource.options;
    if (cursor === undefined) return true;
    if (cursor.start !== undefined || read.since !== undefined) return false;
    if (read.full) return true;
    if (resource === root) return stored === undefined;
    const prefix = `${resource.name}:`;
    return ![...read.checkpoints].some(
      ([slice, state]) => slice.startsWith(prefix) && parseSliceState(state, resource) !== undefined,
    );
  }

  #stored(resource: Resource, slice: string): SliceState | undefined {
    return parseSliceState(this.#parts.read.checkpoints.get(slice), resource);
  }

  #sliceOf(resource: Resource, bindings: Bindings): Slice {
    const name = sliceName(resource, bindings);
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    const { fingerprint: f, pageFingerprint: p } = resource;
    const fresh = this.#parts.read.full && !this.#resumes;
    const stored = fresh ? undefined : this.#stored(resource, name);
    const goesOn = stored !== undefined && this.#parts.read.since === undefined;
    const state = goesOn ? stored : { v: 1 as const, f, p, chain: { pages: 0 } };
    const slice = new Slice(name, state, this.#slices, stored);
    this.#children.set(name, slice);
    return slice;
  }

  /** Where the parents are only those that changed, the children of each are an epoch of their own. */
  #scopeOf(resource: Resource, bindings: Bindings): Scope | undefined {
    const { include } = resource.options;
    if (this.#parts.read.wants !== "everything" || this.#whole.has(resource.name) || include === undefined)
      return undefined;
    if (this.#parts.read.since !== undefined || this.#parts.read.limit !== undefined) return undefined;
    return Object.fromEntries(
      Object.entries(include).map(([column, template]) => [
        column,
        template.includes("{")
          ? fillValue(template, bindings)
          : (bindings[`${resource.parent?.name ?? ""}.${template}`] ?? null),
      ]),
    );
  }

  #params(): Bindings {
    return Object.fromEntries(
      Object.entries(this.#parts.read.params).map(([name, value]) => [`params.${name}`, value]),
    );
  }

  async #partitions(): Promise<Bindings[] | undefined> {
    const { partitions } = this.#parts.root.options;
    if (partitions === undefined) return undefined;
    const all: Iterable<PartitionValues> = typeof partitions === "function" ? await partitions() : partitions;
    const params = this.#params();
    return [...all].map((each) => ({
      ...params,
      ...Object.fromEntries(Object.entries(each).map(([name, value]) => [`partition.${name}`, value])),
    }));
  }
}

/** Slices are told apart by what their requests are made with; long names become digests. */
function sliceName(resource: Resource, bindings: Bindings): string {
  const key = keyOf(resource, bindings);
  return `${resource.name}:${key.length > 120 ? digestOf(key) : key}`;
}

function sameScope(a: Scope | undefined, b: Scope): boolean {
  if (a === undefined || Object.keys(a).length !== Object.keys(b).length) return false;
  return Object.entries(b).every(([column, value]) => a[column] === value);
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
