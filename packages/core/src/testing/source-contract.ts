import type { Epoch, Message, Scope } from "../message.ts";
import type { Json } from "../json.ts";
import type { Row } from "../row.ts";
import type { ReadContext, Source } from "../source.ts";
import type { TestTools } from "./contract/tools.ts";
import { readContext } from "./read-context.ts";

/** One source, for one test. */
export interface SourceHarness {
  readonly source: Source;
  /** What `ReadContext` says besides what the contract sets. */
  readonly context?: Partial<Pick<ReadContext, "params" | "directory" | "wants" | "database">>;
  close?(): Promise<void>;
}

/** What is to be tested, and with what. */
export interface SourceContractOptions extends TestTools {
  /** For the titles. */
  readonly name: string;
  /** The same source again and again, over the same data; called once per test. */
  create(): Promise<SourceHarness>;
  /** What a reading from the beginning gives: stream → its rows, in any order. */
  readonly expectedRows: Readonly<Record<string, readonly Row[]>>;
}

/** Registers the tests that every source has to pass. For sources that end by themselves. */
export function sourceContract(options: SourceContractOptions): void {
  const { name, describe, it, expect, expectedRows } = options;
  const check = (title: string, body: (harness: SourceHarness) => Promise<void>): unknown =>
    it(title, async () => {
      const harness = await options.create();
      try {
        await body(harness);
      } finally {
        await harness.close?.();
      }
    });

  describe(`${name}: a source`, () => {
    check("gives its rows in well-formed messages", async (harness) => {
      const messages = await collect(harness, {});
      expect(problemsOf(messages, [])).toEqual([]);
      expect(rowsByStream(messages)).toEqual(sortedRows(expectedRows));
    });

    check("gives the same again when it is read from the beginning", async (harness) => {
      const first = await collect(harness, { full: true });
      const second = await collect(harness, { full: true });
      expect(rowsByStream(second)).toEqual(rowsByStream(first));
    });

    check("gives exactly the rest behind each checkpoint", async (harness) => {
      const whole = await collect(harness, {});
      for (const cut of checkpointsOf(whole)) {
        const before = whole.slice(0, cut + 1);
        const state = stateAfter(before);
        const rest = await collect(harness, state);
        expect(problemsOf(rest, state.openEpochs), `after message ${cut}`).toEqual([]);
        const covered = rowsByStream(coveredBy(before, state.checkpoints));
        expect(merged(covered, rowsByStream(rest)), `after message ${cut}`).toEqual(sortedRows(expectedRows));
      }
    });

    check("ends soon when it is aborted, without an error", async (harness) => {
      const stop = new AbortController();
      const iterator = harness.source
        .read(contextOf(harness, { signal: stop.signal }))
        [Symbol.asyncIterator]();
      await iterator.next();
      stop.abort();
      const rest: Message[] = [];
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        rest.push(next.value);
      const total = (await collect(harness, {})).length;
      expect(rest.length < Math.max(total, 2), "messages after the abort").toBe(true);
    });

    check("gives nothing when it was aborted before", async (harness) => {
      const messages = await collect(harness, { signal: AbortSignal.abort() });
      expect(messages.filter(({ type }) => type === "rows" || type === "complete")).toEqual([]);
    });

    check("lets go of everything when nobody reads on", async (harness) => {
      for (let again = 0; again < 3; again++) {
        const iterator = harness.source.read(contextOf(harness, {}))[Symbol.asyncIterator]();
        await iterator.next();
        await iterator.return?.();
      }
      expect(rowsByStream(await collect(harness, {}))).toEqual(sortedRows(expectedRows));
    });
  });
}

interface Reading {
  readonly checkpoints?: ReadonlyMap<string, Json>;
  readonly openEpochs?: readonly Epoch[];
  readonly signal?: AbortSignal;
  readonly full?: boolean;
}

function contextOf({ context }: SourceHarness, reading: Reading): ReadContext {
  return readContext({ directory: "/", ...reading, ...context });
}

async function collect(harness: SourceHarness, reading: Reading): Promise<Message[]> {
  return Array.fromAsync(harness.source.read(contextOf(harness, reading)));
}

/** What is wrong with the order and content of messages; empty where nothing is. */
function problemsOf(messages: readonly Message[], openBefore: readonly Epoch[]): string[] {
  const problems: string[] = [];
  const open = new Set(openBefore.map(({ stream, scope }) => identity(stream, scope)));
  for (const [index, message] of messages.entries()) {
    if (message.type === "begin") open.add(identity(message.stream, message.scope));
    if (message.type === "complete" && !open.delete(identity(message.stream, message.scope))) {
      problems.push(`message ${index} completes "${message.stream}", which was not begun`);
    }
    if (message.type === "rows") problems.push(...rowProblems(message, index));
    if (message.type === "checkpoint") {
      const copy = JSON.stringify(message.state);
      if (copy === undefined) problems.push(`message ${index} is a checkpoint whose state is not JSON`);
    }
  }
  for (const each of open) problems.push(`${each} was begun and never completed`);
  return problems;
}

function rowProblems(message: Extract<Message, { type: "rows" }>, index: number): string[] {
  const problems: string[] = [];
  if (message.stream === "" || message.slice === "")
    problems.push(`message ${index} has no stream or no slice`);
  if (message.rows.some((row) => typeof row !== "object" || row === null || Array.isArray(row))) {
    problems.push(`message ${index} holds something that is no row`);
  }
  const { lines } = message.position ?? {};
  if (lines !== undefined && lines.length !== message.rows.length)
    problems.push(`message ${index} has not one line per row`);
  return problems;
}

function identity(stream: string, scope: Scope | undefined): string {
  return scope === undefined ? `"${stream}"` : `"${stream}" ${JSON.stringify(scope)}`;
}

/** Indexes of the checkpoints after which a commit may come. */
function checkpointsOf(messages: readonly Message[]): number[] {
  return [...messages.keys()].filter((index) => messages[index]?.type === "checkpoint");
}

/** What a destination would give back had it committed at the end of these messages. */
function stateAfter(messages: readonly Message[]): {
  checkpoints: ReadonlyMap<string, Json>;
  openEpochs: readonly Epoch[];
} {
  const checkpoints = new Map<string, Json>();
  const open = new Map<string, Epoch>();
  for (const [index, message] of messages.entries()) {
    if (message.type === "checkpoint") checkpoints.set(message.slice, message.state);
    if (message.type === "begin") {
      const { stream, scope } = message;
      open.set(identity(stream, scope), {
        id: `e${index}`,
        stream,
        taints: [],
        ...(scope === undefined ? {} : { scope }),
      });
    }
    if (message.type === "complete") open.delete(identity(message.stream, message.scope));
  }
  return { checkpoints, openEpochs: [...open.values()] };
}

/** The rows that are covered: those before the last checkpoint of their slice. */
function coveredBy(messages: readonly Message[], checkpoints: ReadonlyMap<string, Json>): Message[] {
  const last = new Map<string, number>();
  for (const [index, message] of messages.entries())
    if (message.type === "checkpoint") last.set(message.slice, index);
  return messages.filter(
    (message, index) =>
      message.type === "rows" && checkpoints.has(message.slice) && index < (last.get(message.slice) ?? -1),
  );
}

type RowsByStream = Readonly<Record<string, readonly string[]>>;

function rowsByStream(messages: readonly Message[]): RowsByStream {
  const rows: Record<string, Row[]> = {};
  for (const message of messages)
    if (message.type === "rows") (rows[message.stream] ??= []).push(...message.rows);
  return sortedRows(rows);
}

function sortedRows(rows: Readonly<Record<string, readonly Row[]>>): RowsByStream {
  return Object.fromEntries(
    Object.entries(rows)
      .filter(([, each]) => each.length > 0)
      .map(([stream, each]) => [stream, each.map(rowText).toSorted()]),
  );
}

function merged(a: RowsByStream, b: RowsByStream): RowsByStream {
  const streams = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...streams].map((stream) => [stream, [...(a[stream] ?? []), ...(b[stream] ?? [])].toSorted()]),
  );
}

/** Equal rows give equal texts, in whatever order their columns are. */
function rowText(row: Row): string {
  const fields = Object.entries(row)
    .filter(([, value]) => value !== null && value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(fields, (_name, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
