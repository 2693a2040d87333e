import { formatError } from "./format-error.ts";
import type { NumberMeaning } from "./number-formats.ts";
import { serialText } from "./serial-date.ts";
import { TextCollector, unescaped } from "./shared-strings.ts";
import type { XmlEvents } from "./xml-events.ts";

/** A row of a sheet: its number from 1 on, and its cells by column. */
export interface SheetRow {
  readonly number: number;
  /** Null for empty cells. */
  readonly cells: readonly unknown[];
  /** A cell with an error, such as `#REF!` in B7. */
  readonly error: string | undefined;
}

/** Sheets have no more columns than this. */
const MOST_COLUMNS = 16_384;

/** What cells mean depends on these parts of the workbook. */
export interface CellContext {
  readonly strings: readonly string[];
  readonly styles: readonly NumberMeaning[];
  readonly date1904: boolean;
  readonly file: string;
}

/** Makes rows of the elements of a sheet. Formulas give the value they had when the workbook was saved. */
export class SheetRows implements XmlEvents {
  /** Cells whose formula was never calculated, which are null. */
  uncalculated = 0;
  #rows: SheetRow[] = [];
  #hasFormula = false;
  readonly #context: CellContext;
  readonly #inline = new TextCollector();
  #number = 0;
  #cells: unknown[] = [];
  #error: string | undefined;
  #column = -1;
  #reference = "";
  #type = "n";
  #style = 0;
  #value = "";
  #inValue = false;
  #inInline = false;

  constructor(context: CellContext) {
    this.#context = context;
  }

  /** The rows since the last call, without those that have no value at all. */
  take(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#inInline) this.#inline.open(name);
    else if (name === "c") this.#openCell(attributes);
    else if (name === "v") this.#inValue = true;
    else if (name === "f") this.#hasFormula = true;
    else if (name === "is") this.#inInline = true;
    else if (name === "row") this.#openRow(attributes);
  }

  text(text: string): void {
    if (this.#inValue) this.#value += text;
    else if (this.#inInline) this.#inline.text(text);
  }

  close(name: string): void {
    if (name === "v") this.#inValue = false;
    else if (name === "c") this.#closeCell();
    else if (name === "row") this.#closeRow();
    else if (name === "is") {
      this.#inInline = false;
      this.#value = this.#inline.take();
    } else if (this.#inInline) this.#inline.close(name);
  }

  #openRow(attributes: Readonly<Record<string, string>>): void {
    this.#number = attributes["r"] === undefined ? this.#number + 1 : Number(attributes["r"]);
    this.#cells = [];
    this.#error = undefined;
    this.#column = -1;
  }

  #closeRow(): void {
    const empty = this.#error === undefined && this.#cells.every((cell) => cell === null);
    if (!empty) this.#rows.push({ number: this.#number, cells: this.#cells, error: this.#error });
  }

  #openCell(attributes: Readonly<Record<string, string>>): void {
    const reference = attributes["r"];
    this.#column = reference === undefined ? this.#column + 1 : columnOf(reference);
    if (!(this.#column >= 0 && this.#column < MOST_COLUMNS)) {
      throw formatError(
        this.#context.file,
        `has a cell "${reference}"`,
        "The file may be damaged: save it again.",
      );
    }
    this.#reference = reference ?? "";
    this.#type = attributes["t"] ?? "n";
    this.#style = Number(attributes["s"] ?? 0);
    this.#value = "";
    this.#hasFormula = false;
  }

  #closeCell(): void {
    if (this.#hasFormula && this.#value === "" && this.#type !== "str") this.uncalculated++;
    while (this.#cells.length < this.#column) this.#cells.push(null);
    this.#cells[this.#column] = this.#cellValue();
  }

  #cellValue(): unknown {
    const value = this.#value;
    switch (this.#type) {
      case "s":
        return value === "" ? null : this.#shared(Number(value));
      case "inlineStr":
        return value === "" ? null : value;
      case "str":
        return value === "" ? null : unescaped(value);
      case "b":
        return value === "" ? null : value.trim() === "1" || value.trim() === "true";
      case "e":
        this.#error ??= `${value} in ${this.#reference}`;
        return null;
      case "d":
        return value === "" ? null : value;
      default:
        return value.trim() === "" ? null : this.#numberOf(value.trim());
    }
  }

  #shared(index: number): string | null {
    const text = this.#context.strings[index];
    if (text === undefined) {
      throw formatError(
        this.#context.file,
        `refers to a text number ${index} that it does not have`,
        "The file may be damaged: save it again.",
      );
    }
    return text === "" ? null : text;
  }

  #numberOf(text: string): unknown {
    const value = Number(text);
    const meaning = this.#context.styles[this.#style] ?? "number";
    if (meaning !== "number") {
      const shown = serialText(value, meaning, this.#context.date1904);
      if (shown !== undefined) return shown;
    }
    return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? value : BigInt(text);
  }
}

/** 0-based column of a cell such as `AB12`. */
function columnOf(reference: string): number {
  let column = 0;
  for (let index = 0; index < reference.length; index++) {
    const code = reference.charCodeAt(index) & ~32;
    if (code < 65 || code > 90) break;
    column = column * 26 + code - 64;
  }
  return column - 1;
}
