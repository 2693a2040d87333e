import type { FoundDocument, FoundTransition } from "@millrace/platform";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import { truncate } from "../output/width.ts";

/** Documents as a table, a line each. */
export function documentTable(found: readonly FoundDocument[], style: Style): string {
  if (found.length === 0) return "No documents. A pipeline whose source is documents() shows them here.";
  return renderTable(
    [
      { title: "document" },
      { title: "file" },
      { title: "type" },
      { title: "state" },
      { title: "stage" },
      { title: "confidence", side: "right" },
      { title: "received" },
      { title: "pipeline" },
    ],
    found.map(({ id, name, type, state, stage, confidence, receivedAt, pipeline }) => [
      id,
      truncate(clean(name), 40),
      clean(type ?? "–"),
      stateText(state, style),
      clean(stage),
      confidence === null ? "–" : confidence.toFixed(2),
      timeText(receivedAt.toISOString()),
      clean(pipeline),
    ]),
    { heading: style.dim },
  );
}

/** One document with its fields, and everything that happened to it. */
export function documentText(
  document: FoundDocument & { readonly transitions: readonly FoundTransition[] },
  style: Style,
): string {
  const { name, state, stage, file, pipeline, errorCode, errorMessage, fields, transitions } = document;
  const rows = Object.entries(fields?.values ?? {}).map(([field, value]) => [
    clean(field),
    truncate(clean(value === null ? "–" : String(value)), 60),
    fields?.fieldConfidence[field]?.toFixed(2) ?? "–",
  ]);
  return [
    `${clean(name)}  ${stateText(state, style)}  at ${clean(stage)}, ${clean(pipeline)}`,
    `${document.id}  ${clean(file)}`,
    ...(errorCode === null ? [] : [style.red(`${errorCode}: ${clean(errorMessage ?? "")}`)]),
    ...(fields?.problems ?? []).map(({ message }) => style.yellow(clean(message))),
    ...(rows.length === 0
      ? []
      : [
          "",
          renderTable(
            [{ title: "field" }, { title: "value" }, { title: "confidence", side: "right" }],
            rows,
            { heading: style.dim },
          ),
        ]),
    ...Object.entries(fields?.lines ?? {}).map(([table, lines]) => `${clean(table)}: ${lines.length} lines`),
    "",
    renderTable(
      [
        { title: "stage" },
        { title: "outcome" },
        { title: "at" },
        { title: "ms", side: "right" },
        { title: "attempt", side: "right" },
        { title: "" },
      ],
      transitions.map(({ stage: at, outcome, at: when, durationMs, attempt, message }) => [
        clean(at),
        stateText(outcome, style),
        timeText(when.toISOString()),
        String(Math.round(durationMs)),
        String(attempt),
        truncate(clean(message ?? ""), 70),
      ]),
      { heading: style.dim },
    ),
  ].join("\n");
}

function stateText(state: string, style: Style): string {
  if (state === "done" || state === "accepted" || state === "corrected") return style.green(state);
  if (state === "failed") return style.red(state);
  return state === "review" || state === "retry" || state === "rejected" ? style.yellow(state) : state;
}
