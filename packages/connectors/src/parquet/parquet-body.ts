import { MillraceError, parseOptions, type ColumnDefinition, type Row } from "@millrace/core";
import { OpenFile } from "../shared/files/open-file.ts";
import { saveTemporary } from "../shared/files/temporary-file.ts";
import { parquetOptions } from "./options.ts";
import type { ParquetLimits } from "./read-parquet.ts";

/** Rows of a Parquet file that somebody sent. */
export interface ParquetRows {
  readonly rows: readonly Row[];
  /** Bytes of the content that they took; roughly. */
  readonly bytes: number;
  /** The types that the file declares, with its first rows. */
  readonly columns?: readonly ColumnDefinition[];
}

/**
 * Rows of a Parquet file that arrives piece by piece: it is put aside in a temporary file, because its index stands at its
 * end. Types are exact, as with `parquet()`. Fails with MLR_PUSH_INVALID where it is no Parquet file, and with MLR_PUSH_LIMIT
 * where it has more columns or larger row groups than `limits` allow.
 */
export async function* parquetBody(
  pieces: AsyncIterable<Buffer>,
  limits: ParquetLimits,
): AsyncGenerator<ParquetRows, void, void> {
  const { folder, ...parts } = await saveTemporary(pieces);
  const file = OpenFile.downloaded({ name: "the body", temporary: folder, facts: {}, ...parts });
  try {
    const { readParquet } = await import("./read-parquet.ts");
    const options = parseOptions(parquetOptions, { path: "body" }, "parquetBody()");
    const { signal } = new AbortController();
    for await (const { rows, bytes, columns } of readParquet(file, options, {
      ...{ from: undefined, signal, limits },
    }))
      yield { rows, bytes, ...(columns === undefined ? {} : { columns }) };
  } catch (error) {
    throw asSent(error);
  } finally {
    await file.close();
  }
}

/** What is wrong with a file is for who sent it to mend. */
function asSent(error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== "MLR_SOURCE_FORMAT") return error;
  return new MillraceError("MLR_PUSH_INVALID", error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
