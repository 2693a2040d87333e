import type { Schedule } from "@millrace/core";
import type { Operations } from "../../operations.ts";

/** Fires of schedules: working out the times of a cron expression is slow enough to be done once. */
export class Fires {
  readonly #operations: Pick<Operations, "nextFires">;
  readonly #after = new Map<string, { readonly key: string; readonly due: number | undefined }>();

  constructor(operations: Pick<Operations, "nextFires">) {
    this.#operations = operations;
  }

  /** The first fire after an instant that no blackout leaves out, in ms since 1970; undefined where none comes. */
  after(
    of: { readonly pipeline: string; readonly purpose: string },
    schedule: Schedule,
    ms: number,
  ): number | undefined {
    const place = `${of.purpose} ${of.pipeline}`;
    const text = JSON.stringify(schedule);
    const key = `${ms} ${text}`;
    const known = this.#after.get(place);
    if (known?.key === key) return known.due;
    const due = this.list(schedule, ms, 1)[0];
    this.#after.set(place, { key, due });
    return due;
  }

  /** The next fire from now on: worked out again when it has passed, or the schedule is another. */
  next(pipeline: string, schedule: Schedule, nowMs: number): number | undefined {
    const place = `next ${pipeline}`;
    const key = JSON.stringify(schedule);
    const known = this.#after.get(place);
    if (known?.key === key && (known.due === undefined || known.due > nowMs)) return known.due;
    const due = this.list(schedule, nowMs, 1)[0];
    this.#after.set(place, { key, due });
    return due;
  }

  /** The first `count` fires after an instant. */
  list(schedule: Schedule, afterMs: number, count: number): number[] {
    return this.#operations
      .nextFires(schedule, { count, after: new Date(afterMs) })
      .map((at) => Date.parse(at));
  }
}
