/** Value of an attribute. */
export type AttributeValue = string | number | boolean;

/** What a span may tell, by its attribute's name; those without `millrace.` are OpenTelemetry's semantic conventions. */
export const ATTRIBUTES = {
  "millrace.pipeline": { type: "string", meaning: "The pipeline's name" },
  "millrace.group": { type: "string", meaning: "The pipeline's group" },
  "millrace.run": { type: "string", meaning: "The run's id (UUID)" },
  "millrace.continues": { type: "string", meaning: "Id of the interrupted run that it went on with" },
  "millrace.queue": { type: "string", meaning: "The queue that it came from" },
  "millrace.trigger": { type: "string", meaning: "What asked for it: schedule, manual, parent, …" },
  "millrace.try": { type: "int", meaning: "Processes that were started for the run, this one included" },
  "millrace.status": { type: "string", meaning: "What became of it" },
  "millrace.late_ms": {
    type: "double",
    meaning: "Milliseconds from when the schedule was due until the claim",
  },
  "millrace.attempt": { type: "int", meaning: "1 for the first try within the process" },
  "millrace.stream": { type: "string", meaning: "The source's stream" },
  "millrace.slice": { type: "string", meaning: "The part of the source that has an order of its own" },
  "millrace.from": { type: "string", meaning: "The page, file or table that rows came from" },
  "millrace.transform": { type: "string", meaning: "The transform's word for itself" },
  "millrace.rows": { type: "int", meaning: "Rows that came, or went in" },
  "millrace.rows_out": { type: "int", meaning: "Rows that came out" },
  "millrace.rows.read": { type: "int", meaning: "Rows that came from the source" },
  "millrace.rows.inserted": { type: "int", meaning: "Rows that are new" },
  "millrace.rows.updated": { type: "int", meaning: "Rows that replaced another version" },
  "millrace.rows.unchanged": { type: "int", meaning: "Rows that were there already" },
  "millrace.rows.removed": { type: "int", meaning: "Rows that were taken away" },
  "millrace.rows.rejected": { type: "int", meaning: "Rows that went to the quarantine" },
  "millrace.commit": { type: "int", meaning: "The commit's id" },
  "millrace.final": { type: "boolean", meaning: "The run's last commit" },
  "millrace.merged.count": { type: "int", meaning: "Further steps of this name that this span stands for" },
  "millrace.merged.duration_ms": { type: "double", meaning: "Time that those took together" },
  "millrace.merged.rows": { type: "int", meaning: "Rows of those together" },
  "millrace.process.signal": { type: "string", meaning: "The signal that ended the process" },
  "millrace.process.peak_memory_bytes": { type: "int", meaning: "Highest resident memory" },
  "millrace.process.cpu_ms": { type: "double", meaning: "CPU time" },
  "process.exit.code": { type: "int", meaning: "Exit code of the process" },
  "error.type": {
    type: "string",
    meaning: "Code of the error, such as MLR_SOURCE_FAILED; of HTTP the status",
  },
  "db.system.name": { type: "string", meaning: "The database, such as postgresql" },
  "db.namespace": { type: "string", meaning: "The database's name in the project" },
  "db.operation.name": { type: "string", meaning: "How the statement was run: query, execute, call, …" },
  "db.query.text": {
    type: "string",
    meaning: "The statement, with ? in place of values, cut to 2,000 characters",
  },
  "db.response.returned_rows": { type: "int", meaning: "Rows that were answered or changed" },
  "http.request.method": { type: "string", meaning: "GET, POST, …; _OTHER where it is none of the known" },
  "http.response.status_code": { type: "int", meaning: "Status of the answer" },
  "url.full": { type: "string", meaning: "The address, without query, user and password" },
  "server.address": { type: "string", meaning: "The server's name" },
  "server.port": { type: "int", meaning: "The server's port" },
} as const satisfies Record<string, { type: "string" | "int" | "double" | "boolean"; meaning: string }>;

/** Name of an attribute. */
export type AttributeName = keyof typeof ATTRIBUTES;

/** Attributes that are known. */
export type Attributes = { [A in AttributeName]?: AttributeValue };

/** What a span is. */
export interface SpanSpec {
  /** Its name as it is exported. */
  readonly title: string;
  readonly kind: "internal" | "client" | "consumer";
  /** The span above it. */
  readonly under: string;
  readonly meaning: string;
  readonly attributes: readonly AttributeName[];
}

const MERGED = ["millrace.merged.count", "millrace.merged.duration_ms", "millrace.merged.rows"] as const;

/** Every span: its page is docs/reference/metrics.md, and a test compares the two. */
export const SPANS = {
  run: {
    title: "run",
    kind: "consumer",
    under: "",
    meaning:
      "One process of a run, from when it could be claimed until its end is recorded; of a run by hand, the run",
    attributes: [
      "millrace.pipeline",
      "millrace.group",
      "millrace.run",
      "millrace.continues",
      "millrace.queue",
      "millrace.trigger",
      "millrace.try",
      "millrace.status",
      "millrace.late_ms",
      "millrace.rows.read",
      "millrace.rows.inserted",
      "millrace.rows.updated",
      "millrace.rows.unchanged",
      "millrace.rows.removed",
      "millrace.rows.rejected",
      "millrace.process.signal",
      "millrace.process.peak_memory_bytes",
      "millrace.process.cpu_ms",
      "process.exit.code",
      "error.type",
    ],
  },
  wait: {
    title: "wait",
    kind: "internal",
    under: "run",
    meaning: "In the queue, until a worker claimed it",
    attributes: ["millrace.queue"],
  },
  start: {
    title: "start",
    kind: "internal",
    under: "run",
    meaning: "From the claim until the pipeline's code runs in its process",
    attributes: ["millrace.queue"],
  },
  attempt: {
    title: "attempt",
    kind: "internal",
    under: "run",
    meaning: "One try within the process; another follows after an error that may pass",
    attributes: ["millrace.attempt", "error.type"],
  },
  open: {
    title: "open",
    kind: "client",
    under: "attempt",
    meaning: "The destination's session: its fence, and where the last run came to",
    attributes: ["db.system.name", "error.type"],
  },
  read: {
    title: "read",
    kind: "internal",
    under: "attempt",
    meaning: "Until the source gave its next page, or its next batch where it has no pages",
    attributes: [
      "millrace.stream",
      "millrace.slice",
      "millrace.from",
      "millrace.rows",
      "error.type",
      ...MERGED,
    ],
  },
  transform: {
    title: "transform",
    kind: "internal",
    under: "attempt",
    meaning: "One batch through one transform",
    attributes: [
      "millrace.transform",
      "millrace.stream",
      "millrace.rows",
      "millrace.rows_out",
      "error.type",
      ...MERGED,
    ],
  },
  write: {
    title: "write",
    kind: "client",
    under: "attempt",
    meaning: "One batch to the destination, with the time that it had to wait there",
    attributes: [
      "db.system.name",
      "millrace.stream",
      "millrace.slice",
      "millrace.rows",
      "error.type",
      ...MERGED,
    ],
  },
  commit: {
    title: "commit",
    kind: "client",
    under: "attempt",
    meaning: "A commit to the destination",
    attributes: ["db.system.name", "millrace.commit", "millrace.final", "error.type", ...MERGED],
  },
  quality: {
    title: "quality",
    kind: "internal",
    under: "commit",
    meaning: "Quality rules that are judged before the commit",
    attributes: ["error.type", ...MERGED],
  },
  statement: {
    title: "statement",
    kind: "client",
    under: "attempt",
    meaning: "A statement that the pipeline's code ran through `context.database`",
    attributes: [
      "db.system.name",
      "db.namespace",
      "db.operation.name",
      "db.query.text",
      "db.response.returned_rows",
      "error.type",
      ...MERGED,
    ],
  },
  http: {
    title: "GET, POST, …",
    kind: "client",
    under: "read",
    meaning: "A request of the run's process, by the HTTP source or by `fetch`",
    attributes: [
      "http.request.method",
      "http.response.status_code",
      "url.full",
      "server.address",
      "server.port",
      "error.type",
      ...MERGED,
    ],
  },
} as const satisfies Record<string, SpanSpec>;

/** Name of a span in the spec. */
export type SpanName = keyof typeof SPANS;

/** Events within spans, by name, with their attributes. */
export const SPAN_EVENTS = {
  retrying: {
    on: "run",
    meaning: "A try failed, and another follows after a while",
    attributes: ["error.type"],
  },
  exception: {
    on: "every span",
    meaning: "Why it failed",
    attributes: ["exception.type", "exception.message"],
  },
} as const;
