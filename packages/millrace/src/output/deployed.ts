import type { DeployedCodebook, DeployedPipeline } from "../workspace/deploy.ts";
import { formatCount } from "./numbers.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { clean } from "./text.ts";

/** The tables of pipelines, and what became of each; empty where there are none. */
export function definedTable(pipelines: readonly DeployedPipeline[], style: Style): string {
  if (pipelines.length === 0) return "";
  const paint = { created: style.green, changed: style.yellow, unchanged: style.dim, inferred: style.dim };
  const rows = pipelines.flatMap(({ pipeline, tables, error }) => [
    ...tables.map(({ table, namespace, state, reason, changes }) => [
      clean(pipeline),
      clean(namespace === undefined ? table : `${namespace}.${table}`),
      paint[state](state),
      reason === undefined
        ? changesText(state === "changed" ? changes : [])
        : `${reason}: the first run makes it`,
    ]),
    ...(error === undefined ? [] : [[clean(pipeline), "", style.red("failed"), clean(error.message)]]),
  ]);
  return renderTable([{ title: "pipeline" }, { title: "table" }, { title: "state" }, { title: "" }], rows, {
    heading: style.dim,
  });
}

/** The code lists, and what became of each; empty where there are none. */
export function codebookTable(codebooks: readonly DeployedCodebook[], style: Style): string {
  if (codebooks.length === 0) return "";
  const counted = ["inserted", "updated", "unchanged", "removed", "rejected"] as const;
  return renderTable(
    [
      { title: "code list" },
      { title: "table" },
      ...counted.map((title) => ({ title, side: "right" as const })),
      { title: "" },
    ],
    codebooks.map(({ codebook, report: { tables, error } }) => {
      const counts = tables[codebook.table];
      return [
        clean(codebook.file),
        clean(codebook.table),
        ...counted.map((name) => (counts === undefined ? "" : formatCount(counts[name]))),
        error === undefined ? "" : style.red(clean(`${error.code} ${error.message}`)),
      ];
    }),
    { heading: style.dim },
  );
}

/** The last line. */
export function deployedSummary(dryRun: boolean): string {
  return dryRun ? "Nothing was written." : "";
}

function changesText(changes: readonly { readonly kind: string; readonly column?: string }[]): string {
  return changes.map(({ kind, column }) => clean(`${kind} ${column ?? ""}`.trim())).join(", ");
}
