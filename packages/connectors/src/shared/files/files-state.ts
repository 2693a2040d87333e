import type { Json } from "@millrace/core";
import { z } from "zod";
import { mark } from "./mark.ts";

const fileRecord = z.strictObject({
  size: z.number(),
  mtimeMs: z.number().exactOptional(),
  /** SHA-256 of the content. */
  hash: z.string(),
  etag: z.string().exactOptional(),
  lastModified: z.string().exactOptional(),
  /** When the content was looked at last, in milliseconds since 1970. */
  checkedAt: z.number(),
  /** Rows it gave, without the rejected ones. */
  rows: z.number(),
  /** Its end, for files that grow. */
  end: mark.exactOptional(),
});

const inFile = z.strictObject({
  file: z.string(),
  rows: z.number(),
  mark,
  /** A prefix of the file and its SHA-256: reading goes on only where it is still the same. */
  prefix: z.strictObject({ bytes: z.number(), hash: z.string() }),
});

const filesState = z.strictObject({
  v: z.literal(1),
  /** Fingerprint of the options that decide which rows come out. */
  options: z.string(),
  /** True once a reading of all files was finished; an unfinished one has `reading`. */
  whole: z.boolean(),
  /** True while a reading of all files is going on. */
  reading: z.boolean(),
  files: z.record(z.string(), fileRecord),
  at: inFile.exactOptional(),
});

/** What is kept of a file that was read to its end. */
export type FileRecord = z.infer<typeof fileRecord>;
/** The state that a file source keeps: its checkpoint. */
export type FilesState = z.infer<typeof filesState>;

/** The state in a checkpoint, or undefined where there is none that fits these options. */
export function parseFilesState(checkpoint: Json | undefined, options: string): FilesState | undefined {
  const parsed = filesState.safeParse(checkpoint);
  return parsed.success && parsed.data.options === options ? parsed.data : undefined;
}
