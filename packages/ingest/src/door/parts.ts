import { type ColumnDefinition, MillraceError, type RejectedInput, type Row } from "@millrace/core";
import type { BatchPart } from "../landing/submission.ts";
import { rowProblem, unreadable } from "./check-row.ts";
import type { PushLimits } from "./push-limits.ts";

/** A row as it was read, or why it is none. */
export type ReadRow =
  | { readonly row: unknown; readonly bytes: number }
  | { readonly raw: string; readonly problem: string; readonly bytes: number };

/** What is known of a batch before its rows are read. */
export interface BatchAbout {
  readonly id?: string | undefined;
  /** Rows of the batch that the sender does not send again. */
  readonly offset: number;
  readonly untyped: boolean;
  /** The types that its rows come with, asked for once there are rows. Absent: none. */
  readonly columns?: (() => readonly ColumnDefinition[] | undefined) | undefined;
  readonly limits: PushLimits;
}

/** Cuts what is read into parts of a commit each, of which the last is marked as such. */
export class PartBuilder {
  readonly #about: BatchAbout;
  #rows: Row[] = [];
  #places: number[] = [];
  #unreadable: RejectedInput[] = [];
  #bytes = 0;
  #offset: number;
  #next: number;

  constructor(about: BatchAbout) {
    this.#about = about;
    this.#offset = about.offset;
    this.#next = about.offset + 1;
  }

  /** Fails with MLR_PUSH_LIMIT. */
  add(read: ReadRow): void {
    const { limits, offset } = this.#about;
    const place = this.#next++;
    if (place - offset > limits.bodyRows)
      throw limitError(`A body has at most ${limits.bodyRows} rows`, { rows: limits.bodyRows });
    this.#bytes += read.bytes;
    const problem = "problem" in read ? read.problem : rowProblem(read.row, limits);
    if (problem === undefined && "row" in read) {
      this.#rows.push(read.row as Row);
      this.#places.push(place);
    } else {
      const raw = "raw" in read ? read.raw : shown(read.row);
      this.#unreadable.push(unreadable(raw, place, problem ?? ""));
    }
  }

  /** Rows that were added since the last part. */
  get count(): number {
    return this.#next - 1 - this.#offset;
  }

  /** There is enough for a commit. */
  get full(): boolean {
    const { partRows, partBytes } = this.#about.limits;
    return this.count >= partRows || this.#bytes >= partBytes;
  }

  take(last: boolean, digest?: string): BatchPart {
    const { id, untyped } = this.#about;
    const columns = this.#about.columns?.();
    const gaps = this.#unreadable.length > 0;
    const part: BatchPart = {
      ...(id === undefined ? {} : { id }),
      work: {
        kind: "rows",
        rows: this.#rows,
        ...(gaps ? { places: this.#places, unreadable: this.#unreadable } : {}),
        ...(untyped ? { untyped } : {}),
        ...(columns === undefined ? {} : { columns }),
      },
      offset: this.#offset,
      count: this.count,
      last,
      bytes: this.#bytes,
      ...(digest === undefined ? {} : { digest }),
    };
    this.#offset += part.count;
    this.#rows = [];
    this.#places = [];
    this.#unreadable = [];
    this.#bytes = 0;
    return part;
  }
}

/** MLR_PUSH_LIMIT. */
export function limitError(message: string, details: Readonly<Record<string, number>>): MillraceError {
  return new MillraceError("MLR_PUSH_LIMIT", message, {
    hint: "Send less at a time; the limits are settings of the service.",
    details,
  });
}

/** What was sent, as far as it can be shown. */
function shown(row: unknown): string {
  try {
    return JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  } catch {
    return "[nested too deeply]";
  }
}
