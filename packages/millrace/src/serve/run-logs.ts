import type { RunObserver } from "@millrace/core";
import type { WorkerOptions } from "@millrace/orchestrator";
import { type Logger, logRun } from "@millrace/platform";

/** Brings what runs of a worker say to the project's logs: what their code logs and writes, and what becomes of them. */
export function runLogs(logger: Logger): Required<Pick<WorkerOptions, "onLine" | "observe">> {
  const going = new Map<string, { readonly own: Logger; readonly says: RunObserver }>();
  type Claim = Parameters<NonNullable<WorkerOptions["onLine"]>>[0];
  const of = (claim: Claim): { readonly own: Logger; readonly says: RunObserver } => {
    const known = going.get(claim.token);
    if (known !== undefined) return known;
    const { id, pipeline, group } = claim;
    const own = logger.child({
      run: id,
      pipeline,
      ...(group === undefined ? {} : { group }),
    });
    const made = { own, says: logRun(own, { keepsId: true }) };
    going.set(claim.token, made);
    return made;
  };
  return {
    onLine: (claim, { stream, text }) => {
      const log = of(claim).own.child({ stream });
      if (stream === "stderr") log.warn(text);
      else log.info(text);
    },
    observe: (notice) => {
      if (notice.type === "event") of(notice.claim).says(notice.event);
      if (notice.type !== "ended") return;
      const { claim, outcome, end, report } = notice;
      const { own } = of(claim);
      going.delete(claim.token);
      // What a report says its own last event has said.
      if (report !== undefined && report.status === outcome) return;
      const { exitCode, signal } = end;
      own.warn(
        { exitCode, signal },
        outcome === "queued" ? "Its process ended; it is tried again" : `Run ${outcome}`,
      );
    },
  };
}
