import type { Destination, Inspector } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Message } from "../message.ts";
import type { Row } from "../row.ts";
import type { WriteMode } from "../schema/table.ts";
import type { ReadContext, Source } from "../source.ts";
import type { RefusedPage, RefusedRow, ReprocessRequest } from "./refused-rows.ts";
import { readOrigin, type RowOrigin } from "./row-origin.ts";

/** Rows that are read at once. */
const PAGE_ROWS = 1_000;
/** The slice of all refused rows. */
const SLICE = "quarantine";

/** What rows are read again, and for whom. */
export interface RefusedSourceOptions {
  readonly destination: Destination;
  readonly pipeline: string;
  /** The run that reads them: what it refuses itself is not read again. */
  readonly run: string;
  readonly modes: readonly WriteMode[];
  readonly request: ReprocessRequest;
}

/**
 * A source that reads the rows which a pipeline had refused, oldest first, as its own source had sent them. Each message
 * names the rows that leave the quarantine with it. It opens no epoch, so nothing is ever removed.
 */
export function refusedSource(options: RefusedSourceOptions): Source {
  return { kind: "quarantine", read: (context) => readRefused(options, context) };
}

async function* readRefused(options: RefusedSourceOptions, context: ReadContext): AsyncGenerator<Message> {
  const inspector = await options.destination.inspect?.();
  try {
    yield* readPages(options, context, inspector);
  } finally {
    await inspector?.close();
  }
}

async function* readPages(
  { request, pipeline, run, modes }: RefusedSourceOptions,
  context: ReadContext,
  inspector: Inspector | undefined,
): AsyncGenerator<Message> {
  if (inspector?.refused === undefined) {
    throw new MillraceError("MLR_INTERNAL", "the destination does not give back the rows that it refused");
  }
  const { table, filters = [], limit = Number.POSITIVE_INFINITY } = request;
  const declared = new Set<string>();
  let rows = rowsSoFar(context, run);
  let left = 0;
  let after: string | undefined;
  for (let more = true; more && rows < limit && !context.signal.aborted;) {
    const page: RefusedPage = await inspector.refused(table, {
      pipeline,
      exceptRun: run,
      filters,
      after,
      limit: Math.min(PAGE_ROWS, limit - rows),
    });
    ({ more } = page);
    after = page.rows.at(-1)?.id;
    for (const part of partsOf(page, modes)) {
      if (part.origin === undefined) {
        left += part.rows.length;
        continue;
      }
      if (!declared.has(part.origin.stream)) yield* declaration(part.origin);
      declared.add(part.origin.stream);
      yield message(part, page);
    }
    rows += page.rows.length;
    const state: Json = { run, rows };
    yield { type: "checkpoint", slice: SLICE, state };
  }
  if (left > 0) {
    context.log(
      "warn",
      `${left} refused rows stay: other rows that were made of the same ones may have landed, and appending them again would double those`,
      { table, rows: left },
    );
  }
}

/** Rows of this run that an earlier attempt has committed: the limit counts them. */
function rowsSoFar({ checkpoints }: ReadContext, run: string): number {
  const state = checkpoints.get(SLICE) as { readonly run?: string; readonly rows?: number } | undefined;
  return state?.run === run ? (state.rows ?? 0) : 0;
}

/** Rows behind each other that were sent in the same way. */
interface Part {
  /** How; undefined: they cannot be sent again. */
  readonly origin: Omit<RowOrigin, "row"> | undefined;
  readonly file: string | null;
  readonly rows: { readonly from: RefusedRow; readonly row: Row }[];
}

function partsOf({ rows }: RefusedPage, modes: readonly WriteMode[]): Part[] {
  const parts: Part[] = [];
  let last: { readonly same: string; readonly part: Part } | undefined;
  for (const from of rows) {
    const { row, ...origin } = readOrigin(from.origin, from.row);
    const stays = origin.shared === true && modes.includes("append");
    const same = JSON.stringify([stays, { ...origin, shared: undefined }, from.file]);
    if (last?.same !== same) {
      last = { same, part: { origin: stays ? undefined : origin, file: from.file, rows: [] } };
      parts.push(last.part);
    }
    last.part.rows.push({ from, row });
  }
  return parts;
}

function* declaration({ stream, key, parent }: Omit<RowOrigin, "row">): Generator<Message> {
  if (key === undefined && parent === undefined) return;
  yield {
    type: "schema",
    stream: {
      name: stream,
      ...(key === undefined ? {} : { key }),
      ...(parent === undefined ? {} : { parent }),
    },
  };
}

function message({ origin, file, rows }: Part, { quarantine }: RefusedPage): Message {
  const lines = rows.map(({ from }) => from.line ?? Number.NaN);
  return {
    type: "rows",
    stream: origin?.stream ?? "",
    slice: SLICE,
    rows: rows.map(({ row }) => row),
    ...(file === null ? {} : { position: { file, ...(lines.some(Number.isNaN) ? {} : { lines }) } }),
    ...(origin?.untyped === undefined ? {} : { untyped: origin.untyped }),
    ...(origin?.keepEmpty === undefined ? {} : { keepEmpty: origin.keepEmpty }),
    leaving: {
      table: quarantine.name,
      namespace: quarantine.namespace,
      ids: rows.map(({ from }) => from.id),
    },
  };
}
