/** Conditions of a statement and the values that they are about. */
export class Where {
  readonly values: unknown[];
  readonly #conditions: string[] = [];

  /** @param values where the statement has its values already, which these are added to */
  constructor(values: unknown[] = []) {
    this.values = values;
  }

  /** Takes a value in and gives its place, such as `$3`. */
  value(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  /** Adds a condition, with `?` for its value; none where the value is undefined. */
  add(condition: string, value: unknown): void {
    if (value === undefined) return;
    const place = this.value(value);
    this.#conditions.push(condition.replaceAll("?", () => place));
  }

  /** Adds a condition that has no value. */
  always(condition: string): void {
    this.#conditions.push(condition);
  }

  /** All of them, joined by AND. */
  get sql(): string {
    return this.#conditions.length === 0 ? "true" : this.#conditions.join(" AND ");
  }

  /** Whether there are none. */
  get empty(): boolean {
    return this.#conditions.length === 0;
  }
}
