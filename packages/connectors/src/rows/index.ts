import { MillraceError, type Row, type Source } from "@millrace/core";

/** Rows of one stream. */
export type RowsInput = readonly Row[];

const SLICE = "rows";
const BATCH_ROWS = 4_096;

/**
 * Rows from memory, for tests and small fixed tables: an array for the stream `rows`, or an object with an array for
 * each stream. Read whole each time and committed at once: what is no longer given is removed where the table's mode removes.
 * Fails with MLR_ARGUMENT_INVALID.
 * @example rows([{ id: 1, name: "Ann" }])
 * @example rows({ people: [{ id: 1 }], places: [{ id: 7 }] })
 */
export function rows(input: RowsInput | Readonly<Record<string, RowsInput>>): Source {
  const streams = streamsOf(input);
  return {
    kind: "rows",
    async *read({ wants, signal }) {
      for (const [stream, all] of streams) {
        if (signal.aborted) return;
        if (wants === "everything") yield { type: "begin", stream };
        for (let at = 0; at < all.length; at += BATCH_ROWS) {
          if (signal.aborted) return;
          const batch = all.slice(at, at + BATCH_ROWS);
          yield { type: "rows", stream, slice: SLICE, rows: batch, position: { line: at + 1 } };
        }
        if (wants === "everything") yield { type: "complete", stream };
      }
    },
  };
}

function streamsOf(input: unknown): [stream: string, rows: RowsInput][] {
  if (Array.isArray(input)) return [["rows", checked(input, "rows()")]];
  if (typeof input !== "object" || input === null) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "rows() takes an array of rows, or an object of such arrays",
      {
        hint: "For instance rows([{ id: 1 }]).",
      },
    );
  }
  return Object.entries(input).map(([stream, value]) => [
    stream,
    checked(value, `rows(), stream "${stream}"`),
  ]);
}

function checked(value: unknown, where: string): RowsInput {
  if (!Array.isArray(value)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: this is no array of rows`, {
      hint: "For instance rows({ people: [{ id: 1 }] }).",
    });
  }
  const bad = value.findIndex((row) => typeof row !== "object" || row === null || Array.isArray(row));
  if (bad < 0) return value as RowsInput;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: row ${bad + 1} is no object`, {
    hint: "A row is an object: column name → value.",
    details: { row: bad + 1 },
  });
}
