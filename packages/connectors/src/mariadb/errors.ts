import { MillraceError, type ErrorCode, type Json } from "@millrace/core";
import type { Failure } from "../shared/relational/index.ts";

/** Fields of the errors that the driver throws. */
interface DriverError extends Error {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly sqlMessage?: unknown;
  readonly fatal?: unknown;
  readonly cause?: unknown;
}

type Rule = Pick<Failure, "code" | "hint" | "retry" | "lost" | "condition">;

const UNAVAILABLE: Rule = {
  code: "MLR_DESTINATION_UNAVAILABLE",
  hint: "Check that MariaDB is running and can be reached at this address.",
};
const LOST: Rule = { ...UNAVAILABLE, lost: true };
const CONFLICT: Rule = { code: "MLR_DESTINATION_CONFLICT" };
const LOCKED: Rule = { ...CONFLICT, condition: "lock-timeout" };
const FULL: Rule = {
  code: "MLR_DESTINATION_FULL",
  hint: "Free some disk space for MariaDB, then run again.",
};
const READ_ONLY: Rule = {
  code: "MLR_DESTINATION_READ_ONLY",
  hint: "Connect to the primary server, or set read_only to OFF.",
};
const PERMISSION: Rule = {
  code: "MLR_DESTINATION_PERMISSION",
  hint: "Grant the user what the message names, or connect as another user.",
};
const LOGIN: Rule = {
  code: "MLR_DESTINATION_PERMISSION",
  hint: "Check user, password and database in the connection URL, and from which hosts the user may connect.",
};
const ROW: Rule = { code: "MLR_ROW_INVALID" };
const MISMATCH: Rule = {
  code: "MLR_SCHEMA_MISMATCH",
  hint: "Somebody else changed the table: see the cause, then run again.",
};
const TOO_WIDE: Rule = {
  code: "MLR_SCHEMA_INVALID",
  hint: "MariaDB tables have at most 1,017 columns, and their keys 3,072 bytes: choose fewer or shorter ones.",
};

const ROW_TOO_LARGE =
  "InnoDB keeps some 8,000 bytes of a row in one place, which is enough for about 190 columns of texts: leave columns out with pick(), or put some into a json column.";

/** By the server's error number. */
const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  ...rules(LOST, [1053, 1077, 1079, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 1969, 4031]),
  ...rules(
    { ...UNAVAILABLE, hint: "MariaDB has no connection left: raise max_connections, or run less at once." },
    [1040, 1203, 1226],
  ),
  ...rules(UNAVAILABLE, [1037, 1038, 1041, 1129, 1135]),
  ...rules(LOCKED, [1205]),
  ...rules(CONFLICT, [1213, 1020, 1412, 1479, 1614]),
  ...rules(
    {
      ...CONFLICT,
      condition: "duplicate-key",
      hint: "Another writer inserted the same value, or the rows break a unique index of the table.",
    },
    [1062, 1586, 1761, 1762],
  ),
  ...rules(FULL, [3, 1021, 1026, 1114, 1030]),
  ...rules({ ...CONFLICT, hint: "Somebody else created the table at the same time. Try again." }, [1050]),
  ...rules(
    { code: "MLR_DESTINATION_FAILED", hint: "The server has to be MariaDB 10.6 or newer." },
    [1193, 1273],
  ),
  ...rules(
    { code: "MLR_DESTINATION_FAILED", hint: "Set the server's binlog_format to MIXED or ROW." },
    [1665],
  ),
  ...rules(READ_ONLY, [1290, 1792, 1836, 1873]),
  ...rules(LOGIN, [1044, 1045, 1049, 1130, 1131, 1251, 1275, 1698, 1862]),
  ...rules(PERMISSION, [1142, 1143, 1227, 1370, 1410, 1419]),
  ...rules(ROW, [1048, 1264, 1265, 1292, 1364, 1366, 1406, 1416, 1426, 1451, 1452, 1525, 3819, 4025]),
  ...rules(MISMATCH, [1054, 1051, 1091, 1136, 1146, 1347, 1932]),
  ...rules(
    {
      code: "MLR_SCHEMA_COLLISION",
      hint: "MariaDB takes names that differ in case or accents for the same: rename one with rename().",
    },
    [1060],
  ),
  ...rules(TOO_WIDE, [1071, 1117, 1170]),
  ...rules({ code: "MLR_SCHEMA_INVALID", hint: ROW_TOO_LARGE }, [1118]),
]);

/** The driver's own numbers: the connection could not be made or is gone. */
const DRIVER_LOST = { from: 45_000, to: 45_099 };
/** Timeouts of statements and of what waits for a connection. */
const NOT_LOST: ReadonlySet<number> = new Set([45_016, 45_017, 45_018, 45_034, 45_035]);
const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "ENOENT",
]);

/** What an error of the driver means. */
export function mariadbFailure(error: unknown): Failure {
  const thrown = (error instanceof Error ? error : new Error(String(error))) as DriverError;
  const details: Record<string, Json> = {};
  if (typeof thrown.errno === "number") details["errno"] = thrown.errno;
  if (typeof thrown.sqlState === "string") details["sqlstate"] = thrown.sqlState;
  return { ...ruleFor(thrown), message: messageOf(thrown), details };
}

/** The error of a database that a pipeline uses besides its destination. @param what was being done. */
export function databaseError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code, message, hint, details, condition } = mariadbFailure(error);
  const options = {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details: { ...details } }),
  };
  const failed = databaseCode(code);
  const passes = code === "MLR_DESTINATION_CONFLICT" || code === "MLR_DESTINATION_FULL";
  const retry = passes && condition !== "duplicate-key" ? "later" : undefined;
  return new MillraceError(
    failed,
    `${what}: ${message}`,
    retry === undefined ? options : { ...options, retry },
  );
}

function databaseCode(code: ErrorCode): ErrorCode {
  return code === "MLR_DESTINATION_UNAVAILABLE" ? "MLR_DATABASE_UNAVAILABLE" : "MLR_DATABASE_FAILED";
}

function ruleFor(error: DriverError): Rule {
  const number = Number(error.errno);
  const rule = RULES.get(number);
  if (rule !== undefined) return rule;
  const code = String(error.code ?? "");
  if (code === "ENOTFOUND")
    return { ...LOST, hint: "No server has this name: check the host in the connection URL." };
  if (NETWORK.has(code)) return LOST;
  const lost = number >= DRIVER_LOST.from && number <= DRIVER_LOST.to && !NOT_LOST.has(number);
  return lost ? LOST : { code: "MLR_DESTINATION_FAILED" };
}

/** What the server said, without the statement that the driver adds, which may hold values. */
function messageOf(error: DriverError): string {
  const said =
    typeof error.sqlMessage === "string" && error.sqlMessage !== "" ? error.sqlMessage : error.message;
  const [first = ""] = said.split("\nsql:");
  return first.replace(/^\(conn:[^)]*\)\s*/, "").trim();
}

function rules(rule: Rule, numbers: readonly number[]): [number, Rule][] {
  return numbers.map((number) => [number, rule]);
}
