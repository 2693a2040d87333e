import type { RunEvent, RunReport } from "@millrace/core";
import type { Printer } from "./printer.ts";
import { progressLine } from "./progress-line.ts";
import { ProgressState } from "./progress-state.ts";
import { qualityLines } from "./quality-lines.ts";
import { RunNotes } from "./run-notes.ts";
import { runSummary } from "./run-summary.ts";
import { StatusLine } from "./status-line.ts";
import { clean } from "./text.ts";
import { align } from "./width.ts";

const LIVE_MS = 100;
const PLAIN_MS = 3000;

/** Shows one run while it goes on, on stderr. */
export interface RunView {
  observe(event: RunEvent): void;
  /** The run is over: its line stays, with what is worth knowing below it. */
  end(report: RunReport): void;
  /** The run was a dry one: nothing stays, unless it failed. */
  endDry(report: RunReport): void;
}

/**
 * Begins to show a run of `pipeline`: on a terminal one line that is redrawn, otherwise a line every few seconds.
 * @param nameWidth to which names are filled up, so that the lines of several runs stand in columns
 * @param alone false where other runs are shown at the same time: then also a terminal gets a line every few seconds
 */
export function showRun(printer: Printer, pipeline: string, nameWidth: number, alone = true): RunView {
  const state = new ProgressState();
  const notes = new RunNotes();
  const live = printer.stderr.isTTY && alone;
  const status = live ? new StatusLine(printer.stderr) : undefined;
  const name = align(clean(pipeline), nameWidth, "left");
  const draw = (): void => {
    const text = `${name}  ${progressLine(state)}`;
    if (status === undefined) printer.note(`… ${text}`);
    else status.show(text, printer.errorStyle.cyan);
  };
  const timer = setInterval(draw, live ? LIVE_MS : PLAIN_MS);
  timer.unref();
  const stop = (): void => {
    clearInterval(timer);
    status?.close();
  };
  let thrown: unknown;
  const summarize = (report: RunReport): void => {
    printer.note(runSummary(report, name, printer.errorStyle));
    if (thrown !== undefined) printer.trace(thrown);
  };
  if (live) draw();
  return {
    observe(event) {
      state.observe(event);
      notes.observe(event);
      if (event.type === "finished") thrown = event.error;
      if (event.type === "retrying" && !live) draw();
      if (event.type === "log" && (event.level === "warn" || printer.verbose)) {
        printer.note(`  ${printer.errorStyle.dim(`${name}  ${clean(event.message)}`)}`);
      }
    },
    end: (report) => {
      stop();
      summarize(report);
      for (const note of notes.of(report)) printer.note(`  ${printer.errorStyle.yellow("!")} ${note}`);
      for (const line of qualityLines(report.quality ?? [], printer.errorStyle)) printer.note(`  ${line}`);
    },
    endDry: (report) => {
      stop();
      if (report.status === "failed") summarize(report);
      for (const line of qualityLines(report.quality ?? [], printer.errorStyle)) printer.note(`  ${line}`);
    },
  };
}
