import type { Readable } from "node:stream";

/** What a place tells of a file without reading it. */
export interface PlaceEntry {
  /** From the root of the storage on, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * A place that holds files: a folder or a bucket. A file is there whole or not at all. Paths are made of letters, digits and
 * `-_.`, with `/` between. Methods fail with MLR_STORAGE_UNAVAILABLE, MLR_STORAGE_DENIED or MLR_STORAGE_FULL.
 */
export interface StorageBackend {
  /** For people, without secrets. */
  readonly location: string;
  /** A folder of this machine for files that are on their way. */
  spoolFolder(): Promise<string>;
  /** Puts a small file, over another one of this path. @param options exclusive: only where there is none; false comes back otherwise. */
  write(path: string, content: string, options?: { readonly exclusive?: boolean }): Promise<boolean>;
  /** Brings a file of the spool folder here, which is gone then. @param facts SHA-256 in hexadecimal, and the size. */
  take(path: string, file: string, facts: { readonly sha256: string; readonly bytes: number }): Promise<void>;
  /** The content; undefined where there is no such file. */
  read(path: string): Promise<Readable | undefined>;
  stat(path: string): Promise<PlaceEntry | undefined>;
  /** Files whose path begins so, in the order of their paths. */
  list(prefix: string): AsyncIterable<PlaceEntry>;
  /** Names of folders directly under this one, in order. */
  folders(path: string): Promise<string[]>;
  /** Makes the file count as modified now. False where it is gone. */
  touch(path: string): Promise<boolean>;
  /** Renames. False where there is nothing to rename. */
  move(from: string, to: string): Promise<boolean>;
  /** Nothing happens where it is gone already. */
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}
