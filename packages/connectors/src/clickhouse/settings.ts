import { MillraceError, type Environment } from "@millrace/core";
import type { ResolvedClickHouseOptions } from "./options.ts";

/** Where the server is and how to log in. */
export interface ServerSettings {
  /** Without user, password and path. */
  readonly url: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly timeoutMs: number;
  readonly compression: boolean;
  /** For messages: address and database, no secrets. */
  readonly location: string;
}

const NATIVE_PORTS: ReadonlyMap<number, number> = new Map([
  [9000, 8123],
  [9440, 8443],
]);

/** Puts options, URL and the settings CLICKHOUSE_… together. Fails with MLR_ARGUMENT_INVALID. */
export function serverSettings(options: ResolvedClickHouseOptions, environment: Environment): ServerSettings {
  const url = options.url === undefined ? {} : urlParts(options.url);
  const setting = (name: string): string | undefined => environment.setting?.(`CLICKHOUSE_${name}`);
  const first = (name: keyof UrlParts, fallback: string): string =>
    options[name] ?? url[name] ?? setting(name.toUpperCase()) ?? fallback;
  const port = options.port ?? url.port ?? portSetting(setting("PORT")) ?? 8123;
  const database = first("database", "default");
  const address = `${url.protocol ?? "http:"}//${first("host", "localhost")}:${port}`;
  return {
    url: address,
    port,
    user: first("user", "default"),
    password: first("password", ""),
    database,
    timeoutMs: options.timeoutMs,
    compression: options.compression,
    location: `${address}/${database}`,
  };
}

/** What to say of a port that speaks ClickHouse's native protocol; undefined for others. */
export function nativePortHint(port: number): string | undefined {
  const http = NATIVE_PORTS.get(port);
  return http === undefined
    ? undefined
    : `Port ${port} speaks ClickHouse's native protocol; Millrace speaks HTTP: use port ${http}.`;
}

/** What a URL may say that options and settings say as well. */
interface UrlParts {
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
}

function urlParts(text: string): UrlParts & { readonly protocol?: string; readonly port?: number } {
  const url = parseUrl(text);
  return {
    protocol: url.protocol,
    port: portOf(url),
    host: url.hostname,
    user: part(url.username),
    password: part(url.password),
    database: part(url.pathname.replace(/^\/+|\/+$/g, "")),
  };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The text may hold a password, so it is not repeated.
    throw new MillraceError("MLR_ARGUMENT_INVALID", 'clickhouse(): option "url" is not a URL', {
      hint: "Write it as http://user:password@host:8123/database, with special characters percent-encoded.",
      details: { option: "url" },
    });
  }
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  // `new URL` leaves a scheme's own port out, also where it was written.
  return url.protocol === "https:" ? 8443 : 8123;
}

function portSetting(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `CLICKHOUSE_PORT is "${text}", which is no port`, {
    hint: "Set it to the port of ClickHouse's HTTP interface, most often 8123.",
    details: { setting: "CLICKHOUSE_PORT" },
  });
}

/** The text decoded; undefined where it is empty. */
function part(text: string): string | undefined {
  return text === "" ? undefined : decodeURIComponent(text);
}
