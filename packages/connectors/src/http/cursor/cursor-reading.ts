import { createHash } from "node:crypto";
import { MillraceError, tryCanonicalJson, type Row } from "@millrace/core";
import { follow, parseSteps } from "../select-path.ts";
import { compareCursors, cursorValue, moveBack, writeCursor, type CursorValue } from "./cursor-value.ts";
import type { CursorOptions } from "./options.ts";

/** How far readings came: the newest cursor, and the rows that a reading from there would meet again. */
export interface CursorState {
  readonly value: CursorValue;
  /** Fingerprints of rows, with their cursors. */
  readonly seen: readonly (readonly [fingerprint: string, value: CursorValue])[];
}

/** What a reading begins with. */
export interface CursorBasis {
  readonly options: CursorOptions;
  /** Where earlier readings came to, or where to start. */
  readonly from: CursorState | undefined;
  /** Where this reading came to before it was interrupted. */
  readonly reached: CursorState | undefined;
  /** Where rows that come twice do harm: the destination only adds. */
  readonly strict: boolean;
  /** For errors. */
  readonly where: string;
  readonly warn: (message: string) => void;
}

/** One reading of rows by cursor: leaves out what is known, and keeps where it came to. */
export class CursorReading {
  /** Rows that were left out as they are older than what was asked for. */
  older = 0;
  /** Rows that were left out as they had been read before. */
  repeated = 0;
  /** With descending order: known rows have begun. */
  reachedKnown = false;
  readonly #basis: CursorBasis;
  readonly #steps: readonly (string | number)[];
  readonly #low: CursorValue | undefined;
  readonly #known: ReadonlySet<string>;
  #value: CursorValue | undefined;
  #seen: Map<string, CursorValue>;
  #last: CursorValue | undefined;
  #forgetful = false;

  constructor(basis: CursorBasis) {
    const { options, from, reached } = basis;
    this.#basis = basis;
    this.#steps = parseSteps(options.field) ?? [];
    this.#low = from === undefined ? undefined : moveBack(from.value, options.lag, options.format);
    this.#known = new Set(from?.seen.map(([fingerprint]) => fingerprint));
    this.#value = reached?.value;
    this.#seen = new Map(reached?.seen);
    this.#last = reached?.value;
  }

  /** What to ask the server for; undefined for everything. */
  get asked(): CursorValue | undefined {
    return this.#low === undefined ? undefined : writeCursor(this.#low, this.#basis.options.format);
  }

  /** Where this reading has come to; undefined while it met no row. */
  get reached(): CursorState | undefined {
    return this.#value === undefined ? undefined : { value: this.#value, seen: [...this.#seen] };
  }

  /** Where the next reading goes on. */
  get settled(): CursorState | undefined {
    const { from, options } = this.#basis;
    if (this.#value === undefined) return from;
    if (from === undefined) return this.reached;
    const value = this.#compare(this.#value, from.value) >= 0 ? this.#value : from.value;
    const low = moveBack(value, options.lag, options.format);
    const seen = new Map([...from.seen, ...this.#seen]);
    return { value, seen: [...seen].filter(([, each]) => this.#compare(each, low) >= 0) };
  }

  /** The rows of a page that are news, and takes the page in. Fails with MLR_SOURCE_PROTOCOL where the order is not as declared. */
  take(rows: readonly Row[]): readonly Row[] {
    const values = rows.map((row) => cursorValue(follow(row, this.#steps), this.#basis.options.field));
    if (this.#basis.options.order === "ascending") this.#checkOrder(values);
    const kept =
      this.#low === undefined ? rows : rows.filter((row, index) => this.#isNews(row, values[index]));
    this.#advance(rows, values);
    return kept;
  }

  #isNews(row: Row, value: CursorValue | undefined): boolean {
    const { from, options } = this.#basis;
    if (value === undefined || from === undefined || this.#low === undefined) return true;
    if (this.#compare(value, this.#low) < 0) {
      this.older++;
      if (options.order === "descending") this.reachedKnown = true;
      return false;
    }
    if (this.#known.size === 0 || this.#compare(value, from.value) > 0) return true;
    if (!this.#known.has(fingerprintOf(row))) return true;
    this.repeated++;
    return false;
  }

  #advance(rows: readonly Row[], values: readonly (CursorValue | undefined)[]): void {
    const { lag, format } = this.#basis.options;
    const before = this.#value;
    for (const value of values) {
      if (value === undefined) continue;
      if (this.#value === undefined || this.#compare(value, this.#value) > 0) this.#value = value;
    }
    if (this.#value === undefined) return;
    const low = moveBack(this.#value, lag, format);
    if (this.#value !== before) {
      for (const [fingerprint, value] of this.#seen) {
        if (this.#compare(value, low) < 0) this.#seen.delete(fingerprint);
      }
    }
    for (const [index, value] of values.entries()) {
      const row = rows[index];
      if (value === undefined || row === undefined || this.#compare(value, low) < 0) continue;
      this.#remember(fingerprintOf(row), value);
    }
  }

  #remember(fingerprint: string, value: CursorValue): void {
    const { options, strict, where, warn } = this.#basis;
    this.#seen.set(fingerprint, value);
    if (this.#seen.size <= options.remember) return;
    if (strict) {
      throw new MillraceError(
        "MLR_SOURCE_LIMIT",
        `${where}: more than ${options.remember} rows have the newest cursor or are within its lag`,
        {
          hint: "Raise `cursor.remember`, make `lag` shorter, or give the table a key and the mode `merge` or `upsert`.",
          details: { remember: options.remember },
        },
      );
    }
    if (!this.#forgetful) {
      this.#forgetful = true;
      warn(
        `${where}: more than ${options.remember} rows have the newest cursor or are within its lag; some will be read twice, which the key of the table evens out`,
      );
    }
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  #checkOrder(values: readonly (CursorValue | undefined)[]): void {
    for (const value of values) {
      if (value === undefined) continue;
      if (this.#last !== undefined && this.#compare(value, this.#last) < 0) {
        throw new MillraceError(
          "MLR_SOURCE_PROTOCOL",
          `${this.#basis.where}: the cursor ${this.#basis.options.field} goes back from "${this.#last}" to "${value}"`,
          {
            hint: 'The rows are not in the order that `order: "ascending"` says: sort them in the request, or leave `order` out.',
            details: { before: this.#last, after: value },
          },
        );
      }
      this.#last = value;
    }
  }

  #compare(a: CursorValue, b: CursorValue): number {
    return compareCursors(a, b, this.#basis.options.format);
  }
}

/** The same for rows that say the same. 96 bits. */
function fingerprintOf(row: Row): string {
  // Rows that cannot be stored as JSON have a text all the same, if not a canonical one.
  const text =
    tryCanonicalJson(row) ??
    JSON.stringify(Object.entries(row), (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
