import { type ColumnDefinition, MillraceError, type Row } from "@millrace/core";
import type { ReadRow } from "./parts.ts";
import type { PushLimits } from "./push-limits.ts";

/** Reads a Parquet file that arrives piece by piece, within limits. Fails with MLR_PUSH_INVALID or MLR_PUSH_LIMIT. */
export type ReadParquetBody = (
  pieces: AsyncIterable<Buffer>,
  limits: { readonly columns: number; readonly groupBytes: number },
) => AsyncIterable<{
  readonly rows: readonly Row[];
  readonly bytes: number;
  readonly columns?: readonly ColumnDefinition[];
}>;

/** The rows of a Parquet body, and the types that it declares. */
export class ParquetRowReader {
  readonly #read: ReadParquetBody | undefined;
  readonly #limits: PushLimits;
  #columns: readonly ColumnDefinition[] | undefined;

  constructor(options: { readonly parquet?: ReadParquetBody | undefined; readonly limits: PushLimits }) {
    this.#read = options.parquet;
    this.#limits = options.limits;
  }

  /** Undefined until the first rows have been read. */
  get columns(): readonly ColumnDefinition[] | undefined {
    return this.#columns;
  }

  async *read(body: AsyncIterable<Buffer>): AsyncGenerator<readonly ReadRow[]> {
    if (this.#read === undefined) throw new MillraceError("MLR_INTERNAL", "Nothing here reads Parquet");
    const { fields, groupBytes } = this.#limits;
    for await (const chunk of this.#read(body, { columns: fields, groupBytes })) {
      if (chunk.columns !== undefined) this.#columns = chunk.columns;
      const bytes = chunk.bytes / Math.max(1, chunk.rows.length);
      yield chunk.rows.map((row) => ({ row, bytes }));
    }
  }
}
