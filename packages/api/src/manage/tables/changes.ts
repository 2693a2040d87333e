import { MillraceError } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { findTable } from "./find-tables.ts";
import { type EndedRun, findRun } from "./queries.ts";
import type { ChangesQuery, TableChanges } from "./schemas.ts";

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** What changed between two runs of a table's pipelines. Fails with MLR_RUN_NOT_FOUND, and as the reader does. */
export async function tableChanges(
  { tables, pool }: Pick<ApiContext, "tables" | "pool">,
  id: string,
  { from, to, limit }: z.output<typeof ChangesQuery>,
): Promise<z.input<typeof TableChanges>> {
  const { pipelines } = await findTable({ tables }, id);
  for (const given of [from, to]) if (given !== undefined && !UUID.test(given)) instant(given);
  const find = async (given: string | undefined, before?: string): Promise<EndedRun> => {
    if (given !== undefined && UUID.test(given)) {
      // A run whose record was pruned may still have left its traces in the table.
      return (
        (await findRun(pool, { pipelines, id: given })) ?? { run: given.toLowerCase(), finishedAt: null }
      );
    }
    const wanted = given === undefined ? {} : { at: instant(given) };
    const found = await findRun(pool, { pipelines, ...wanted, ...(before === undefined ? {} : { before }) });
    if (found !== undefined) return found;
    const when = before === undefined ? (given === undefined ? "" : ` by ${given}`) : ` before run ${before}`;
    throw new MillraceError("MLR_RUN_NOT_FOUND", `no run of ${pipelines.join(" or ")} has ended${when}`);
  };
  const last = await find(to);
  const first = await find(from, from === undefined ? last.run : undefined);
  const moment = ({ run, finishedAt }: EndedRun): { run: string; endedAt?: string } => ({
    run,
    ...(finishedAt === null ? {} : { endedAt: finishedAt }),
  });
  const { changes, more } = await tables.changes(id, { from: moment(first), to: moment(last), limit });
  return { from: first, to: last, changes: [...changes], more };
}

function instant(text: string): string {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text}" is neither a run's id nor an instant`, {
    hint: "Such as: 2026-11-22T10:00:00Z",
  });
}
