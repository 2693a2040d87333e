import { type PhaseItem, phaseOf, type RunTimes } from "./phase.ts";

/** An event that begins or ends an attempt. */
export interface AttemptEvent {
  readonly type: "run.started" | "run.retrying" | "run.died" | "run.finished";
  readonly at: Date;
  readonly data: {
    readonly attempt?: number;
    readonly status?: PhaseItem["outcome"];
    readonly delayMs?: number;
    readonly reason?: string;
    readonly error?: { readonly code?: string; readonly message?: string; readonly hint?: string };
  };
}

/** The processes of a run as bars, with the waits between tries inside and between them. */
export function attemptPhases(run: RunTimes, events: readonly AttemptEvent[]): PhaseItem[] {
  const { started_at: begun, finished_at: over, now } = run;
  if (begun === null) return [];
  const starts = events.filter(({ type }) => type === "run.started");
  // What ran without a worker tells no events.
  if (starts.length === 0 && run.queued_at !== null) return [];
  const attempts =
    starts.length === 0
      ? [attempt({ from: begun, to: over, now }, 1, endOf(run, events))]
      : starts.map((start, place) => {
          const next = starts[place + 1];
          const end = events.findLast(
            (event) =>
              event.at >= start.at && (next === undefined || event.at <= next.at) && ENDS.has(event.type),
          );
          const to = end?.at ?? next?.at ?? over;
          const number = start.data.attempt ?? place + 1;
          return attempt({ from: start.at, to, now }, number, end ?? endOf(run, []));
        });
  return [...attempts, ...events.flatMap((event) => retryWait(event, run))];
}

const ENDS: ReadonlySet<string> = new Set(["run.died", "run.finished"]);

function endOf(run: RunTimes, events: readonly AttemptEvent[]): AttemptEvent | undefined {
  const told = events.findLast(({ type }) => ENDS.has(type));
  if (told !== undefined || run.finished_at === null) return told;
  return { type: "run.finished", at: run.finished_at, data: { status: run.status as PhaseItem["outcome"] } };
}

function attempt(
  times: { readonly from: Date; readonly to: Date | null; readonly now: Date },
  number: number,
  end: AttemptEvent | undefined,
): PhaseItem {
  const outcome =
    end === undefined || times.to === null ? null : end.type === "run.died" ? "died" : end.data.status;
  return {
    ...phaseOf("attempt", `Attempt ${number}`, times),
    attempt: number,
    outcome: outcome ?? null,
    error: errorOf(end),
  };
}

function retryWait(event: AttemptEvent, { finished_at: over, now }: RunTimes): PhaseItem[] {
  if (event.type !== "run.retrying") return [];
  const until = new Date(event.at.getTime() + (event.data.delayMs ?? 0));
  const to = over !== null && over < until ? over : until <= now ? until : null;
  return [
    { ...phaseOf("retry-wait", "Waits to try again", { from: event.at, to, now }), error: errorOf(event) },
  ];
}

function errorOf(event: AttemptEvent | undefined): PhaseItem["error"] {
  const error = event?.data.error;
  if (error !== undefined)
    return { code: error.code ?? "MLR_INTERNAL", message: error.message ?? "", hint: error.hint ?? null };
  const reason = event?.type === "run.died" ? event.data.reason : undefined;
  return reason === undefined ? null : { code: "MLR_RUN_DIED", message: reason, hint: null };
}
