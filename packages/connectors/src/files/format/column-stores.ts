import {
  compileStore,
  describeMisfit,
  MillraceError,
  MISFIT,
  type ColumnDefinition,
  type Row,
} from "@millrace/core";

/** Puts a value that was read into a row, in storage form; null is left out. */
export type SetColumn = (row: Row, value: unknown) => void;

/** How the values of a column come back. Fails with MLR_SOURCE_FORMAT for a value that the column cannot have held. */
export function columnStore(path: string, { name, type }: ColumnDefinition, untyped: boolean): SetColumn {
  const store = compileStore(type, { declared: true, untyped });
  return (row, value) => {
    if (value === null || value === undefined) return;
    const stored = store(value);
    if (stored === MISFIT) throw changedFile(path, `column "${name}": ${describeMisfit(value, type)}`);
    row[name] = stored;
  };
}

/** The error for a file that does not hold what was written. */
export function changedFile(path: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${path} is not as it was written: ${why}`, {
    hint: "Somebody changed the file: restore it, or load the table again with --full.",
    details: { file: path },
    ...(cause === undefined ? {} : { cause }),
  });
}
