import type { QuarantinedRow, QuarantinePage } from "@millrace/api";
import { type BrowsedPage, type Inspector, type Json, MillraceError, type RowChange } from "@millrace/core";
import type { FoundTable, Places } from "./places.ts";
import type { Answers, Question } from "./protocol.ts";

/** Answers a question of the process that serves. Fails with a MillraceError that is for whoever asked. */
export async function answer(places: Places, question: Question): Promise<Answers[keyof Answers]> {
  if (question.kind === "tables") return places.tables();
  if (question.kind === "state") return stateOf(places, question.pipeline);
  const found = await places.find(question.table);
  switch (question.kind) {
    case "find":
      return { table: found.table, pipelines: found.pipelines, mode: found.mode };
    case "rows":
      return found.place.use((inspector) => browse(inspector, found, question.query));
    case "quarantine":
      return found.place.use(async (inspector) =>
        refusedRows(await browse(inspector, found, { ...question.query, of: "quarantine" })),
      );
    case "history":
      return found.place.use((inspector) => inspector.history(found.table, question.key));
    case "changes":
      return found.place.use((inspector) => changesOf(inspector, found, question.between));
  }
}

function browse(
  inspector: Inspector,
  { table, location }: FoundTable,
  query: Parameters<NonNullable<Inspector["browse"]>>[1],
): Promise<BrowsedPage> {
  if (inspector.browse !== undefined) return inspector.browse(table, query);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Tables in ${location} cannot be read page by page`, {
    details: { table },
  });
}

async function changesOf(
  inspector: Inspector,
  { table, location }: FoundTable,
  { from, to, limit }: Extract<Question, { kind: "changes" }>["between"],
): Promise<Answers["changes"]> {
  const all = inspector.changes?.(table, { from, to });
  if (all === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `Runs cannot be compared in ${location}`, {
      hint: "The versions of single rows can be: open a row.",
    });
  }
  const changes: RowChange[] = [];
  for await (const change of all) {
    if (changes.length === limit) return { changes, more: true };
    changes.push(change);
  }
  return { changes, more: false };
}

async function stateOf(places: Places, pipeline: string): Promise<Answers["state"]> {
  const state = await places.placeOf(pipeline).use((inspector) => inspector.state(pipeline));
  if (state === undefined) return { state: undefined };
  const openEpochs = state.openEpochs.map(({ id, stream, scope, taints }) => ({
    id,
    stream,
    scope: scope ?? null,
    taints: [...taints],
  }));
  return { state: { checkpoints: Object.fromEntries(state.checkpoints), openEpochs } };
}

/** The columns of a quarantine, whichever place it is in. */
function refusedRows({ columns, rows, next, estimatedRows }: BrowsedPage): QuarantinePage {
  const at = new Map(columns.map(({ name }, index) => [name, index]));
  return {
    rows: rows.map((row): QuarantinedRow => {
      const value = (name: string): Json => row[at.get(name) ?? -1] ?? null;
      const text = (name: string): string | null => {
        const found = value(name);
        return found === null ? null : String(found);
      };
      const line = value("line");
      return {
        row: value("row"),
        code: text("code") ?? "",
        reason: text("reason") ?? "",
        file: text("file"),
        line: line === null ? null : Number(line),
        run: text("run_id"),
        rejectedAt: text("rejected_at"),
      };
    }),
    ...(next === undefined ? {} : { next }),
    ...(estimatedRows === undefined ? {} : { estimatedRows }),
  };
}
