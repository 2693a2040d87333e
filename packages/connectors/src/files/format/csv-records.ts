/** A field as it stands in the file. */
export interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

/** Cuts text in the form that `CsvEncoder` writes into records. */
export class CsvRecords {
  readonly #delimiter: string;
  #fields: CsvField[] = [];
  #text = "";
  /** In quotes; just behind what may be the closing one; or neither. */
  #state: "plain" | "quoted" | "closing" = "plain";
  #quoted = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** True in the middle of a record. */
  get open(): boolean {
    return this.#state !== "plain" || this.#fields.length > 0 || this.#text !== "" || this.#quoted;
  }

  /** The records that end in this piece of text. */
  push(piece: string): CsvField[][] {
    const records: CsvField[][] = [];
    for (let at = 0; at < piece.length;)
      at = this.#state === "quoted" ? this.#inQuotes(piece, at) : this.#outside(piece, at, records);
    return records;
  }

  #inQuotes(piece: string, at: number): number {
    const end = piece.indexOf('"', at);
    this.#text += piece.slice(at, end < 0 ? piece.length : end);
    if (end < 0) return piece.length;
    this.#state = "closing";
    return end + 1;
  }

  #outside(piece: string, at: number, records: CsvField[][]): number {
    const character = piece.charAt(at);
    if (character === '"') {
      // Behind a quote it is a doubled one; otherwise the field begins with it.
      if (this.#state === "closing") this.#text += '"';
      this.#state = "quoted";
      this.#quoted = true;
      return at + 1;
    }
    this.#state = "plain";
    if (character === this.#delimiter) this.#endField();
    else if (character === "\n") {
      this.#endField();
      records.push(this.#fields);
      this.#fields = [];
    } else {
      this.#text += character;
    }
    return at + 1;
  }

  #endField(): void {
    this.#fields.push({ text: this.#text, quoted: this.#quoted });
    this.#text = "";
    this.#quoted = false;
  }
}
