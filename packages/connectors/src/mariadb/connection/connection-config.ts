import type { ConnectionConfig } from "mariadb";
import { databaseOf, type ResolvedMariadbOptions } from "../options.ts";

/** Milliseconds within which a server has to accept the connection. */
const CONNECT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 10_000;

/** Whatever the server, the database or the user has been set to, SQL means the same. */
const SETTINGS = [
  "sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  "time_zone = '+00:00'",
  "autocommit = 1",
  "max_statement_time = 0",
  "innodb_lock_wait_timeout = 50",
  "lock_wait_timeout = 60",
  "wait_timeout = 86400",
  "net_read_timeout = 600",
  "net_write_timeout = 600",
  "sql_safe_updates = 0",
  "sql_auto_is_null = 0",
  "sql_select_limit = DEFAULT",
].join(", ");

/** How texts compare: byte by byte, without regard for trailing spaces. */
export const COLLATION = "utf8mb4_nopad_bin";

/** What the driver is told. Values come as text or exact: dates are never made to JavaScript's, nor decimals to numbers. */
export function connectionConfig(options: ResolvedMariadbOptions, name: string): ConnectionConfig {
  const { hostname, port, username, password } = new URL(options.url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(port === "" ? {} : { port: Number(port) }),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: databaseOf(options.url) ?? "",
    ...(options.tls === false ? {} : { ssl: tlsOf(options.tls) }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveDelay: KEEP_ALIVE_MS,
    collation: "UTF8MB4_BIN",
    dateStrings: true,
    timezone: "+00:00",
    checkDuplicate: false,
    autoJsonMap: false,
    insertIdAsNumber: false,
    foundRows: true,
    connectAttributes: { program_name: name.slice(0, 100) },
    initSql: [
      `SET NAMES utf8mb4 COLLATE ${COLLATION}`,
      `SET SESSION ${SETTINGS}`,
      "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
    ],
  };
}

function tlsOf(tls: Exclude<ResolvedMariadbOptions["tls"], false>): ConnectionConfig["ssl"] & object {
  if (tls === true) return { rejectUnauthorized: true };
  const { ca, cert, key, rejectUnauthorized } = tls;
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
