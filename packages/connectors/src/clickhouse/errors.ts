import { MillraceError, type ErrorCode } from "@millrace/core";
import { nativePortHint } from "./settings.ts";

/** Whether the server is used as destination or as one of the databases of a pipeline: the codes differ. */
export type ServerUse = "DESTINATION" | "DATABASE";

/** What went wrong, where, for a message. */
export interface ErrorPlace {
  readonly use: ServerUse;
  /** Without secrets. */
  readonly location: string;
  readonly port: number;
  /** What was being done, such as `writing table "orders"`. */
  readonly doing?: string | undefined;
}

type Kind = "UNAVAILABLE" | "FAILED" | "PERMISSION" | "READ_ONLY" | "FULL";

interface Rule {
  readonly kind: Kind;
  readonly retry?: "never" | "later";
  readonly hint?: string;
}

const MEMORY =
  "ClickHouse ran out of memory: raise max_memory_usage of the user's profile, or make commits smaller (commit: { rows: … } of the pipeline).";
const LOGIN =
  "Check user and password: the options of clickhouse(), or CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.";
const GRANT =
  "Grant the user what the message names: CREATE, ALTER, INSERT, SELECT, DROP on its database and on database millrace.";

/** By the server's error code. */
const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [81, { kind: "FAILED", hint: "Create the database, or name one that exists." }],
  [
    159,
    {
      kind: "UNAVAILABLE",
      hint: "The statement took too long: raise max_execution_time of the user's profile.",
    },
  ],
  [
    160,
    {
      kind: "UNAVAILABLE",
      hint: "The statement was estimated to take too long: raise timeout_before_checking_execution_speed.",
    },
  ],
  [164, { kind: "READ_ONLY", hint: "The user's profile has readonly set: use another user." }],
  [173, { kind: "UNAVAILABLE", hint: MEMORY }],
  [192, { kind: "PERMISSION", hint: LOGIN }],
  [193, { kind: "PERMISSION", hint: LOGIN }],
  [194, { kind: "PERMISSION", hint: LOGIN }],
  [
    195,
    { kind: "PERMISSION", hint: "The server's users.xml does not let this user connect from this address." },
  ],
  [201, { kind: "UNAVAILABLE", hint: "The user's quota is used up: wait, or raise it." }],
  [
    202,
    {
      kind: "UNAVAILABLE",
      hint: "The server runs too many statements at once: raise max_concurrent_queries, or run less at once.",
    },
  ],
  [209, { kind: "UNAVAILABLE" }],
  [210, { kind: "UNAVAILABLE" }],
  [241, { kind: "UNAVAILABLE", hint: MEMORY }],
  [
    242,
    { kind: "READ_ONLY", hint: "The table is read-only on this replica: check its connection to Keeper." },
  ],
  [243, { kind: "FULL", hint: "Free some disk space for ClickHouse, then run again." }],
  [
    252,
    {
      kind: "UNAVAILABLE",
      hint: "The table has too many parts, because rows come in many small commits: raise the commit limits of the pipeline.",
    },
  ],
  [291, { kind: "PERMISSION", hint: GRANT }],
  [497, { kind: "PERMISSION", hint: GRANT }],
  [516, { kind: "PERMISSION", hint: LOGIN }],
]);

const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Codes that `isServerError` is asked for. */
export const SERVER_CODE = {
  tableExists: 57,
  unknownTable: 60,
  unknownDatabase: 81,
  cancelled: 394,
} as const;

/** The server's own number of an error that `serverError` made; undefined where the server did not answer. */
export function serverCode(error: unknown): number | undefined {
  const code = error instanceof MillraceError ? error.details["clickhouseCode"] : undefined;
  return typeof code === "number" ? code : undefined;
}

/** What the driver or the server threw, as a MillraceError: with the server's words, never its stack or the values. */
export function serverError(error: unknown, place: ErrorPlace): MillraceError {
  if (error instanceof MillraceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/for clickhouse-client program/i.test(text)) return wrongPort(place, error);
  const code = codeOf(error, text);
  if (code === undefined) return networkError(error, text, place);
  const rule = RULES.get(code) ?? { kind: "FAILED" as const };
  return made({ ...place, rule, said: cleaned(text), code, cause: error });
}

function codeOf(error: unknown, text: string): number | undefined {
  const field = (error as { code?: unknown }).code;
  if (typeof field === "string" && /^\d+$/.test(field)) return Number(field);
  const match = /\b(?:Code|Error): (\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The server's message without the decoration that its versions put around it. */
function cleaned(text: string): string {
  return text
    .replace(/^.*?DB::Exception: /s, "")
    .replace(/, e\.what\(\) = .*$/s, "")
    .replace(/\s*\(version [^)]*\)\s*$/s, "")
    .trim()
    .slice(0, 1_000);
}

function networkError(error: unknown, text: string, place: ErrorPlace): MillraceError {
  const code = (error as { code?: unknown }).code;
  const lost =
    (typeof code === "string" && NETWORK.has(code)) || /timeout|socket hang up|aborted|network/i.test(text);
  const hint =
    nativePortHint(place.port) ?? "Check that ClickHouse is running and can be reached at this address.";
  const rule: Rule = lost ? { kind: "UNAVAILABLE", hint } : { kind: "FAILED" };
  return made({ ...place, rule, said: text.slice(0, 1_000) || String(code), cause: error });
}

function wrongPort(place: ErrorPlace, cause: unknown): MillraceError {
  const hint = nativePortHint(place.port) ?? "Use the port of ClickHouse's HTTP interface, most often 8123.";
  return made({
    ...place,
    rule: { kind: "UNAVAILABLE", retry: "never", hint },
    said: "the port does not speak HTTP",
    cause,
  });
}

function made(
  all: ErrorPlace & {
    readonly rule: Rule;
    readonly said: string;
    readonly code?: number;
    readonly cause: unknown;
  },
): MillraceError {
  const { rule, use, location, doing } = all;
  const where = `ClickHouse at ${location}${doing === undefined ? "" : `, ${doing}`}`;
  return new MillraceError(codeFor(use, rule.kind), `${where}: ${all.said}`, {
    ...(rule.hint === undefined ? {} : { hint: rule.hint }),
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
    ...(all.code === undefined ? {} : { details: { clickhouseCode: all.code } }),
    cause: all.cause,
  });
}

function codeFor(use: ServerUse, kind: Kind): ErrorCode {
  if (use === "DATABASE") return kind === "UNAVAILABLE" ? "MLR_DATABASE_UNAVAILABLE" : "MLR_DATABASE_FAILED";
  return `MLR_DESTINATION_${kind}`;
}
