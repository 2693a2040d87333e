import { MillraceError, type Message, type ReadContext } from "@millrace/core";
import type { Lag } from "./lag.ts";
import type { ResolvedDatabaseOptions } from "./options.ts";
import { planReading } from "./read-plan.ts";
import { readNews } from "./read-news.ts";
import { readWhole } from "./read-whole.ts";

/** What a database source was asked for. */
export interface DatabaseReading {
  readonly options: ResolvedDatabaseOptions;
  readonly lag: Lag | undefined;
}

/** Reads a table or query, whole or what is new of it. */
export async function* readDatabase(
  { options, lag }: DatabaseReading,
  context: ReadContext,
): AsyncGenerator<Message> {
  const { cursor } = options;
  if (context.signal.aborted) return;
  if (context.since !== undefined && cursor === undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "--since needs a cursor column, and the source names none",
      {
        hint: 'Name it: database({ …, cursor: { column: "updated_at" } }).',
      },
    );
  }
  const database = await context.database(options.from);
  const plan = await planReading(database, options);
  const reading = { database, options, plan, context };
  if (cursor === undefined) yield* readWhole(reading);
  else yield* readNews({ ...reading, column: cursor.column, start: cursor.start, lag });
}
