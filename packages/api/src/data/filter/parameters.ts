/** Values of a statement: they are sent beside its text, never in it. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Takes a value, and returns what stands for it in the text: `$1`. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
