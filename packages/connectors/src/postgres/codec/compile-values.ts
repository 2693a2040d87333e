import type { CopyBuffer } from "./copy-buffer.ts";
import type { ValueWriter } from "./write-scalar.ts";

/** Writes the values of a row's columns, in their order; null where one is missing. */
export type ValuesWriter = (out: CopyBuffer, values: readonly unknown[]) => void;

type Compiled = (writers: readonly ValueWriter[], writeNull: (out: CopyBuffer) => void) => ValuesWriter;

/**
 * A function for exactly these columns. Its code is generated, so that each column's writer has a call of its own which the
 * runtime can inline; a loop over the writers is a call that it cannot (docs/adr/0024). The code consists of our own names and of
 * numbers alone.
 */
export function compileValues(writers: readonly ValueWriter[]): ValuesWriter {
  try {
    // oxlint-disable-next-line no-implied-eval -- see above
    const compile = new Function("writers", "writeNull", source(writers.length)) as Compiled;
    return compile(writers, writeNull);
  } catch (error) {
    // Node may be told to generate no code from strings.
    if (error instanceof EvalError) return interpretValues(writers);
    throw error;
  }
}

function source(count: number): string {
  const indexes = Array.from({ length: count }, (_, i) => i);
  const body = indexes.map(
    (i) => `
    value = values[${i}];
    if (value === null || value === undefined) writeNull(out); else write${i}(out, value);`,
  );
  return `"use strict";
  const [${indexes.map((i) => `write${i}`).join(", ")}] = writers;
  return function writeValues(out, values) {
    let value;${body.join("")}
  };`;
}

/** The same without generated code. */
export function interpretValues(writers: readonly ValueWriter[]): ValuesWriter {
  return (out, values) => {
    for (let i = 0; i < writers.length; i++) {
      const value = values[i];
      if (value === null || value === undefined) writeNull(out);
      else (writers[i] as ValueWriter)(out, value);
    }
  };
}

function writeNull(out: CopyBuffer): void {
  out.view.setInt32(out.position, -1);
  out.position += 4;
}
