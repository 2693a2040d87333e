import { readFileSync } from "node:fs";
import { MillraceError } from "@millrace/core";
import type { ConnectionOptions } from "rabbitmq-client";

/** A broker that does not answer for four times half of this is taken for gone. */
const HEARTBEAT_SECONDS = 10;
const RETRY_MS = { low: 250, high: 5_000 };
/** A channel is waited for until the broker is there. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Options of a connection from `amqp://user:password@host:port/vhost`. With `amqps` the server's certificate is checked
 * against the authorities of Node.js; `?cacertfile=` names others, `?certfile=` and `?keyfile=` the client's own certificate.
 * Without a user it is `guest`. Fails with MLR_SETTINGS_INVALID where a file cannot be read.
 */
export function brokerOptions(url: string, connectionName: string): ConnectionOptions {
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const secure = protocol === "amqps:";
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (secure ? 5671 : 5672) : Number(port),
    username: username === "" ? "guest" : decodeURIComponent(username),
    password: username === "" ? "guest" : decodeURIComponent(password),
    vhost: pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : "/",
    connectionName,
    heartbeat: HEARTBEAT_SECONDS,
    retryLow: RETRY_MS.low,
    retryHigh: RETRY_MS.high,
    acquireTimeout: FOREVER_MS,
    noDelay: true,
    tls: secure && {
      ...tlsFiles(searchParams),
      ...(/^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname }),
    },
  };
}

/** Where a broker is, for messages: without user and password. */
export function brokerLocation(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

const FILES = { cacertfile: "ca", certfile: "cert", keyfile: "key" } as const;

function tlsFiles(parameters: URLSearchParams): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const found: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
  for (const [parameter, option] of Object.entries(FILES)) {
    const path = parameters.get(parameter);
    if (path !== null) found[option] = readTlsFile(parameter, path);
  }
  return found;
}

function readTlsFile(parameter: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new MillraceError(
      "MLR_SETTINGS_INVALID",
      `MILLRACE_QUEUE_URL: ${parameter} "${path}" cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { hint: "Name a PEM file that this user can read.", cause: error },
    );
  }
}
