import {
  MillraceError,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type Row,
} from "@millrace/core";
import type { ResolvedSoapOptions } from "../options.ts";
import { fingerprintOf } from "../message/plain-json.ts";
import { ServiceClient } from "../service-client.ts";
import type { Operation } from "../wsdl/service.ts";
import { CursorReading, cursorState, type CursorState } from "./cursor.ts";
import { describeOperations } from "./describe-operations.ts";
import { pathNames, withValueAt } from "./element-path.ts";
import { Pages } from "./pages.ts";
import { rowPlace, type RowPlace } from "./row-place.ts";

const SLICE = "soap";
/** More pages than any service has. */
const ENDLESS_PAGES = 1_000_000;

/** Reads what the options say. Ends without an error where the run is stopped. */
export async function* readSoap(
  options: ResolvedSoapOptions,
  context: ReadContext,
  clock: Clock,
): AsyncGenerator<Message, void, void> {
  const { directory, signal, log } = context;
  await using client = new ServiceClient({ options, directory, signal, log, clock });
  try {
    if (options.operation === undefined) yield* readOperations(client, options, context);
    else yield* await new PageReading(client, options, context).open(options.operation);
  } catch (error) {
    if (!signal.aborted) throw client.masked(error);
  }
}

async function* readOperations(
  client: ServiceClient,
  { stream = "operations", key = ["service", "port", "operation"] }: ResolvedSoapOptions,
  { signal }: ReadContext,
): AsyncGenerator<Message, void, void> {
  const operations = describeOperations(await client.description());
  if (signal.aborted) return;
  yield { type: "schema", stream: { name: stream, key } };
  yield { type: "begin", stream };
  yield {
    type: "rows",
    stream,
    slice: SLICE,
    rows: operations.map((each) => ({ ...each, rows: [...each.rows], headers: [...each.headers] })),
  };
  yield { type: "complete", stream };
}

/** What is kept between pages, and between runs. */
interface State {
  /** What was read: another input is another reading. */
  readonly of: string;
  /** What the next page is asked for with. */
  readonly at: Json;
  readonly pages: number;
  readonly done: boolean;
  /** Everything is read, so that what is missing may be removed. */
  readonly whole: boolean;
  /** Why it is not known whether everything was read. */
  readonly doubts: readonly string[];
  /** Where this reading began. */
  readonly from?: CursorState;
  /** Where it is. */
  readonly reached?: CursorState;
}

/** What a page is asked for with. */
interface PageRequest {
  readonly operation: Operation;
  readonly place: RowPlace;
  readonly cursor: CursorReading | undefined;
  readonly input: Row;
}

/** What came of a page so far. */
interface PageCount {
  rows: number;
  /** Tells its first row from others. */
  first: string;
  /** That of the page before. */
  readonly before: string;
}

/** Where pages are counted here, a service that does not know the parameter gives the first one for ever. */
function isRepeated({ first, before }: PageCount): boolean {
  return first !== "" && first === before;
}

class PageReading {
  readonly #client: ServiceClient;
  readonly #options: ResolvedSoapOptions;
  readonly #context: ReadContext;
  readonly #stream: string;
  readonly #pages: Pages;
  #state: State = { of: "", at: null, pages: 0, done: false, whole: false, doubts: [] };

  constructor(client: ServiceClient, options: ResolvedSoapOptions, context: ReadContext) {
    this.#client = client;
    this.#options = options;
    this.#context = context;
    this.#stream = options.stream ?? options.operation ?? "soap";
    this.#pages = new Pages(options.paginate);
  }

  /** Reads the description; what is wrong with the options is told before anything is sent. */
  async open(name: string): Promise<AsyncGenerator<Message, void, void>> {
    const { service, port, rows } = this.#options;
    const description = await this.#client.description();
    const operation = description.operation(name, { service, port });
    return this.#messages(operation, rowPlace(operation, rows));
  }

  async *#messages(operation: Operation, place: RowPlace): AsyncGenerator<Message, void, void> {
    const { key } = this.#options;
    const stream = this.#stream;
    const input = this.#input();
    const { state, resumed } = this.#begin(operation, input);
    this.#state = state;
    if (this.#context.signal.aborted) return;
    yield {
      type: "schema",
      stream: { name: stream, ...(key === undefined ? {} : { key }), columns: place.columns },
    };
    if (!resumed) {
      yield this.#checkpoint();
      if (state.whole) yield { type: "begin", stream };
    }
    const reading = { operation, place, cursor: this.#cursor(state) };
    const isRead = yield* this.#allPages(reading, this.#withCursor(input, state.from));
    if (!isRead || !state.whole) return;
    const { doubts } = this.#state;
    yield { type: "complete", stream, ...(doubts.length === 0 ? {} : { taints: doubts }) };
  }

  /** Page after page; returns false where the run ends before the last one. */
  async *#allPages(reading: Omit<PageRequest, "input">, input: Row): AsyncGenerator<Message, boolean, void> {
    const { signal, limit } = this.#context;
    const { maxPages } = this.#options;
    let read = 0;
    let before = "";
    for (let state = this.#state; !state.done; state = this.#state) {
      const page: PageCount = { rows: 0, first: "", before };
      const answer = yield* this.#page({ ...reading, input: this.#pages.inputFor(input, state.at) }, page);
      if (signal.aborted) return false;
      read += page.rows;
      before = page.first;
      this.#follow(page, answer, reading.cursor);
      yield this.#checkpoint();
      if (limit !== undefined && read >= limit) return false;
      if (!this.#state.done && maxPages !== undefined && this.#state.pages >= maxPages) {
        this.#doubt(`reading ends after ${maxPages} pages (maxPages)`);
        return true;
      }
      if (this.#state.pages >= ENDLESS_PAGES && !this.#state.done) throw endless(reading.operation.name);
    }
    return true;
  }

  /** Brings the state up to date behind a page. */
  #follow(page: PageCount, answer: unknown, cursor: CursorReading | undefined): void {
    const { at, doubt } = this.#pages.after(this.#state.at, page.rows, answer);
    const reached = cursor?.state;
    const repeated = isRepeated(page) && at !== undefined;
    this.#state = {
      ...this.#state,
      at: at ?? null,
      pages: this.#state.pages + 1,
      done: at === undefined || repeated,
      ...(reached === undefined ? {} : { reached }),
    };
    if (doubt !== undefined) this.#doubt(doubt);
    if (!repeated) return;
    const { pages } = this.#state;
    const { input = "" } = this.#options.paginate ?? {};
    this.#doubt(`page ${pages} is the one before again: the service seems to ignore "${input}"`);
  }

  /** One page: its rows as they come; returns what else the answer says. */
  async *#page(
    { operation, place, input, cursor }: PageRequest,
    page: PageCount,
  ): AsyncGenerator<Message, unknown, void> {
    const stream = this.#stream;
    const { signal } = this.#context;
    const take = (rows: readonly Row[]): readonly Row[] => {
      const [first] = rows;
      if (page.rows === 0 && first !== undefined) page.first = fingerprintOf(first);
      page.rows += rows.length;
      if (isRepeated(page)) return [];
      return cursor === undefined ? rows : cursor.take(rows, `the answer of ${operation.name}`);
    };
    const calls = this.#client.call({
      operation,
      input,
      decimals: "number",
      ...(place.names === undefined ? {} : { rows: place.names }),
    });
    const file = operation.name;
    for (;;) {
      const next = await calls.next();
      if (next.done === true) {
        if (place.names !== undefined || next.value === null || next.value === undefined) return next.value;
        const row = typeof next.value === "object" ? (next.value as Row) : { value: next.value };
        yield { type: "rows", stream, slice: SLICE, rows: take([row]), position: { file, line: 1 } };
        return next.value;
      }
      const { rows, lines, rejected } = next.value;
      page.rows += rejected.length;
      const kept = take(rows);
      const position = kept.length === rows.length ? { file, lines } : { file };
      yield {
        type: "rows",
        stream,
        slice: SLICE,
        rows: kept,
        position,
        ...(rejected.length === 0 ? {} : { rejected }),
      };
      if (signal.aborted) {
        await calls.return(undefined);
        return undefined;
      }
    }
  }

  #input(): Row {
    const { input } = this.#options;
    if (typeof input !== "function") return input;
    const { params, since } = this.#context;
    const made: unknown = input({ params, ...(since === undefined ? {} : { since }) });
    if (typeof made === "object" && made !== null && !Array.isArray(made)) return made as Row;
    throw new MillraceError("MLR_ARGUMENT_INVALID", 'soap(): the function "input" returned no object', {
      hint: "Return the members that the operation takes.",
      details: { option: "input" },
    });
  }

  /** Goes on where an interrupted reading was, or begins a new one. */
  #begin(operation: Operation, input: Row): { state: State; resumed: boolean } {
    const { cursor, rows, paginate } = this.#options;
    const { checkpoints, openEpochs, full, since } = this.#context;
    const decisive = [operation.service, operation.name, input, rows, paginate, cursor];
    const of = fingerprintOf(decisive);
    const before = full ? undefined : stateIn(checkpoints.get(SLICE));
    const isOpen = openEpochs.some((epoch) => epoch.stream === this.#stream);
    const goesOn = before?.of === of && before.whole === isOpen && (isOpen || !before.done);
    if (before !== undefined && goesOn && since === undefined)
      return { state: before, resumed: before.whole || before.pages > 0 };
    const from = cursor === undefined ? undefined : this.#from(before);
    const state = { of, at: this.#pages.first, pages: 0, done: false, whole: from === undefined, doubts: [] };
    return { state: from === undefined ? state : { ...state, from }, resumed: false };
  }

  /** Where a reading of what is new begins; undefined: everything is read. */
  #from(before: State | undefined): CursorState | undefined {
    const start = this.#context.since ?? before?.reached ?? before?.from ?? this.#options.cursor?.start;
    return start === undefined || typeof start === "object" ? start : { value: String(start), seen: [] };
  }

  #cursor({ from, reached }: State): CursorReading | undefined {
    const { cursor } = this.#options;
    if (cursor === undefined) return undefined;
    return new CursorReading(cursor, { from, reached, leavesOut: this.#context.idempotent !== true });
  }

  #withCursor(input: Row, from: CursorState | undefined): Row {
    const { cursor } = this.#options;
    return cursor === undefined || from === undefined
      ? input
      : withValueAt(input, pathNames(cursor.input), from.value);
  }

  #checkpoint(): Message {
    return { type: "checkpoint", slice: SLICE, state: JSON.parse(JSON.stringify(this.#state)) as Json };
  }

  #doubt(why: string): void {
    this.#state = { ...this.#state, doubts: [...this.#state.doubts, why] };
    this.#context.log("warn", `soap(): ${why}; nothing is removed from the table`, { stream: this.#stream });
  }
}

function stateIn(state: Json | undefined): State | undefined {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined;
  const { of, at, pages, done, whole, doubts, from, reached } = state as Record<string, Json | undefined>;
  if (typeof of !== "string" || typeof pages !== "number" || at === undefined) return undefined;
  const [began, is] = [cursorState(from), cursorState(reached)];
  return {
    of,
    at,
    pages,
    done: done === true,
    whole: whole === true,
    doubts: Array.isArray(doubts) ? (doubts as string[]) : [],
    ...(began === undefined ? {} : { from: began }),
    ...(is === undefined ? {} : { reached: is }),
  };
}

function endless(operation: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_LIMIT",
    `soap(): "${operation}" has given ${ENDLESS_PAGES} pages, and there is still another`,
    {
      hint: "The pages seem to have no end: check `paginate`, or set `maxPages`.",
    },
  );
}
