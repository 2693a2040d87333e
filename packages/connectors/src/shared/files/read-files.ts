import { createHash } from "node:crypto";
import { resolveSecrets, type Message, type ReadContext } from "@millrace/core";
import { Agent } from "undici";
import { Candidate } from "./candidate.ts";
import type { Chunk, FileFormat } from "./file-format.ts";
import type { FilesState, FileRecord } from "./files-state.ts";
import { parseFilesState } from "./files-state.ts";
import { locate } from "./locate.ts";
import type { OpenFile } from "./open-file.ts";
import type { S3Location } from "./s3/list-objects.ts";
import { S3Service } from "./s3/s3-service.ts";
import { Archives } from "./zip-archive.ts";
import { isNotFound, planReading, type PlannedFile, type ReadingPlan } from "./reading-plan.ts";

/** The one slice of a file source. */
const SLICE = "files";
const CHECKPOINT_ROWS = 50_000;
const CHECKPOINT_BYTES = 16 * 1024 ** 2;
/** Above this many files not every one ends with a checkpoint, as each names all files. */
const CHECKPOINTED_FILES = 100;

/** Reads the files of a source: those that are new or changed, from where an earlier reading stopped. */
export async function* readFiles(
  format: FileFormat,
  context: ReadContext,
): AsyncGenerator<Message, void, void> {
  const options = await resolveSecrets(format.options, context);
  const stream = options.stream ?? format.kind;
  const dispatcher = new Agent({ connect: { timeout: options.timeoutMs } });
  const archives = new Archives();
  const { signal } = context;
  const s3 = new S3Service(options.s3, (name) => context.setting?.(name));
  const opening = { options, dispatcher, signal, archives, s3 };
  const access = { service: s3, dispatcher, signal, timeoutMs: options.timeoutMs };
  const reach = {
    archives,
    listObjects: async (pattern: S3Location) => {
      const { matchingKeys } = await import("./s3/list-objects.ts");
      return matchingKeys(pattern, access);
    },
  };
  const candidates: Candidate[] = [];
  try {
    const locations = await locate(options, context.directory, reach);
    candidates.push(...locations.map((location) => new Candidate(location, opening)));
    const fingerprint = fingerprintOf(format, context);
    const prior = parseFilesState(context.checkpoints.get(SLICE), fingerprint);
    const plan = await planReading({ format, stream, candidates, prior, context });
    yield* new Reading({ format, stream, context, plan, fingerprint }).messages();
  } finally {
    for (const candidate of candidates) await candidate.close();
    await archives.close();
    await dispatcher.destroy();
  }
}

/**
 * What decides which rows come out of a file besides its content. Where the destination compares, that includes the
 * pipeline's code: other transforms make other rows. Where it only adds, rows that were read must not come again.
 */
function fingerprintOf(format: FileFormat, context: ReadContext): string {
  const code = context.wants === "everything" ? [context.codeVersion ?? null] : [];
  const text = JSON.stringify([format.kind, format.decisive, ...code]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

interface ReadingParts {
  readonly format: FileFormat;
  readonly stream: string;
  readonly context: ReadContext;
  readonly plan: ReadingPlan;
  readonly fingerprint: string;
}

/** One reading: walks through the planned files and says what was reached. */
class Reading {
  readonly #format: FileFormat;
  readonly #stream: string;
  readonly #context: ReadContext;
  readonly #plan: ReadingPlan;
  readonly #options: string;
  readonly #files: Record<string, FileRecord>;
  #rows = 0;
  #bytes = 0;
  #filesDone = 0;
  #bytesBefore = 0;
  #totalBytes: number | undefined;

  constructor({ format, stream, context, plan, fingerprint }: ReadingParts) {
    this.#format = format;
    this.#stream = stream;
    this.#context = context;
    this.#plan = plan;
    this.#options = fingerprint;
    this.#files = { ...plan.kept };
  }

  async *messages(): AsyncGenerator<Message, void, void> {
    const stream = this.#stream;
    const whole = this.#context.wants === "everything";
    if (this.#plan.nothing || this.#plan.unchangedRows > 0) {
      yield { type: "unchanged", stream, rows: this.#plan.unchangedRows };
    }
    if (this.#plan.nothing) return;
    if (this.#plan.begin) yield { type: "begin", stream };
    this.#totalBytes = await this.#sizes();
    for (const planned of this.#plan.files) {
      if (this.#context.signal.aborted) return;
      yield* this.#file(planned);
    }
    if (this.#context.signal.aborted) return;
    if (whole) yield { type: "complete", stream };
    yield this.#checkpoint({ whole, reading: false });
  }

  async *#file(planned: PlannedFile): AsyncGenerator<Message, void, void> {
    let file: OpenFile;
    try {
      file = await planned.candidate.open();
    } catch (error) {
      if (this.#format.options.optional && isNotFound(error)) return;
      throw error;
    }
    try {
      yield* this.#content(file, planned);
    } finally {
      await planned.candidate.close();
    }
  }

  async *#content(file: OpenFile, { from }: PlannedFile): AsyncGenerator<Message, void, void> {
    const { signal, log } = this.#context;
    file.mayGrow = this.#format.grows;
    const chunks = this.#format.read(file, { from: from?.mark, growing: this.#format.grows, signal, log });
    let rows = from?.rows ?? 0;
    let last = from?.mark;
    for await (const chunk of chunks) {
      if (signal.aborted && this.#rows === 0) return;
      rows += chunk.rows.length;
      yield* this.#chunk(file, chunk);
      if (chunk.mark === undefined) continue;
      last = chunk.mark;
      if (!this.#isDue() && !signal.aborted) continue;
      await file.verify();
      yield this.#checkpoint({
        reading: true,
        at: { file: file.name, rows, mark: last, prefix: file.prefix() },
      });
      if (signal.aborted) return;
    }
    await file.verify();
    const record = await this.#record(file, rows, last);
    this.#files[file.name] = record;
    this.#context.file?.({ name: file.name, bytes: record.size, rows, hash: record.hash });
    this.#bytesBefore += file.size;
    if (this.#endsWithCheckpoint()) yield this.#checkpoint({ reading: true });
  }

  *#chunk(file: OpenFile, chunk: Chunk): Generator<Message, void, void> {
    const stream = this.#stream;
    if (chunk.columns !== undefined) {
      yield { type: "schema", stream: { name: stream, columns: chunk.columns } };
    }
    this.#rows += chunk.rows.length;
    this.#bytes += chunk.bytes;
    if (chunk.rows.length > 0 || chunk.rejected !== undefined) {
      yield {
        type: "rows",
        stream,
        slice: SLICE,
        rows: chunk.rows,
        position: {
          file: file.name,
          ...(chunk.line === undefined ? {} : { line: chunk.line }),
          ...(chunk.lines === undefined ? {} : { lines: chunk.lines }),
        },
        ...(chunk.rejected === undefined ? {} : { rejected: chunk.rejected }),
        ...this.#format.hints,
      };
    }
    yield {
      type: "progress",
      bytes: this.#bytesBefore + file.bytesRead,
      ...(this.#totalBytes === undefined ? {} : { totalBytes: this.#totalBytes }),
    };
  }

  async #record(file: OpenFile, rows: number, end: FileRecord["end"]): Promise<FileRecord> {
    const { etag, lastModified } = file.facts;
    return {
      size: file.size,
      ...(file.mtimeMs === undefined ? {} : { mtimeMs: file.mtimeMs }),
      hash: await file.hashAll(this.#context.signal),
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      checkedAt: file.openedAt,
      rows,
      ...(this.#format.grows && end !== undefined ? { end } : {}),
    };
  }

  #isDue(): boolean {
    return this.#rows >= CHECKPOINT_ROWS || this.#bytes >= CHECKPOINT_BYTES;
  }

  #endsWithCheckpoint(): boolean {
    this.#filesDone++;
    const every = Math.ceil(this.#plan.files.length / CHECKPOINTED_FILES);
    return this.#isDue() || this.#filesDone % every === 0;
  }

  #checkpoint(progress: Partial<Pick<FilesState, "whole" | "reading" | "at">>): Message {
    this.#rows = 0;
    this.#bytes = 0;
    const { at } = progress;
    const state: FilesState = {
      v: 1,
      options: this.#options,
      whole: progress.whole ?? false,
      reading: progress.reading === true && this.#context.wants === "everything",
      files: { ...this.#files },
      ...(at === undefined ? {} : { at }),
    };
    return { type: "checkpoint", slice: SLICE, state };
  }

  async #sizes(): Promise<number | undefined> {
    let sum = 0;
    for (const { candidate } of this.#plan.files) {
      const size = await candidate.size();
      if (size === undefined) return undefined;
      sum += size;
    }
    return sum;
  }
}
