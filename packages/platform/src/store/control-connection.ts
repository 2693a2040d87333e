import { MillraceError } from "@millrace/core";
import pg from "pg";

/** Longest wait for a connection, in milliseconds. */
const CONNECT_MS = 10_000;
/** Longest wait for an answer: every statement here is small. */
const QUERY_MS = 30_000;

/** Where a control database is, for messages: without user and password. */
function controlLocation(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    return "(not a URL)";
  }
}

/** How a pool of connections is named and limited. */
export interface ControlPoolOptions {
  /** Connections at most. Default 4. */
  readonly max?: number;
  /** What the server shows as their program. Default `millrace control`. */
  readonly name?: string;
}

/** A pool for the control database that does not keep the process alive. */
export function controlPool(
  url: string,
  { max = 4, name = "millrace control" }: ControlPoolOptions = {},
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: checked(url),
    max,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    application_name: name,
  });
  // A connection that breaks while idle is replaced at the next use.
  pool.on("error", () => undefined);
  // One that breaks in use, between two statements, must not end the process: the next statement fails.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  return pool;
}

/** A connection of its own, for locks that live as long as a session. Not connected yet. */
export function controlClient(url: string, timeoutMs: number): pg.Client {
  const client = new pg.Client({
    connectionString: checked(url),
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    application_name: "millrace lease",
  });
  client.on("error", () => undefined);
  return client;
}

function checked(url: string): string {
  if (/^postgres(ql)?:\/\//.test(url)) return url;
  throw new MillraceError(
    "MLR_SETTINGS_INVALID",
    "The control database's URL does not begin with postgresql://",
    {
      hint: "Set MILLRACE_CONTROL_URL to a URL such as postgresql://user:password@host:5432/database.",
    },
  );
}

/** `error` as MLR_CONTROL_UNAVAILABLE that says where and what to do; a MillraceError stays as it is. */
export function controlFailure(error: unknown, url: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = "" } = error as { code?: string };
  const reason = error instanceof Error && error.message !== "" ? error.message : code || String(error);
  return new MillraceError(
    "MLR_CONTROL_UNAVAILABLE",
    `The control database ${controlLocation(url)}: ${reason}`,
    {
      hint: HINTS[code] ?? "Check that it runs and that the URL is right; `millrace doctor` looks at both.",
      details: { location: controlLocation(url), ...(code === "" ? {} : { code }) },
      retry: code in HINTS ? "never" : "later",
      cause: error,
    },
  );
}

const HINTS: Readonly<Record<string, string>> = {
  "28P01": "Check user and password in MILLRACE_CONTROL_URL (or MILLRACE_DATABASE_URL).",
  "28000": "The server does not let this user in from here; see its pg_hba.conf.",
  "3D000": "Create the database, or name another one in MILLRACE_CONTROL_URL.",
  "42501": "The user needs CREATE on the database, or a schema millrace_control that belongs to it.",
  "25006": "The server is read-only: name its primary in MILLRACE_CONTROL_URL.",
};
