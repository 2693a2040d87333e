import type { Row, TableDefinition } from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";
import { cellText } from "./cell-text.ts";
import type { FileEncoder } from "./encoder.ts";
import { escapeFormula } from "./formula.ts";

/** RFC 4180 with a header and `\n` at the end of each line; null is an empty field, the empty text is `""`. */
export class CsvEncoder implements FileEncoder {
  readonly #fields: readonly Field[];
  readonly #delimiter: string;
  #header: string | undefined;

  constructor({ delimiter, nullText, escapeFormulas }: FileLayout, columns: TableDefinition["columns"]) {
    this.#delimiter = delimiter;
    const quote = quoting(delimiter, nullText);
    this.#fields = columns.map(({ name, type }) => {
      const text = cellText(type);
      const isText = escapeFormulas && type.kind === "text";
      return {
        name,
        write: (value) => {
          if (value === null || value === undefined) return nullText;
          const written = text(value);
          return quote(isText ? escapeFormula(written) : written);
        },
      };
    });
    this.#header = `${columns.map(({ name }) => quote(name)).join(delimiter)}\n`;
  }

  rows(rows: readonly Row[]): readonly Uint8Array[] {
    let out = this.#takeHeader();
    for (const row of rows) {
      let first = true;
      for (const { name, write } of this.#fields) {
        if (!first) out += this.#delimiter;
        first = false;
        // A column may have a name that every object inherits, such as "constructor".
        out += write(Object.hasOwn(row, name) ? row[name] : null);
      }
      out += "\n";
    }
    return out === "" ? [] : [Buffer.from(out, "utf8")];
  }

  finish(): readonly Uint8Array[] {
    return this.rows([]);
  }

  #takeHeader(): string {
    const header = this.#header ?? "";
    this.#header = undefined;
    return header;
  }
}

interface Field {
  readonly name: string;
  readonly write: (value: unknown) => string;
}

/** Quotes what would be read as something else: also blanks at the ends, which some readers cut off. */
function quoting(delimiter: string, nullText: string): (text: string) => string {
  const special = new RegExp(
    `["\\r\\n${delimiter.replaceAll(/[\\\]^-]/g, "\\$&")}]|^\\s|\\s$|^$|^\ufeff`,
    "u",
  );
  return (text) => (special.test(text) || text === nullText ? `"${text.replaceAll('"', '""')}"` : text);
}
