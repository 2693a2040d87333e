import { compileStore, JsonNumber, MillraceError, type Json, type Row } from "@millrace/core";
import type { ResolvedSoapOptions } from "../options.ts";
import { fingerprintOf } from "../message/plain-json.ts";
import { pathNames, valueAt } from "./element-path.ts";

/** What is kept of a reading with a cursor. */
export interface CursorState {
  /** Greatest value that was read, as it was written. */
  readonly value: string;
  /** Rows that have it, so that they are not passed on twice. */
  readonly seen: readonly string[];
}

/** More rows of one moment are not remembered one by one: they may come twice. */
const MOST_SEEN = 10_000;

const instant = compileStore({ kind: "timestamptz" }, { declared: true });

/** Follows the greatest value of a member of the rows, and leaves out rows that were passed on before. */
export class CursorReading {
  readonly #names: readonly string[];
  readonly #field: string;
  readonly #from: CursorState | undefined;
  readonly #leavesOut: boolean;
  #value: string | undefined;
  #seen = new Set<string>();

  /**
   * @param from where the last reading ended.
   * @param reached where this one is, after an interruption.
   * @param leavesOut false where rows may come twice.
   */
  constructor(
    options: NonNullable<ResolvedSoapOptions["cursor"]>,
    {
      from,
      reached,
      leavesOut,
    }: { from: CursorState | undefined; reached: CursorState | undefined; leavesOut: boolean },
  ) {
    this.#field = options.field;
    this.#names = pathNames(options.field);
    this.#from = from;
    this.#leavesOut = leavesOut;
    const last = reached ?? from;
    this.#value = last?.value;
    this.#seen = new Set(last?.seen);
  }

  /** The rows that were not passed on before. Fails with MLR_SOURCE_FORMAT for one without the member. */
  take(rows: readonly Row[], where: string): Row[] {
    return rows.filter((row) => {
      const value = this.#valueOf(row, where);
      const id = this.#leavesOut ? fingerprintOf(row) : "";
      const known = this.#leavesOut && this.#from?.value === value && this.#from.seen.includes(id);
      const order = this.#value === undefined ? 1 : compare(value, this.#value);
      if (order > 0) {
        this.#value = value;
        this.#seen.clear();
      }
      if (order >= 0 && this.#leavesOut && this.#seen.size < MOST_SEEN) this.#seen.add(id);
      return !known;
    });
  }

  /** Where it is; undefined where no row came yet. */
  get state(): CursorState | undefined {
    return this.#value === undefined ? undefined : { value: this.#value, seen: [...this.#seen] };
  }

  #valueOf(row: Row, where: string): string {
    const value = valueAt(row, this.#names);
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "bigint" || value instanceof JsonNumber)
      return String(value);
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where} has a row without "${this.#field}", which the cursor needs`,
      {
        hint: "Choose a `cursor.field` that every row has, with a number, a date or a time.",
      },
    );
  }
}

/** Reads a state back; undefined where it is none. */
export function cursorState(state: Json | undefined): CursorState | undefined {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined;
  const { value, seen } = state as Record<string, Json>;
  if (typeof value !== "string") return undefined;
  return { value, seen: Array.isArray(seen) ? (seen as string[]) : [] };
}

/** Numbers by size, times by the moment, any other text by its characters. */
function compare(a: string, b: string): number {
  if (NUMBER.test(a) && NUMBER.test(b))
    return Number(a) - Number(b) || (a === b ? 0 : a.length - b.length || (a < b ? -1 : 1));
  const [left, right] = [momentOf(a), momentOf(b)];
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function momentOf(text: string): bigint | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const zoned = /T.*(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? text
    : text.includes("T")
      ? `${text}Z`
      : `${text}T00:00:00Z`;
  const stored = instant(zoned);
  return typeof stored === "number" || typeof stored === "bigint" ? BigInt(stored) : undefined;
}
