import type { ColumnDefinition, Message } from "@millrace/core";
import type { ReadPlan } from "./read-plan.ts";

/** The messages before the first row of a stream: its definition, once, and again where the columns change. */
export class StreamHead {
  readonly #plan: ReadPlan;
  #told = "";

  constructor(plan: ReadPlan) {
    this.#plan = plan;
  }

  /** @param columns of the answer that the next rows are in. */
  *messages(columns: readonly ColumnDefinition[]): Generator<Message> {
    const { stream, key, required } = this.#plan;
    const told = JSON.stringify(columns);
    if (told === this.#told) return;
    this.#told = told;
    yield {
      type: "schema",
      stream: {
        name: stream,
        columns: columns.map((column) =>
          required.has(column.name) ? { ...column, nullable: false } : column,
        ),
        ...(key.length === 0 ? {} : { key }),
      },
    };
  }
}
