import type { AppendStage } from "../stage/append-stage.ts";
import type { CommitContext, Prepared } from "./commit-context.ts";

/** append: the rows are in a table like the final one already. */
export function prepareAppend({ layout, batch }: CommitContext, stage: AppendStage | undefined): Prepared {
  const rows = stage?.count ?? 0;
  if (stage?.what === undefined || rows === 0) return { actions: [], counts: {} };
  const { database, name } = layout.main;
  const attach = {
    do: "attach",
    what: stage.what,
    database,
    table: name,
    rows,
    batch: String(batch),
  } as const;
  return { actions: [attach], counts: { inserted: rows } };
}
