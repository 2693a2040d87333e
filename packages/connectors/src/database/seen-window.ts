import { hash } from "node:crypto";
import type { Row } from "@millrace/core";

/** Rows that are remembered at most. */
const MOST = 10_000;
/** Hex digits: among so many rows two are never the same by chance. */
const DIGITS = 16;

/** A row that was passed on, and its place in the order of the cursor. */
export type SeenRow = readonly [id: string, place: string];

/** Knows the rows around the place where the next reading begins, so that none is passed on twice. Rows come in the cursor's order. */
export class SeenWindow {
  readonly #rows: Map<string, string>;
  #forgotten: string | undefined;

  constructor(rows: readonly SeenRow[]) {
    this.#rows = new Map(rows);
  }

  /** The last place of which not all rows are remembered, because there were too many. */
  get forgotten(): string | undefined {
    return this.#forgotten;
  }

  get rows(): readonly SeenRow[] {
    return [...this.#rows];
  }

  /** False where the row was passed on before. */
  add(row: Row, place: string): boolean {
    const id = identityOf(row);
    if (this.#rows.has(id)) return false;
    this.#rows.set(id, place);
    if (this.#rows.size > MOST) this.#forgetOldest();
    return true;
  }

  /** Forgets the rows that the next reading does not come to. */
  keep(isWanted: (place: string) => boolean): void {
    for (const [id, place] of this.#rows) if (!isWanted(place)) this.#rows.delete(id);
    if (this.#forgotten !== undefined && !isWanted(this.#forgotten)) this.#forgotten = undefined;
  }

  #forgetOldest(): void {
    for (const [id, place] of this.#rows) {
      this.#rows.delete(id);
      this.#forgotten = place;
      return;
    }
  }
}

/** Equal for rows with the same values. */
function identityOf(row: Row): string {
  const text = JSON.stringify(row, (_name, value: unknown) =>
    typeof value === "bigint"
      ? `${value}n`
      : value instanceof Uint8Array
        ? Buffer.from(value).toString("base64")
        : value,
  );
  return hash("sha256", text, "hex").slice(0, DIGITS);
}
