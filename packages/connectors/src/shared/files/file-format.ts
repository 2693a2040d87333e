import type { ColumnDefinition, ReadContext, RejectedInput, Row } from "@millrace/core";
import type { FileOptions } from "./file-options.ts";
import type { Mark } from "./mark.ts";
import type { OpenFile } from "./open-file.ts";

/** Rows of one file, in its order. */
export interface Chunk {
  readonly rows: readonly Row[];
  /** 1-based line or record number of the first row. */
  readonly line?: number;
  /** 1-based line of each row, where they are not consecutive. */
  readonly lines?: ArrayLike<number>;
  readonly rejected?: readonly RejectedInput[];
  /** Where to go on behind this chunk; absent where that is not possible. */
  readonly mark?: Mark;
  /** Bytes of the content that the chunk took; roughly. */
  readonly bytes: number;
  /** Column types that the file declares, with its first chunk. */
  readonly columns?: readonly ColumnDefinition[];
}

/** What a format is given besides the file. */
export interface FormatContext {
  /** Where to go on, from a chunk of an earlier reading of the same content. */
  readonly from: Mark | undefined;
  /** Leave a last line without its line break for the next reading. */
  readonly growing: boolean;
  readonly signal: AbortSignal;
  readonly log: ReadContext["log"];
}

/** What a file source has to know of its format. */
export interface FileFormat {
  /** Name of the connector, such as `csv`. */
  readonly kind: string;
  readonly options: FileOptions;
  /** Options that decide which rows a file gives: when they change, unchanged files are read again. */
  readonly decisive: object;
  /** What is said of the values with each batch. */
  readonly hints: { readonly untyped?: true; readonly keepEmpty?: true };
  /** Append-only files may be read on from their old end. */
  readonly grows: boolean;
  read(file: OpenFile, context: FormatContext): AsyncIterable<Chunk>;
}
