import { hash } from "node:crypto";
import {
  canonicalJson,
  MillraceError,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type Row,
} from "@millrace/core";
import type { ResolvedSoapOptions } from "../options.ts";
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

class PageReading {
  readonly #client: ServiceClient;
  readonly #options: ResolvedSoapOptions;
  readonly #context: ReadContext;
  readonly #stream: string;
  #doubts: readonly string[] = [];

  constructor(client: ServiceClient, options: ResolvedSoapOptions, context: ReadContext) {
    this.#client = client;
    this.#options = options;
    this.#context = context;
    this.#stream = options.stream ?? options.operation ?? "soap";
  }

  /** Reads the description; what is wrong with the options is told before anything is sent. */
  async open(name: string): Promise<AsyncGenerator<Message, void, void>> {
    const { service, port, rows } = this.#options;
    const description = await this.#client.description();
    const operation = description.operation(name, { service, port });
    return this.#messages(operation, rowPlace(operation, rows));
  }

  async *#messages(operation: Operation, place: RowPlace): AsyncGenerator<Message, void, void> {
    const { key, paginate, maxPages } = this.#options;
    const { signal, limit } = this.#context;
    const stream = this.#stream;
    const input = this.#input();
    const pages = new Pages(paginate);
    const { state: begun, resumed } = this.#begin(operation, input, pages.first);
    let state = begun;
    this.#doubts = begun.doubts;
    if (signal.aborted) return;
    yield {
      type: "schema",
      stream: { name: stream, ...(key === undefined ? {} : { key }), columns: place.columns },
    };
    if (!resumed) {
      yield this.#checkpoint(state);
      if (state.whole) yield { type: "begin", stream };
    }
    const cursor = this.#cursor(state);
    const asked = this.#withCursor(input, state.from);
    let read = 0;
    let firstRow = "";
    while (!state.done) {
      const page = { rows: 0, first: "" };
      const answer = yield* this.#page({
        operation,
        place,
        input: pages.inputFor(asked, state.at),
        cursor,
        page,
      });
      if (signal.aborted) return;
      read += page.rows;
      const next = pages.after(state.at, page.rows, answer);
      const repeated = page.rows > 0 && page.first === firstRow;
      firstRow = page.first;
      state = {
        ...state,
        at: next.at ?? null,
        pages: state.pages + 1,
        done: next.at === undefined,
        ...(cursor?.state === undefined ? {} : { reached: cursor.state }),
      };
      if (next.doubt !== undefined) this.#doubt(next.doubt);
      if (repeated && !state.done) {
        this.#doubt(
          `page ${state.pages} is the one before again: the service seems to ignore "${paginate?.input ?? ""}"`,
        );
        state = { ...state, done: true };
      }
      if (state.pages >= ENDLESS_PAGES && !state.done) throw endless(operation.name);
      state = { ...state, doubts: this.#doubts };
      yield this.#checkpoint(state);
      if (limit !== undefined && read >= limit) return;
      if (!state.done && maxPages !== undefined && state.pages >= maxPages) {
        this.#doubt(`reading ends after ${maxPages} pages (maxPages)`);
        break;
      }
    }
    if (state.whole) {
      const taints = this.#doubts;
      yield { type: "complete", stream, ...(taints.length === 0 ? {} : { taints }) };
    }
  }

  /** One page: its rows as they come; returns what else the answer says. */
  async *#page({
    operation,
    place,
    input,
    cursor,
    page,
  }: {
    operation: Operation;
    place: RowPlace;
    input: Row;
    cursor: CursorReading | undefined;
    page: { rows: number; first: string };
  }): AsyncGenerator<Message, unknown, void> {
    const stream = this.#stream;
    const { signal } = this.#context;
    const take = (rows: readonly Row[]): readonly Row[] => {
      const [first] = rows;
      if (page.rows === 0 && first !== undefined) page.first = hash("sha256", canonicalJson(first), "hex");
      page.rows += rows.length;
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
  #begin(operation: Operation, input: Row, first: Json): { state: State; resumed: boolean } {
    const { cursor, rows, paginate } = this.#options;
    const { checkpoints, openEpochs, full, since } = this.#context;
    const of = hash(
      "sha256",
      canonicalJson([
        operation.service,
        operation.name,
        input,
        rows ?? null,
        paginate ?? null,
        cursor ?? null,
      ]),
      "hex",
    ).slice(0, 16);
    const before = full ? undefined : stateIn(checkpoints.get(SLICE));
    const isOpen = openEpochs.some((epoch) => epoch.stream === this.#stream);
    if (before?.of === of && before.whole === isOpen && (isOpen || !before.done) && since === undefined)
      return { state: before, resumed: before.whole || before.pages > 0 };
    const from =
      cursor === undefined
        ? undefined
        : since !== undefined
          ? { value: since, seen: [] }
          : (before?.reached ??
            before?.from ??
            (cursor.start === undefined ? undefined : { value: String(cursor.start), seen: [] }));
    const state = {
      of,
      at: first,
      pages: 0,
      done: false,
      whole: from === undefined,
      doubts: [],
      ...(from === undefined ? {} : { from }),
    };
    return { state, resumed: false };
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

  #checkpoint(state: State): Message {
    return { type: "checkpoint", slice: SLICE, state: JSON.parse(JSON.stringify(state)) as Json };
  }

  #doubt(why: string): void {
    this.#doubts = [...this.#doubts, why];
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
