import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";
import { s3Options } from "./s3/s3-options.ts";

/** Options that every file source has. */
export const fileOptions = {
  /**
   * What to read: a path, a glob (`data/*.csv`), an http(s) URL, an object or glob of S3 (`s3://bucket/2026/*.csv`), or several of them. Relative paths start at the
   * project's folder. Files are read in the order of the list, those of a glob sorted by name. A ZIP archive stands for the
   * files in it, like a folder: `data/all.zip`, `data/all.zip/*.csv`.
   */
  path: z.union([location(), z.array(location()).min(1)], {
    message: "must be a path, a glob or a URL, or an array of them",
  }),
  /** Name of the stream. Default: the connector's name, such as `csv`. */
  stream: z.string().min(1).optional(),
  /** A path, glob or URL that finds nothing gives no rows instead of an error. Default false. */
  optional: z.boolean().default(false),
  /** A file without any content gives no rows instead of an error. Default false. */
  allowEmpty: z.boolean().default(false),
  /** URLs: headers to send, for instance `authorization`. Never logged; not sent on to another host by a redirect. */
  headers: z.record(z.string(), secretText(z.string())).default({}),
  /** `s3://` locations: where they are and who asks. Default: the settings of the AWS tools, such as AWS_ACCESS_KEY_ID. */
  s3: s3Options.default({}),
  /** URLs: longest wait for an answer and for each further piece of it. Default 60,000 ms. */
  timeoutMs: z.number().int().positive().default(60_000),
  /** Largest download, or file unpacked from an archive, in bytes. Default 16 GiB. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 ** 3),
};

/** Options of the formats that are text. */
export const textOptions = {
  /**
   * Character encoding, such as `utf-8`, `windows-1252`, `utf-16le`, `shift_jis`. Default: a byte order mark decides,
   * else UTF-8 where the beginning is valid UTF-8, else the encoding the beginning looks like (logged as a warning).
   */
  encoding: z.string().min(1).optional(),
  /** Bytes that the encoding does not have: `error` stops with their position, `replace` puts U+FFFD. Default `error`. */
  onInvalid: z.enum(["error", "replace"]).default("error"),
};

function location() {
  return z.union([
    z.string().min(1),
    z.instanceof(URL).refine((url) => ["file:", "http:", "https:"].includes(url.protocol), {
      message: "must be a file:, http: or https: URL",
    }),
  ]);
}

const fileSchema = z.strictObject(fileOptions);
const textSchema = z.strictObject(textOptions);

/** `fileOptions` with the defaults filled in. */
export type FileOptions = z.output<typeof fileSchema>;
/** The same with the values of secrets. */
export type KnownFileOptions = Resolved<FileOptions>;
/** `textOptions` with the defaults filled in. */
export type TextOptions = z.output<typeof textSchema>;
