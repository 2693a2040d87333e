import { MillraceError, type Json, type Message, type Row } from "@millrace/core";
import { CursorReading } from "../cursor/cursor-reading.ts";
import { compileRows, type RowsOf } from "../decode/compile-rows.ts";
import { rowsFinder } from "../decode/find-rows.ts";
import { createPaginator } from "../paginate/create.ts";
import type { Paginator } from "../paginate/paginator.ts";
import { baseRequest } from "./request.ts";
import { fetchPage, type Fetched, type PageFetcher } from "./fetch-page.ts";
import { PageQueue } from "./page-queue.ts";
import type { Resource } from "./plan.ts";
import type { ReadingContext } from "./reading-context.ts";
import { pendingOf, readChildren } from "./children.ts";
import type { Slice } from "./slice.ts";
import type { ChainState, Validators } from "./state.ts";
import { StopRules, type Step } from "./stop-rules.ts";
import { fillValue, type Bindings } from "./template.ts";

/** Rows of one message: larger pages are handed on in parts. */
const MESSAGE_ROWS = 4_096;
const compiled = new WeakMap<Resource, RowsOf>();
/** Nobody has that many pages: they never end. */
const ENDLESS_PAGES = 1_000_000;

type Page = Extract<Fetched, { kind: "page" }>;

/** What a chain is read with. */
export interface ChainParts {
  readonly resource: Resource;
  readonly bindings: Bindings;
  readonly state: ChainState;
  readonly slice: Slice;
  readonly context: ReadingContext;
  /** What the only page had said of itself at the last reading. */
  readonly known?: Validators;
  /** What is to be kept with the validators of this reading. */
  readonly validatorsOf?: string;
  /** Messages before the first rows of the chain. */
  readonly opening?: Message[];
}

/** Reads one chain of pages to its end, with the children of its rows. Everything it knows is in `state`. */
export async function readChain(parts: ChainParts): Promise<void> {
  await readChildren(parts, readChain);
  if (parts.state.ended === true) return;
  await new Chain(parts).read();
}

class Chain {
  readonly #parts: ChainParts;
  readonly #cursor: CursorReading | undefined;
  readonly #paginator: Paginator;
  readonly #rules: StopRules;
  readonly #fetcher: PageFetcher;
  #opening: Message[];

  constructor(parts: ChainParts) {
    const { resource, bindings, context, state } = parts;
    const { options } = resource;
    this.#parts = parts;
    this.#opening = parts.opening ?? [];
    this.#cursor = options.cursor === undefined ? undefined : cursorOf(parts);
    this.#paginator = createPaginator(options.paginate);
    this.#rules = new StopRules(this.#paginator, options);
    this.#fetcher = {
      client: context.client,
      secrets: context.secrets,
      resource,
      base: baseRequest(resource, bindings, this.#cursor?.asked),
      paginator: this.#paginator,
      rowsOf: compiled.get(resource) ?? rowsOf(resource),
    };
    compiled.set(resource, this.#fetcher.rowsOf);
    if (this.#cursor !== undefined && state.cursor !== undefined) state.from ??= state.cursor;
  }

  async read(): Promise<void> {
    const { state, known, resource } = this.#parts;
    const resumed = state.at !== undefined;
    const queue = new PageQueue({
      paginator: this.#paginator,
      // Pages fetched ahead of children would be old when their turn comes.
      ahead: resource.children.length === 0,
      fetch: (at, first) => fetchPage(this.#fetcher, at, first && !resumed ? known : undefined),
    });
    try {
      let at: Json = state.at ?? this.#paginator.first;
      for (let first = true; ; first = false) {
        const fetched = await this.#first(queue, at, resumed && first);
        if (fetched === "again") at = this.#paginator.first;
        else {
          const next = await this.#settle(fetched, at, queue);
          if (next === undefined) return;
          at = next;
        }
      }
    } finally {
      queue.drop();
    }
  }

  /** A page; `again` where the place that an interrupted reading had come to is not known to the server any more. */
  async #first(queue: PageQueue, at: Json, resumed: boolean): Promise<Fetched | "again"> {
    try {
      return await queue.take(at);
    } catch (error) {
      if (!resumed || !isLostPlace(error)) throw error;
      const { state, resource, context } = this.#parts;
      const ordered = resource.options.cursor?.order === "ascending";
      if (context.read.idempotent !== true && !ordered) throw lostPlace(resource, error);
      context.read.log(
        "warn",
        `${resource.name}: the server does not know the page any more where the last run stopped: ${error.message}. Reading starts over`,
      );
      delete state.at;
      state.pages = 0;
      queue.drop();
      return "again";
    }
  }

  /** Takes one answer in; the place of the next page, or undefined at the end. */
  async #settle(fetched: Fetched, at: Json, queue: PageQueue): Promise<Json | undefined> {
    if (fetched.kind !== "page") return this.#noPage(fetched);
    const { state, context } = this.#parts;
    const step = this.#rules.decide(fetched.view, fetched.page.rows[0], { at, state });
    this.#refuseEndless();
    if ("state" in step && context.read.limit === undefined) queue.expect(step.state);
    await this.#emit(fetched, step);
    await readChildren(this.#parts, readChain);
    if (context.signal.aborted || !context.wantsMore(0)) return undefined;
    return "state" in step && state.ended !== true ? step.state : undefined;
  }

  async #noPage({ kind, status, shown }: Exclude<Fetched, Page>): Promise<undefined> {
    const { slice, known, resource, context } = this.#parts;
    if (kind === "unchanged" && known !== undefined) {
      const { name } = resource;
      context.unchanged();
      await context.outlet.put(() => [{ type: "unchanged", stream: name, rows: known.rows }]);
      return undefined;
    }
    await slice.put(() => {
      this.#doubt(`${shown} was passed over (status ${status})`);
      this.#end(false);
      return [...context.opening(slice), ...this.#takeOpening()];
    });
    return undefined;
  }

  async #emit(fetched: Page, step: Step): Promise<void> {
    const { slice, context, resource, state, bindings } = this.#parts;
    await slice.put(() => {
      const { doubt, repeated } = step as { doubt?: string; repeated?: true };
      for (const reason of [doubt, fetched.flaw]) {
        if (reason !== undefined) this.#doubt(reason);
      }
      const rows = repeated === true ? [] : (this.#cursor?.take(fetched.page.rows) ?? fetched.page.rows);
      addIncluded(resource, bindings, rows);
      const pending = pendingOf(resource, bindings, rows, context);
      if (pending !== undefined) state.pending = pending;
      this.#advance(step, fetched);
      context.wantsMore(rows.length);
      return [
        ...context.opening(slice),
        ...this.#takeOpening(),
        ...messagesOf(this.#parts, fetched, rows),
        { type: "progress", bytes: context.client.transferred },
      ];
    });
  }

  #advance(step: Step, fetched: Page): void {
    const { state } = this.#parts;
    const reached = this.#cursor?.reached;
    if (reached !== undefined) state.reached = reached;
    if ("state" in step && this.#cursor?.reachedKnown !== true) {
      state.at = step.state;
    } else if ("later" in step && step.later !== undefined && this.#cursor !== undefined) {
      // The next run goes on with the page where this one has to stop.
      state.at = step.later.state;
      state.pages = 0;
      state.ended = true;
    } else {
      const whole = !("doubt" in step) || step.doubt === undefined;
      this.#end(whole);
      this.#keepValidators(fetched, whole);
    }
  }

  /** Only where there was one page and it was all there is can the next reading be spared. */
  #keepValidators({ validators, flaw, view }: Page, whole: boolean): void {
    const { state, slice, validatorsOf, context } = this.#parts;
    const { limit, since } = context.read;
    const only = whole && state.pages === 1 && flaw === undefined;
    const told = validators.etag !== undefined || validators.lastModified !== undefined;
    if (only && told && validatorsOf !== undefined && limit === undefined && since === undefined) {
      slice.state.validators = { ...validators, rows: view.rowCount, of: validatorsOf };
    } else delete slice.state.validators;
  }

  /** All pages were read. What came is where the next reading begins only if nothing before it can be missing. */
  #end(whole: boolean): void {
    const { state, resource } = this.#parts;
    state.ended = true;
    delete state.at;
    delete state.empty;
    if (this.#cursor === undefined) return;
    this.#tellCursor();
    const settled =
      whole || resource.options.cursor?.order === "ascending" ? this.#cursor.settled : state.from;
    delete state.from;
    delete state.reached;
    if (settled !== undefined) state.cursor = settled;
  }

  #tellCursor(): void {
    const { resource, context } = this.#parts;
    const cursor = this.#cursor;
    if (cursor === undefined || (cursor.older === 0 && cursor.repeated === 0)) return;
    const param = resource.options.cursor?.param;
    const since = cursor.asked ?? "the cursor";
    const asked = param === undefined ? "" : `, though ${param} asked for rows from ${since} on`;
    const older = cursor.older === 0 ? "" : `${cursor.older} rows older than ${since}${asked}; `;
    context.read.log(
      asked !== "" && cursor.older > 0 ? "warn" : "info",
      `${resource.name}: left out ${older}${cursor.repeated} rows that were read before`,
      { older: cursor.older, repeated: cursor.repeated },
    );
  }

  #refuseEndless(): void {
    const { state, resource } = this.#parts;
    if (resource.options.maxPages !== undefined || state.pages <= ENDLESS_PAGES) return;
    throw new MillraceError("MLR_SOURCE_LIMIT", `${resource.name} has more than ${ENDLESS_PAGES} pages`, {
      hint: "The pages seem never to end: check `paginate`. If there are that many, say `maxPages`.",
      details: { resource: resource.name, pages: state.pages },
    });
  }

  #doubt(reason: string): void {
    const { state, context, resource } = this.#parts;
    state.doubt ??= reason;
    context.doubt(resource.name, reason);
  }

  #takeOpening(): Message[] {
    const opening = this.#opening;
    this.#opening = [];
    return opening;
  }
}

function cursorOf({ resource, state, context }: ChainParts): CursorReading | undefined {
  const { cursor } = resource.options;
  if (cursor === undefined) return undefined;
  const start = context.read.since ?? cursor.start;
  const begun = context.read.since === undefined ? (state.from ?? state.cursor) : undefined;
  return new CursorReading({
    options: context.read.since === undefined ? cursor : { ...cursor, lag: 0 },
    from: begun ?? (start === undefined ? undefined : { value: start, seen: [] }),
    reached: state.reached,
    strict: context.read.idempotent !== true,
    where: resource.name,
    warn: (message) => context.read.log("warn", message),
  });
}

function rowsOf({ name, options: { rows, graphql, paginate } }: Resource): RowsOf {
  if (rows !== undefined) return compileRows(rows);
  const connection = graphql === undefined || paginate.kind !== "body-cursor" ? undefined : paginate.path;
  const place =
    connection?.endsWith(".pageInfo.endCursor") === true
      ? connection.slice(0, -".pageInfo.endCursor".length)
      : undefined;
  return place === undefined ? rowsFinder(name) : connectionRows(place);
}

/** Rows of a Relay connection: its nodes, or those of its edges. */
function connectionRows(place: string): RowsOf {
  const nodes = compileRows(`${place}.nodes`);
  const edges = compileRows(`${place}.edges[*].node`);
  return (document, text) => nodes(document, text) ?? edges(document, text);
}

function addIncluded(resource: Resource, bindings: Bindings, rows: readonly Row[]): void {
  const { include } = resource.options;
  if (include === undefined) return;
  const values = Object.entries(include).map(([column, template]): [string, unknown] => {
    if (template.includes("{")) return [column, fillValue(template, bindings)];
    return [column, bindings[`${resource.parent?.name ?? ""}.${template}`]];
  });
  for (const row of rows) for (const [column, value] of values) row[column] = value;
}

function messagesOf(
  { resource: { name }, slice }: ChainParts,
  { page, shown }: Page,
  rows: readonly Row[],
): Message[] {
  const messages: Message[] = [];
  const { rejected, untyped } = page;
  // Where rows were left out their numbers say nothing.
  const numbered = rows.length === page.rows.length && rejected.length === 0;
  for (let start = 0; start < rows.length || (start === 0 && rejected.length > 0); start += MESSAGE_ROWS) {
    messages.push({
      type: "rows",
      stream: name,
      slice: slice.name,
      rows: rows.length <= MESSAGE_ROWS ? rows : rows.slice(start, start + MESSAGE_ROWS),
      position: { file: shown, ...(numbered ? { line: start + 1 } : {}) },
      ...(start === 0 && rejected.length > 0 ? { rejected } : {}),
      ...(untyped ? { untyped: true } : {}),
    });
  }
  return messages;
}

function isLostPlace(error: unknown): error is MillraceError {
  if (!(error instanceof MillraceError)) return false;
  const { status } = error.details;
  return status === 400 || status === 404 || status === 410 || status === 422;
}

function lostPlace({ name }: Resource, cause: MillraceError): MillraceError {
  return new MillraceError(
    cause.code,
    `${name}: the server does not know the page any more where the last run stopped: ${cause.message}`,
    {
      hint: "Rows that were added already would come twice. Empty the table and run with --full, or give it a key and the mode `upsert`.",
      details: cause.details,
      cause,
    },
  );
}
