import {
  asMillraceError,
  type Json,
  type Message,
  MillraceError,
  type ReadContext,
  type Row,
} from "@millrace/core";
import type { ObjectStore } from "../../shared/storage/object-store.ts";
import type { StoredObject } from "../../shared/storage/stored-object.ts";
import type { OpenedObject, ResolvedStoredOptions } from "../options.ts";
import { newObjects, type SeenObjects } from "./new-objects.ts";

const SLICE = "objects";
/** Objects, and rows, from one checkpoint to the next. */
const CHECKPOINT_OBJECTS = 100;
const BATCH_ROWS = 1_000;

/** Reads objects that became visible since the last commit, each once. */
export async function* readStored(
  options: ResolvedStoredOptions,
  store: ObjectStore,
  context: ReadContext,
): AsyncGenerator<Message> {
  const { kind, prefix } = options;
  const known = context.full
    ? undefined
    : (context.checkpoints.get(SLICE) as unknown as SeenObjects | undefined);
  const { ids, stateAfter } = await newObjects(store, known);
  const checkpoint = (last?: string): Message => ({
    type: "checkpoint",
    slice: SLICE,
    state: stateAfter(last) as unknown as Json,
  });
  let since = 0;
  for await (const object of store.records.getAll(ids)) {
    if (context.signal.aborted) return;
    if ((kind !== undefined && object.kind !== kind) || !object.key.startsWith(prefix)) continue;
    yield* rowsOf(object, { options, store, context });
    since += 1;
    if (since % CHECKPOINT_OBJECTS === 0) yield checkpoint(object.id);
  }
  if (ids.length > 0 || known === undefined) yield checkpoint();
}

interface Reading {
  readonly options: ResolvedStoredOptions;
  readonly store: ObjectStore;
  readonly context: ReadContext;
}

async function* rowsOf(object: StoredObject, { options, store, context }: Reading): AsyncGenerator<Message> {
  const { stream, onError } = options;
  const position = { file: object.key, line: 1 };
  let rows: Row[] = [];
  let line = 0;
  try {
    for await (const row of await made(opened(object, store), options)) {
      rows.push(row);
      line += 1;
      // What an object that is rejected later has given must not land.
      if (onError === "fail" && rows.length >= BATCH_ROWS) {
        yield {
          type: "rows",
          stream,
          slice: SLICE,
          rows,
          position: { ...position, line: line - rows.length + 1 },
        };
        rows = [];
      }
    }
  } catch (error) {
    if (context.signal.aborted) return;
    const failure = asMillraceError(error, "MLR_SOURCE_FORMAT", `stored("${object.key}")`);
    // That the storage is away is not the object's fault.
    if (onError === "fail" || failure.retry === "later") throw failure;
    const rejected = { raw: JSON.stringify(object), code: failure.code, message: failure.message };
    yield { type: "rows", stream, slice: SLICE, rows: [], position, rejected: [rejected] };
    return;
  }
  yield { type: "rows", stream, slice: SLICE, rows, position: { ...position, line: line - rows.length + 1 } };
  context.file?.({
    name: `${store.location}#${object.key}`,
    bytes: object.bytes,
    rows: line,
    hash: object.sha256,
  });
}

async function made(
  object: OpenedObject,
  { rows, content }: ResolvedStoredOptions,
): Promise<Iterable<Row> | AsyncIterable<Row>> {
  if (rows !== undefined) return rows(object);
  const { id, key, kind, size, sha256, at, contentType, source, run, pipeline, document, about } = object;
  const row = {
    id,
    key,
    kind,
    size,
    sha256,
    put_at: new Date(at),
    content_type: contentType,
    source,
    run,
    pipeline,
    document,
    about,
  };
  return [
    {
      ...row,
      ...(content === undefined
        ? {}
        : { content: content === "text" ? await object.text() : await object.bytes() }),
    },
  ];
}

function opened(object: StoredObject, store: ObjectStore): OpenedObject {
  const { bytes: size, ...facts } = object;
  return {
    ...facts,
    size,
    text: () => store.text(object),
    bytes: () => store.bytes(object),
    json: async () => {
      const content = await store.text(object);
      try {
        return JSON.parse(content) as unknown;
      } catch (cause) {
        throw new MillraceError("MLR_SOURCE_FORMAT", `the object "${object.key}" is no JSON`, { cause });
      }
    },
    stream: async function* () {
      yield* (await store.open(object)) as AsyncIterable<Buffer>;
    },
  };
}
