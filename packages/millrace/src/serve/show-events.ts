import { type Counts } from "@millrace/core";
import { type ControlStore, subscribe, type Subscription, type PlatformEvent } from "@millrace/platform";
import { formatCount, formatSeconds } from "../output/numbers.ts";
import type { Printer } from "../output/printer.ts";
import type { Style } from "../output/style.ts";
import { clean } from "../output/text.ts";

/** Prints a line for what happens to runs and pipelines, wherever it does, until it is closed. */
export function showEvents(control: ControlStore, printer: Printer): Promise<Subscription> {
  return subscribe({
    pool: control.pool,
    types: ["run.finished", "run.died", "pipeline.disabled", "worker.lost"],
    handler: (event) => {
      const time = new Date(event.at).toTimeString().slice(0, 8);
      printer.note(`${printer.errorStyle.dim(time)} ${eventText(event, printer.errorStyle)}`);
    },
  });
}

function eventText(event: PlatformEvent, style: Style): string {
  const name = clean(event.pipeline ?? "");
  switch (event.type) {
    case "run.finished": {
      const { status, counts, durationMs, error } = event.data;
      const painted =
        status === "succeeded"
          ? style.green(status)
          : status === "failed"
            ? style.red(status)
            : style.yellow(status);
      const why = error === undefined ? "" : `: ${clean(error.message)} [${error.code}]`;
      return `${name} ${painted} in ${formatSeconds(durationMs)} s${countsText(counts)}${why}`;
    }
    case "run.died":
      return `${name} ${style.red("died")}: ${clean(event.data.reason)}${event.data.requeued ? "; it is tried again" : ""}`;
    case "pipeline.disabled":
      return `${name} ${style.red("disabled")}: ${clean(event.data.reason)}`;
    case "worker.lost":
      return style.yellow(`A worker on ${clean(event.data.host ?? "another host")} is gone`);
    default:
      return event.type;
  }
}

function countsText(counts: Readonly<Record<string, Partial<Counts>>>): string {
  const parts = Object.entries(counts).map(([table, all]) => {
    const changed = (["inserted", "updated", "removed", "restored", "rejected"] as const)
      .filter((field) => (all[field] ?? 0) > 0)
      .map((field) => `${formatCount(all[field] ?? 0)} ${field}`);
    return `${clean(table)} ${changed.length === 0 ? "unchanged" : changed.join(", ")}`;
  });
  return parts.length === 0 ? "" : `  ${parts.join(" · ")}`;
}
