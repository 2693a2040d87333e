import { join } from "node:path";
import { compileRowHasher, type ColumnDefinition, type Row } from "@millrace/core";
import { openEncoder, type FileEncoder } from "../format/encoder.ts";
import { FileSink } from "../io/file-sink.ts";
import type { FileLayout } from "../layout-options.ts";
import { META } from "../state/publish.ts";
import { Constants } from "./constants.ts";
import { FINGERPRINT_BYTES, metaTail, type FileMeta } from "./file-meta.ts";

/** What a new file is. */
export interface DataFileOptions {
  readonly folder: string;
  readonly name: string;
  readonly layout: FileLayout;
  readonly columns: readonly ColumnDefinition[];
  readonly folders: readonly string[];
  readonly run: string;
  readonly nowMs: number;
}

/** A file that waits to be published. */
export interface WaitingFile {
  readonly folder: string;
  readonly name: string;
  readonly meta: FileMeta;
}

/** A data file while it is written, and its description. */
export class DataFile {
  readonly options: DataFileOptions;
  readonly #data: FileSink;
  readonly #meta: FileSink;
  readonly #encoder: FileEncoder;
  readonly #hash: (row: Row) => string;
  readonly #constants: Constants;
  #rows = 0;

  private constructor(options: DataFileOptions, sinks: readonly [FileSink, FileSink], encoder: FileEncoder) {
    this.options = options;
    [this.#data, this.#meta] = sinks;
    this.#encoder = encoder;
    this.#hash = compileRowHasher(options.columns);
    this.#constants = new Constants(options.columns);
  }

  static async open(options: DataFileOptions): Promise<DataFile> {
    const { folder, name, layout, columns } = options;
    const encoder = await openEncoder(layout, columns);
    const data = await FileSink.open(
      join(folder, name),
      layout.format === "parquet" ? "none" : layout.compression,
    );
    const meta = await FileSink.open(join(folder, `${name}${META}`), "none");
    return new DataFile(options, [data, meta], encoder);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Rows that it takes before it is full. */
  get room(): number {
    const { maxFileBytes, maxFileRows } = this.options.layout;
    return this.#data.bytes >= maxFileBytes ? 0 : maxFileRows - this.#rows;
  }

  async write(rows: readonly Row[]): Promise<void> {
    const fingerprints = Buffer.allocUnsafe(rows.length * FINGERPRINT_BYTES);
    for (const [index, row] of rows.entries()) {
      fingerprints.write(this.#hash(row), index * FINGERPRINT_BYTES, FINGERPRINT_BYTES, "latin1");
    }
    this.#rows += rows.length;
    this.#constants.add(rows);
    for (const bytes of this.#encoder.rows(rows)) await this.#data.write(bytes);
    await this.#meta.write(fingerprints);
  }

  /** Finishes the file durably. */
  async close(): Promise<WaitingFile> {
    for (const bytes of this.#encoder.finish()) await this.#data.write(bytes);
    const bytes = await this.#data.close();
    const { name, layout, columns, folders, run, nowMs } = this.options;
    const { format, compression, delimiter, nullText, escapeFormulas } = layout;
    const meta: FileMeta = {
      as: { format, compression, delimiter, nullText, escapeFormulas },
      columns,
      rows: this.#rows,
      bytes,
      folders,
      constants: this.#constants.texts(),
      run,
      writtenAt: new Date(nowMs).toISOString(),
    };
    await this.#meta.write(metaTail(meta));
    await this.#meta.close();
    return { folder: this.options.folder, name, meta };
  }

  async abandon(): Promise<void> {
    await this.#data.abandon();
    await this.#meta.abandon();
  }
}
