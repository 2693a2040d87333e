import type { EventOf, EventType, PlatformEvent } from "../../events/platform-event.ts";
import { durationText } from "../duration.ts";
import { clip } from "./clip.ts";
import { countsText, factsOf, placeOf, why } from "./facts.ts";
import type { Occurrence } from "./occurrence.ts";

/** What an event is to people: how bad, what to say, which problem it begins or ends. Undefined: nothing is said of it. */
export function describeEvent(event: PlatformEvent): Occurrence | undefined {
  const describe = DESCRIBE[event.type] as ((event: PlatformEvent) => Description) | undefined;
  if (describe === undefined) return undefined;
  const { title, text, hint, facts, ...rest } = describe(event);
  return {
    ...rest,
    item: {
      at: event.at,
      title: clip(title.replaceAll(/\s+/g, " ").trim(), 300),
      ...(text === undefined ? {} : { text }),
      ...(hint === undefined ? {} : { hint }),
      facts: factsOf({ ...facts, ...placeOf(event) }),
      ...(event.pipeline === undefined ? {} : { pipeline: event.pipeline }),
      ...(event.run === undefined ? {} : { run: event.run }),
      event,
    },
  };
}

interface Description extends Omit<Occurrence, "item"> {
  readonly title: string;
  readonly text?: string;
  readonly hint?: string;
  readonly facts?: Readonly<Record<string, string | number | undefined>>;
}

const DESCRIBE: { readonly [T in EventType]: (event: EventOf<T>) => Description } = {
  "run.queued": (event) => news(`${name(event)} is queued`, { trigger: event.data.trigger }),
  "run.started": (event) => news(`${name(event)} started`, { trigger: event.data.trigger }),
  "run.committed": (event) => ({
    ...news(`${name(event)} committed rows`, { rows: countsText(event.data.counts) }),
    ends: { subjects: [`silence:${name(event)}`], unlessInRun: [] },
  }),
  "run.finished": finished,
  "run.died": (event) => ({
    severity: event.data.requeued ? "warning" : "error",
    title: `${name(event)} died${event.data.requeued ? ", and is tried again" : ""}`,
    ...why(event.data.error, event.data.reason),
    facts: {
      code: event.data.error?.code,
      reason: event.data.error === undefined ? undefined : event.data.reason,
      attempt: event.data.attempt,
      "exit code": event.data.exitCode ?? undefined,
      signal: event.data.signal ?? undefined,
    },
    problem: {
      subject: `run:${name(event)}`,
      fingerprint: `died ${event.data.error?.code ?? event.data.signal ?? event.data.exitCode ?? ""}`,
      still: `${name(event)} still fails`,
      over: `${name(event)} works again`,
    },
  }),
  "run.retrying": (event) => ({
    severity: "warning",
    title: `${name(event)} failed, and is tried again`,
    ...why(event.data.error),
    facts: {
      code: event.data.error.code,
      attempt: event.data.attempt,
      "next try": `in ${durationText(event.data.delayMs)}`,
    },
  }),
  "pipeline.disabled": disabled,
  "pipeline.enabled": (event) => ({
    ...news(`${name(event)} is enabled`, { by: event.data.by }),
    ends: { subjects: [`disabled:${name(event)}`], unlessInRun: [] },
  }),
  "schema.changed": (event) => {
    const tables = [...new Set(event.data.changes.map(({ table }) => table))];
    return {
      ...news(`${name(event)} changed the schema of ${tables.join(", ")}`, {
        changes: event.data.changes.length,
      }),
      text: clip(event.data.changes.map(({ statement }) => statement).join("\n"), 1_500),
    };
  },
  "rows.quarantined": ({ data, ...event }) => ({
    severity: "warning",
    title: `${name(event)}: ${data.rows.toLocaleString("en-US")} rows of ${data.table} are in quarantine`,
    text: clip(data.message, 3_000),
    hint: `Look into ${data.table}__quarantine, correct the source or the pipeline, and run it again.`,
    facts: { code: data.code, table: data.table },
    problem: {
      subject: `rows:${name(event)}:${data.table}`,
      fingerprint: data.code,
      still: `${name(event)} still puts rows of ${data.table} into quarantine`,
      over: `${name(event)}: no rows of ${data.table} went into quarantine`,
    },
  }),
  "source.silent": (event) => {
    const subject = `silence:${name(event)}`;
    if (event.data.over === true)
      return { ...news(`${name(event)} gets rows again`), ends: { subjects: [subject], unlessInRun: [] } };
    return {
      severity: "error",
      title: `${name(event)}: its source is silent`,
      text: `Nothing has come for ${durationText(event.data.silentMs)}.`,
      hint: "Check whether the source itself still works, and the network to it.",
      problem: {
        subject,
        fingerprint: "silent",
        still: `${name(event)}: its source is still silent`,
        over: `${name(event)} gets rows again`,
      },
    };
  },
  "source.alarm": ({ data, ...event }) => {
    const subject = `alarm:${name(event)}:${data.alarm}`;
    if (data.over === true)
      return {
        ...news(`${name(event)}: ${data.alarm} is over`),
        text: clip(data.message, 3_000),
        ends: { subjects: [subject], unlessInRun: [] },
      };
    return {
      severity: data.severity,
      title: `${name(event)}: ${data.alarm}`,
      text: clip(data.message, 3_000),
      facts: { alarm: data.alarm },
      problem: {
        subject,
        fingerprint: data.severity,
        still: `${name(event)}: ${data.alarm} goes on`,
        over: `${name(event)}: ${data.alarm} is over`,
      },
    };
  },
  "quality.failed": ({ data, ...event }) => ({
    severity: data.severity === "fail" ? "error" : "warning",
    title: `${name(event)}: ${data.table} breaks the quality rule ${data.rule}`,
    text: clip(data.message, 3_000),
    hint: QUALITY_HINTS[data.severity],
    facts: { table: data.table, rule: data.rule, rows: data.rows },
    problem: {
      subject: `quality:${name(event)}:${data.table}:${data.rule}`,
      fingerprint: data.severity,
      still: `${name(event)}: ${data.table} still breaks the quality rule ${data.rule}`,
      over: `${name(event)}: ${data.table} keeps the quality rule ${data.rule} again`,
    },
  }),
  "worker.started": (event) => ({
    ...news(`A worker started on ${worker(event)}`, {
      queues: event.data.queues?.join(", "),
    }),
    ends: { subjects: [`worker:${worker(event)}`], unlessInRun: [] },
  }),
  "worker.lost": (event) => ({
    severity: "error",
    title: `A worker on ${worker(event)} is lost`,
    text: clip(event.data.reason, 1_000),
    hint: "Its runs are taken over by others. Check the host, and start the worker again.",
    facts: { runs: event.data.runs?.length },
    problem: {
      subject: `worker:${worker(event)}`,
      fingerprint: "lost",
      still: `A worker on ${worker(event)} is still lost`,
      over: `A worker runs on ${worker(event)} again`,
    },
  }),
  "command.done": ({ data, ...event }) => ({
    ...news(
      `${data.command} ${event.pipeline ?? event.worker ?? ""} is ${data.status}`.replaceAll("  ", " "),
      {
        by: data.by,
      },
    ),
    severity: data.status === "done" ? "info" : "warning",
    ...(data.message === undefined ? {} : { text: clip(data.message, 1_000) }),
  }),
  "log.sink.failed": (event) => {
    const { sink, message, fallback, over } = event.data;
    const subject = `sink:${sink}:${event.worker ?? ""}`;
    if (over === true)
      return { ...news(`The log sink ${sink} works again`), ends: { subjects: [subject], unlessInRun: [] } };
    return {
      severity: "warning",
      title: `The log sink ${sink} fails`,
      text: clip(message, 1_000),
      hint: "No line is lost: they are kept in a file. `millrace logs replay` sends them when the sink works again.",
      facts: { "kept in": fallback },
      problem: {
        subject,
        fingerprint: "failed",
        still: `The log sink ${sink} still fails`,
        over: `The log sink ${sink} works again`,
      },
    };
  },
};

const QUALITY_HINTS = {
  fail: "Nothing of the commit has landed. Correct the source or the rule, and run it again.",
  quarantine: "The rows are in quarantine. Correct the source or the rule, and run it again.",
  warn: "The rows have landed. Look at them with `millrace quality`.",
} as const;

function finished(event: EventOf<"run.finished">): Description {
  const { status, error, counts, durationMs } = event.data;
  const pipeline = name(event);
  const facts = { code: error?.code, rows: countsText(counts), took: durationText(durationMs) };
  if (status === "succeeded")
    return {
      ...news(`${pipeline} succeeded`, facts),
      ends: {
        subjects: [`run:${pipeline}`, `silence:${pipeline}`],
        unlessInRun: [`rows:${pipeline}:`, `quality:${pipeline}:`],
      },
    };
  if (status !== "failed") return { ...news(`${pipeline} was ${status}`, facts), ...why(error) };
  return {
    severity: "error",
    title: `${pipeline} failed`,
    ...why(error, "It has not said why."),
    facts,
    problem: {
      subject: `run:${pipeline}`,
      fingerprint: error?.code ?? "failed",
      still: `${pipeline} still fails`,
      over: `${pipeline} works again`,
    },
  };
}

function disabled(event: EventOf<"pipeline.disabled">): Description {
  const { by, reason, failures, error } = event.data;
  const pipeline = name(event);
  if (by !== undefined) return { ...news(`${pipeline} was disabled`, { by }), ...why(undefined, reason) };
  return {
    severity: "critical",
    title: `${pipeline} is disabled and runs no more`,
    ...why(error, reason),
    hint: `Correct what is wrong, then: millrace enable ${pipeline}`,
    facts: {
      reason: error === undefined ? undefined : reason,
      code: error?.code,
      "failures in a row": failures,
    },
    problem: {
      subject: `disabled:${pipeline}`,
      fingerprint: "disabled",
      still: `${pipeline} is still disabled`,
      over: `${pipeline} is enabled again`,
    },
  };
}

function news(title: string, facts: Readonly<Record<string, string | number | undefined>> = {}): Description {
  return { severity: "info", title, facts };
}

function name({ pipeline }: Pick<PlatformEvent, "pipeline">): string {
  return pipeline ?? "A pipeline";
}

/** A worker that is started anew has another id, but the same host. */
function worker(event: EventOf<"worker.started"> | EventOf<"worker.lost">): string {
  return event.data.host ?? event.worker ?? "an unknown host";
}
