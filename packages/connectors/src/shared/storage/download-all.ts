import path from "node:path";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { asMillraceError, MillraceError } from "@millrace/core";
import type { DownloadOptions } from "../request/download/download.ts";
import { download } from "../request/request.ts";
import type { ObjectStore, PutResult } from "./object-store.ts";
import type { ObjectFacts } from "./stored-object.ts";

/** A file to be downloaded into a storage. */
export interface DownloadTask extends Omit<ObjectFacts, "source"> {
  readonly url: string;
  /** What it has to be: `sha256:<hexadecimal>`. Default: not compared. */
  readonly checksum?: string;
}

/** What became of a download. */
export type DownloadOutcome =
  | ({ readonly task: DownloadTask; readonly resumedFrom: number } & PutResult)
  | { readonly task: DownloadTask; readonly error: MillraceError };

/** How files are downloaded. */
export interface DownloadAllOptions extends Omit<DownloadOptions, "checksum"> {
  /** Downloads at a time. Default 4. */
  readonly concurrency?: number;
}

/**
 * Downloads files into a storage, several at a time. One that breaks off goes on where it broke; an object is visible when it is
 * whole and has its checksum. A failure is told with its task, and the others go on. Outcomes come as they are done.
 */
export async function* downloadAll(
  store: ObjectStore,
  tasks: Iterable<DownloadTask> | AsyncIterable<DownloadTask>,
  { concurrency = 4, ...options }: DownloadAllOptions = {},
): AsyncGenerator<DownloadOutcome> {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "downloadAll(): concurrency must be a whole number from 1 up",
    );
  const running = new Map<number, Promise<readonly [number, DownloadOutcome]>>();
  let number = 0;
  for await (const task of tasks) {
    options.signal?.throwIfAborted();
    const mine = number++;
    running.set(
      mine,
      one(store, task, options).then((outcome) => [mine, outcome] as const),
    );
    if (running.size >= concurrency) yield await next(running);
  }
  while (running.size > 0) yield await next(running);
}

async function next(
  running: Map<number, Promise<readonly [number, DownloadOutcome]>>,
): Promise<DownloadOutcome> {
  const [number, outcome] = await Promise.race(running.values());
  running.delete(number);
  return outcome;
}

async function one(
  store: ObjectStore,
  task: DownloadTask,
  options: Omit<DownloadOptions, "checksum">,
): Promise<DownloadOutcome> {
  const { url, checksum, ...facts } = task;
  const file = path.join(await store.backend.spoolFolder(), partName(task));
  try {
    const { resumedFrom } = await download(url, file, {
      ...options,
      ...(checksum === undefined ? {} : { checksum }),
    });
    const put = await store.put(createReadStream(file), {
      kind: "download",
      ...facts,
      source: withoutSecrets(url),
    });
    await rm(file, { force: true });
    return { task, resumedFrom, ...put };
  } catch (error) {
    return { task, error: asMillraceError(error, "MLR_SOURCE_FAILED", withoutSecrets(url)) };
  }
}

/** The same for the same task, so that a process that comes after one that was killed goes on with its part. */
function partName({ url, key, pipeline = "" }: DownloadTask): string {
  return `download-${createHash("sha256")
    .update(JSON.stringify([pipeline, key, url]))
    .digest("hex")
    .slice(0, 32)}`;
}

/** The address as it may be kept: without user, password and query. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
