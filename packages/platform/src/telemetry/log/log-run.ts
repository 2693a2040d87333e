import type { RunEvent, RunObserver } from "@millrace/core";
import { logLineOf } from "../../store/log-line.ts";
import type { Logger } from "./create-logger.ts";

/**
 * Says what happens to a run: what its code logs, schema changes, rejected rows, retries, its start and its end; each commit
 * at level `debug`.
 * @param logger bound to the run and its pipeline
 * @param keepsId the run's lines stay its own where it goes on with an interrupted one. Default: they become that one's
 */
export function logRun(
  logger: Logger,
  { keepsId = false }: { readonly keepsId?: boolean } = {},
): RunObserver {
  let log = logger;
  return (event) => {
    if (event.type === "started") {
      const attempt = Number(event.attempt);
      log = logger.child(keepsId ? { attempt } : { run: event.run, attempt });
    }
    const line = logLineOf(event) ?? ownLine(event);
    if (line === undefined) return;
    if (line.details === undefined) log[line.level](line.message);
    else log[line.level](line.details, line.message);
  };
}

interface OwnLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly details?: object;
}

function ownLine(event: RunEvent): OwnLine | undefined {
  switch (event.type) {
    case "started":
      return {
        level: "info",
        message: event.resumed ? "Run goes on where it was interrupted" : "Run started",
      };
    case "committed":
      return { level: "debug", message: `Commit ${event.commit}`, details: { tables: event.tables } };
    case "withheld":
      return {
        level: "warn",
        message: `Nothing was removed from ${event.table}: ${event.reasons.join("; ")}`,
      };
    case "finished": {
      const { status, durationMs, error } = event;
      const details = { durationMs, ...(error === undefined ? {} : { error }) };
      if (error === undefined) return { level: "info", message: `Run ${status}`, details };
      return {
        level: status === "failed" ? "error" : "warn",
        message: `Run ${status}: ${error.message}`,
        details,
      };
    }
    default:
      return undefined;
  }
}
