import { MillraceError, type ErrorCode, type Json } from "@millrace/core";

/** Fields of the errors that `pg` throws for what the server said; and Node's `code` for what the network did. */
interface DriverError extends Error {
  code?: unknown;
  detail?: unknown;
  hint?: unknown;
  schema?: unknown;
  table?: unknown;
  column?: unknown;
  constraint?: unknown;
  errors?: unknown;
}

interface Rule {
  readonly code: ErrorCode;
  readonly retry?: "never" | "later";
  readonly hint?: string;
  /** The connection is gone with it. */
  readonly lost?: boolean;
}

const UNAVAILABLE: Rule = {
  code: "MLR_DESTINATION_UNAVAILABLE",
  hint: "Check that PostgreSQL is running and can be reached at this address.",
};
const LOST: Rule = { ...UNAVAILABLE, lost: true };
const CONFLICT: Rule = { code: "MLR_DESTINATION_CONFLICT" };
const FULL: Rule = {
  code: "MLR_DESTINATION_FULL",
  hint: "Free some disk space for PostgreSQL, then run again.",
};
const READ_ONLY: Rule = {
  code: "MLR_DESTINATION_READ_ONLY",
  hint: "Connect to the primary server, or set default_transaction_read_only to off.",
};
const PERMISSION: Rule = {
  code: "MLR_DESTINATION_PERMISSION",
  hint: "Grant the user what the message names, or connect as another user.",
};
const REFUSED_LOGIN: Rule = {
  code: "MLR_DESTINATION_PERMISSION",
  hint: "Check user and password in the connection URL, and the server's pg_hba.conf.",
};
const ROW: Rule = { code: "MLR_ROW_INVALID" };
const MISMATCH: Rule = {
  code: "MLR_SCHEMA_MISMATCH",
  hint: "Somebody else changed the table, or views depend on the column: see the cause, then run again.",
};

/** By SQLSTATE, or its first two characters, or Node's error code: the longest match wins. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries({
    "08": LOST,
    "57P": LOST,
    "25P03": LOST,
    "25P04": LOST,
    "58": UNAVAILABLE,
    "53300": {
      ...UNAVAILABLE,
      hint: "PostgreSQL has no connection left: raise max_connections, or run less at once.",
    },
    "53200": { ...UNAVAILABLE, hint: "PostgreSQL ran out of memory: lower work_mem or the size of commits." },
    "40": CONFLICT,
    "55P03": CONFLICT,
    "55006": CONFLICT,
    "23505": {
      ...CONFLICT,
      hint: "Another writer inserted the same value, or the rows break a unique constraint of the table.",
    },
    "53100": FULL,
    "53400": {
      ...FULL,
      hint: "A limit of the server was reached: raise the setting that the message names.",
    },
    "25006": READ_ONLY,
    "42501": PERMISSION,
    "28": REFUSED_LOGIN,
    "3D000": {
      code: "MLR_DESTINATION_FAILED",
      hint: "Create the database first (CREATE DATABASE …), or correct its name in the connection URL.",
    },
    "22": ROW,
    "23": ROW,
    "54000": ROW,
    "54011": { code: "MLR_SCHEMA_INVALID", hint: "PostgreSQL tables have at most 1,600 columns." },
    "0A000": MISMATCH,
    "2BP01": MISMATCH,
    "42P01": MISMATCH,
    "42703": MISMATCH,
    "42804": MISMATCH,
    "42P07": CONFLICT,
    "42701": CONFLICT,
    "42P06": CONFLICT,
    "42710": CONFLICT,
    "57014": {
      code: "MLR_DESTINATION_CONFLICT",
      hint: "The statement was cancelled: by statement_timeout, or by somebody.",
    },
    ECONNREFUSED: LOST,
    ECONNRESET: LOST,
    ECONNABORTED: LOST,
    EPIPE: LOST,
    ETIMEDOUT: LOST,
    EHOSTUNREACH: LOST,
    ENETUNREACH: LOST,
    EADDRNOTAVAIL: LOST,
    ENOENT: LOST,
    EAI_AGAIN: LOST,
    ENOTFOUND: { ...LOST, hint: "No server has this name: check the host in the connection URL." },
  }),
);

/** What `pg` says without a code when a connection is lost or not to be had. */
const LOST_MESSAGE =
  /connection terminated|connection ended|client has encountered a connection error|not queryable|client was closed|timeout exceeded when trying to connect|server does not support ssl|socket (?:disconnected|hang up)/i;

/** What the operating system says of limits that have no SQLSTATE of their own. */
const FULL_MESSAGE = /no space left on device|file too large|disk quota exceeded/i;

/**
 * The MillraceError for what the driver threw.
 * @param where what was being done and where, without credentials: `writing to table "a" of postgresql://host/db`.
 */
export function postgresError(error: unknown, where: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const thrown = firstOf(error);
  const rule = ruleFor(thrown);
  const options = {
    cause: error,
    details: detailsOf(thrown),
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
  };
  const hint = text(thrown.hint) ?? rule.hint;
  const message = `${where}: ${withoutCredentials(thrown.message || text(thrown.code) || "unknown error")}`;
  return new MillraceError(rule.code, message, hint === undefined ? options : { ...options, hint });
}

/** True where the connection is gone, so that what became of the last statement is not known. */
export function isConnectionLost(error: unknown): boolean {
  const thrown = error instanceof MillraceError ? error.cause : error;
  return thrown !== undefined && ruleFor(firstOf(thrown)).lost === true;
}

/** The connection URL as it may be shown: user, password and parameters left out. */
export function locationOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `postgresql://${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    return "postgresql://(unreadable URL)";
  }
}

/** Trying several addresses of one name fails with an AggregateError without a message of its own. */
function firstOf(error: unknown): DriverError {
  const thrown = (error instanceof Error ? error : new Error(String(error))) as DriverError;
  const inner = Array.isArray(thrown.errors) ? (thrown.errors as unknown[])[0] : undefined;
  return inner instanceof Error ? inner : thrown;
}

function ruleFor(error: DriverError): Rule {
  const code = text(error.code) ?? "";
  if (FULL_MESSAGE.test(error.message)) return FULL;
  const rule = RULES.get(code) ?? RULES.get(code.slice(0, 3)) ?? RULES.get(code.slice(0, 2));
  if (rule !== undefined) return rule;
  return LOST_MESSAGE.test(error.message) ? LOST : { code: "MLR_DESTINATION_FAILED" };
}

function detailsOf(error: DriverError): Record<string, Json> {
  const details: Record<string, Json> = {};
  for (const field of ["code", "detail", "schema", "table", "column", "constraint"] as const) {
    const value = text(error[field]);
    if (value !== undefined) details[field === "code" ? "sqlstate" : field] = withoutCredentials(value);
  }
  return details;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A URL in a message may carry a password. */
function withoutCredentials(message: string): string {
  return message.replaceAll(/(\w+:\/\/)[^\s/"']*@/g, "$1");
}
