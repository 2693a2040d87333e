import { MillraceError } from "@millrace/core";
import type { ResolvedSqlServerOptions } from "../options.ts";

/** Where and how to connect, all sources of options put together. */
export interface ConnectionSettings {
  readonly server: string;
  readonly port: number | undefined;
  readonly instanceName: string | undefined;
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly authentication: ResolvedSqlServerOptions["authentication"];
  readonly encrypt: boolean | "strict";
  readonly trustServerCertificate: boolean;
  readonly connectTimeoutMs: number;
  readonly multiSubnetFailover: boolean;
  readonly readOnlyIntent: boolean;
}

/** What a URL may say after its question mark; case does not matter. */
const PARAMETERS = ["encrypt", "trustServerCertificate", "instanceName", "database"] as const;

type Parameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

/** The options and the URL as one. Fails with MLR_ARGUMENT_INVALID; never connects. */
export function connectionSettings(options: ResolvedSqlServerOptions): ConnectionSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all: Partial<ConnectionSettings> = {
    ...(options.url === undefined ? {} : settingsOfUrl(options.url)),
    ...given,
  };
  const { server, port, instanceName, database, user, password, authentication } = all;
  if (server === undefined) throw invalid('sqlserver(): neither "url" nor "server" says where to connect');
  if (instanceName !== undefined && port !== undefined) {
    throw invalid('sqlserver(): "port" and "instanceName" contradict each other', "Leave one of them out.");
  }
  if (user === undefined && (authentication === undefined || authentication.type === "ntlm")) {
    throw invalid(
      "sqlserver(): no user is given",
      'Set "user" and "password", put them into the URL, or choose another "authentication".',
    );
  }
  const { encrypt, trustServerCertificate, connectTimeoutMs, multiSubnetFailover, readOnlyIntent } = {
    ...DEFAULTS,
    ...all,
  };
  const place = { server, port, instanceName, database };
  const login = { user, password, authentication };
  const how = { encrypt, trustServerCertificate, connectTimeoutMs, multiSubnetFailover, readOnlyIntent };
  return { ...place, ...login, ...how };
}

const DEFAULTS = {
  encrypt: true as boolean | "strict",
  trustServerCertificate: false,
  connectTimeoutMs: 15_000,
  multiSubnetFailover: false,
  readOnlyIntent: false,
};

/** Where the database is, without secrets, for messages. */
export function locationOf(settings: ConnectionSettings): string {
  const { server, port, instanceName, database } = settings;
  const host = server.includes(":") ? `[${server}]` : server;
  const place = instanceName === undefined ? `${host}:${port ?? 1433}` : `${host}\\${instanceName}`;
  return `mssql://${place}${database === undefined ? "" : `/${database}`}`;
}

function settingsOfUrl(text: string): Partial<Omit<ConnectionSettings, "authentication">> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The URL itself stays out of the message: it holds the password.
    throw invalid(
      'sqlserver(): option "url" is no URL',
      "Write mssql://user:password@host:1433/database; characters such as @ : / # in the password as %40 %3A %2F %23.",
    );
  }
  const parameters = parametersOf(url);
  const path = decode(url.pathname.replace(/^\//, ""));
  const encrypt = parameters.encrypt?.toLowerCase();
  return {
    ...(url.hostname === "" ? {} : { server: decode(url.hostname).replace(/^\[(.*)\]$/, "$1") }),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...(url.username === "" ? {} : { user: decode(url.username) }),
    ...(url.password === "" ? {} : { password: decode(url.password) }),
    ...(path === "" ? {} : { database: path }),
    ...(parameters.database === undefined ? {} : { database: parameters.database }),
    ...(parameters.instanceName === undefined ? {} : { instanceName: parameters.instanceName }),
    ...(encrypt === undefined
      ? {}
      : { encrypt: encrypt === "strict" ? "strict" : truth("encrypt", encrypt) }),
    ...(parameters.trustServerCertificate === undefined
      ? {}
      : {
          trustServerCertificate: truth("trustServerCertificate", parameters.trustServerCertificate),
        }),
  };
}

function parametersOf(url: URL): Parameters {
  const found: Parameters = {};
  for (const [name, value] of url.searchParams) {
    const known = PARAMETERS.find((each) => each.toLowerCase() === name.toLowerCase());
    if (known === undefined) {
      throw invalid(
        `sqlserver(): the URL has an unknown parameter "${name}"`,
        `It may have ${PARAMETERS.join(", ")}.`,
      );
    }
    found[known] = value;
  }
  return found;
}

function truth(name: string, text: string): boolean {
  if (/^(true|yes|1|mandatory)$/i.test(text)) return true;
  if (/^(false|no|0|optional)$/i.test(text)) return false;
  throw invalid(`sqlserver(): "${name}" in the URL is neither true nor false`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(
      'sqlserver(): option "url" has a % that is no escape',
      "Write % as %25 in users and passwords.",
    );
  }
}

function invalid(message: string, hint?: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", message, hint === undefined ? {} : { hint });
}
