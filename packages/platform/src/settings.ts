import { resolve } from "node:path";
import { z } from "zod";
import { parseDotenv, readDotenv } from "./settings/dotenv.ts";
import { ALLOW_OPEN_FILES, checkOwnCode, readPrivateFile, type PrivateFile } from "./settings/file-access.ts";
import { maskUrl } from "./settings/mask-url.ts";
import {
  type SettingDefinition,
  type SettingLayer,
  type SettingOrigin,
  SettingTable,
} from "./settings/setting-table.ts";
import { SECRET_PREFIX, unknownVariables } from "./settings/unknown-variables.ts";

export { ALLOW_OPEN_FILES, checkOwnCode, maskUrl, parseDotenv, readPrivateFile, SECRET_PREFIX };
export type { PrivateFile, SettingOrigin };

const databaseUrl = z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
  message: "must be a URL such as postgresql://user:password@host:5432/database",
});

const brokerUrl = z.string().refine((text) => /^amqps?:\/\//.test(text) && URL.canParse(text), {
  message: "must be a URL such as amqps://user:password@host:5671/vhost",
});

/** Every setting: its environment variable, its check, and whether it must never be shown. */
const SETTINGS = {
  /** The default destination. Default: the embedded PostgreSQL. */
  databaseUrl: {
    variable: "MILLRACE_DATABASE_URL",
    aliases: [{ variable: "DATABASE_URL", begins: /^postgres/i }],
    secret: true,
    check: databaseUrl.optional(),
  },
  /** Database of run records and leases. Default: a schema `millrace_control` in the default destination's database, or a database of the embedded PostgreSQL. */
  controlUrl: { variable: "MILLRACE_CONTROL_URL", secret: true, check: databaseUrl.optional() },
  /** A RabbitMQ through which runs and commands reach workers. Default: none, they reach them through PostgreSQL. */
  queueUrl: { variable: "MILLRACE_QUEUE_URL", secret: true, check: brokerUrl.optional() },
  /** Folder of everything that Millrace keeps, relative to the project. Default `.millrace`. */
  dataDirectory: {
    variable: "MILLRACE_DATA_DIR",
    secret: false,
    check: z.string().min(1).default(".millrace"),
  },
  /** The port that the embedded PostgreSQL tries first. Default: chosen by the folder's name, and kept. */
  postgresPort: {
    variable: "MILLRACE_PG_PORT",
    secret: false,
    check: wholeNumber(1, 65_535).optional(),
  },
  /** Seconds after which a run that has stopped to answer may be replaced. Default 15. */
  leaseSeconds: {
    variable: "MILLRACE_LEASE_SECONDS",
    secret: false,
    check: wholeNumber(3, 3600).default(15),
  },
  /** Days after which records of runs, logs, events and messages are deleted; 0: never. Default 30. */
  keepDays: { variable: "MILLRACE_KEEP_DAYS", secret: false, check: wholeNumber(0, 36_500).default(30) },
  /** Runs of each pipeline that stay on record, and results of each quality rule; 0: any number. Default 1,000. */
  keepRuns: { variable: "MILLRACE_KEEP_RUNS", secret: false, check: wholeNumber(0, 1e9).default(1_000) },
  /** Log lines, events, messages and commands that stay, of each so many; 0: any number. Default 10,000,000. */
  keepRows: {
    variable: "MILLRACE_KEEP_ROWS",
    secret: false,
    check: wholeNumber(0, 1e12).default(10_000_000),
  },
  /** Days after which lines of the audit log are deleted; 0: never. Default 365. */
  keepAuditDays: {
    variable: "MILLRACE_KEEP_AUDIT_DAYS",
    secret: false,
    check: wholeNumber(0, 36_500).default(365),
  },
  /** Where `millrace secret` keeps secrets: in the control database, or in `secrets.json` of the data folder. Default `database`. */
  secretsStore: {
    variable: "MILLRACE_SECRETS_STORE",
    secret: false,
    check: z.enum(["database", "file"], { message: 'must be "database" or "file"' }).default("database"),
  },
  /** A folder with one file per secret, such as `/run/secrets`, relative to the project. Default: none. */
  secretsDirectory: {
    variable: "MILLRACE_SECRETS_DIR",
    secret: false,
    check: z.string().min(1).optional(),
  },
  /** Opens the stored secrets. Default: what the file below holds; on a terminal it is asked for. */
  masterPassword: {
    variable: "MILLRACE_MASTER_PASSWORD",
    secret: "whole",
    check: z.string().min(1).optional(),
  },
  /** A file that holds the master password, relative to the project. Others must not be able to read it. */
  masterPasswordFile: {
    variable: "MILLRACE_MASTER_PASSWORD_FILE",
    secret: false,
    check: z.string().min(1).optional(),
  },
  /** The master password before the last change: accepted too, so that nothing has to be restarted at the same moment. */
  previousMasterPassword: {
    variable: "MILLRACE_PREVIOUS_MASTER_PASSWORD",
    secret: "whole",
    check: z.string().min(1).optional(),
  },
  /** Port of `/metrics` in `millrace up`, `worker` and `scheduler`; 0: none. Default: 9464, or the next that is free. */
  metricsPort: {
    variable: "MILLRACE_METRICS_PORT",
    secret: false,
    check: wholeNumber(0, 65_535).optional(),
  },
  /** Address that `/metrics` listens on. Default `127.0.0.1`: this machine only. */
  metricsHost: {
    variable: "MILLRACE_METRICS_HOST",
    secret: false,
    check: z.string().min(1).default("127.0.0.1"),
  },
  /** Port of the dashboard and the API in `millrace up`; 0: none. Default: 8080, or the next that is free. */
  apiPort: {
    variable: "MILLRACE_API_PORT",
    secret: false,
    check: wholeNumber(0, 65_535).optional(),
  },
  /** Address that they listen on. Default `127.0.0.1`: this machine only. */
  apiHost: { variable: "MILLRACE_API_HOST", secret: false, check: z.string().min(1).default("127.0.0.1") },
  /** The address by which people reach the dashboard, such as `https://millrace.example.org`. Default: the one it listens on. */
  apiUrl: {
    variable: "MILLRACE_API_URL",
    secret: false,
    check: z
      .string()
      .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
        message: "must be a URL such as https://millrace.example.org",
      })
      .optional(),
  },
  /** Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed, separated by commas. Default: none. */
  apiProxies: { variable: "MILLRACE_API_PROXIES", secret: false, check: z.string().min(1).optional() },
  /** Port on which `millrace ingest` and `millrace up` take rows that are pushed; 0: none. Default: 8090, or the next that is free. */
  ingestPort: {
    variable: "MILLRACE_INGEST_PORT",
    secret: false,
    check: wholeNumber(0, 65_535).optional(),
  },
  /** Port of gRPC where there is no TLS; 0: none. Default: 8091, or the next that is free. */
  ingestGrpcPort: {
    variable: "MILLRACE_INGEST_GRPC_PORT",
    secret: false,
    check: wholeNumber(0, 65_535).optional(),
  },
  /** Address that they listen on. Default `127.0.0.1`: this machine only. */
  ingestHost: {
    variable: "MILLRACE_INGEST_HOST",
    secret: false,
    check: z.string().min(1).default("127.0.0.1"),
  },
  /** PEM file of the certificate by which they are reached, relative to the project. Default: no TLS. */
  ingestTlsCert: { variable: "MILLRACE_INGEST_TLS_CERT", secret: false, check: z.string().min(1).optional() },
  /** PEM file of its key. */
  ingestTlsKey: { variable: "MILLRACE_INGEST_TLS_KEY", secret: false, check: z.string().min(1).optional() },
  /** PEM file of who signs the certificates that senders have to show. Default: they show none. */
  ingestTlsClientCa: {
    variable: "MILLRACE_INGEST_TLS_CLIENT_CA",
    secret: false,
    check: z.string().min(1).optional(),
  },
  /**
   * What rows are acknowledged for: `committed`, when they are in their destination; `queued`, also when they are kept in the
   * control database because the destination is away, from where they land later in their order. Default `committed`.
   */
  ingestAccept: {
    variable: "MILLRACE_INGEST_ACCEPT",
    secret: false,
    check: z.enum(["committed", "queued"]).default("committed"),
  },
  /** Rows per second that one token may push; 0: any number. Default 0. */
  ingestRowsPerSecond: {
    variable: "MILLRACE_INGEST_ROWS_PER_SECOND",
    secret: false,
    check: wholeNumber(0, 1e9).default(0),
  },
  /** Port of the data API in `millrace api` and `millrace up`; 0: none. Default: 8092, or the next that is free. */
  dataPort: {
    variable: "MILLRACE_DATA_PORT",
    secret: false,
    check: wholeNumber(0, 65_535).optional(),
  },
  /** Address that it listens on. Default `127.0.0.1`: this machine only. */
  dataHost: { variable: "MILLRACE_DATA_HOST", secret: false, check: z.string().min(1).default("127.0.0.1") },
  /** The address by which people reach the data API, such as `https://data.example.org`. Default: the one it listens on. */
  dataUrl: {
    variable: "MILLRACE_DATA_URL",
    secret: false,
    check: z
      .string()
      .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
        message: "must be a URL such as https://data.example.org",
      })
      .optional(),
  },
  /** Origins whose pages may ask the data API, such as `https://shop.example.org`, separated by commas; `*`: all. Default: none. */
  dataOrigins: { variable: "MILLRACE_DATA_ORIGINS", secret: false, check: z.string().min(1).optional() },
  /** A read replica of the default destination, or a user of it that can only read, from which the data API reads. Default: the default destination. */
  dataReplicaUrl: { variable: "MILLRACE_DATA_REPLICA_URL", secret: true, check: databaseUrl.optional() },
  /** Connections that the requests of one role to the data API may have. Default 8. */
  dataConnections: {
    variable: "MILLRACE_DATA_CONNECTIONS",
    secret: false,
    check: wholeNumber(1, 1_000).default(8),
  },
  /** Seconds after which the data API ends a statement. Default 30. */
  dataTimeoutSeconds: {
    variable: "MILLRACE_DATA_TIMEOUT_SECONDS",
    secret: false,
    check: wholeNumber(1, 3_600).default(30),
  },
  /** What GraphQL answers: `any` query, `saved` ones alone, or none (`off`). Default `any`. */
  dataGraphql: {
    variable: "MILLRACE_DATA_GRAPHQL",
    secret: false,
    check: z.enum(["any", "saved", "off"]).default("any"),
  },
  /** Whether GraphQL tells its schema, to each role what that may read: `on` or `off`. Default `on`. */
  dataIntrospection: {
    variable: "MILLRACE_DATA_INTROSPECTION",
    secret: false,
    check: z.enum(["on", "off"]).default("on"),
  },
  /** Requests in a minute that the data API answers to a key without a limit of its own. Default 6,000. */
  dataKeyRate: {
    variable: "MILLRACE_DATA_KEY_RATE",
    secret: false,
    check: wholeNumber(1, 1e9).default(6_000),
  },
  /** Requests in a minute that it answers to an address without a key. Default 600. */
  dataPublicRate: {
    variable: "MILLRACE_DATA_PUBLIC_RATE",
    secret: false,
    check: wholeNumber(1, 1e9).default(600),
  },
  /** Issuer of the service that signs people in by OpenID Connect. Default: none, users are kept by Millrace alone. */
  oidcIssuer: {
    variable: "MILLRACE_OIDC_ISSUER",
    secret: false,
    check: z
      .string()
      .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
        message: "must be a URL such as https://login.example.org/realms/main",
      })
      .optional(),
  },
  /** What that service knows Millrace by. */
  oidcClientId: { variable: "MILLRACE_OIDC_CLIENT_ID", secret: false, check: z.string().min(1).optional() },
  /** Name of the secret that proves it. Default `oidc-client-secret`. */
  oidcClientSecret: {
    variable: "MILLRACE_OIDC_CLIENT_SECRET_NAME",
    secret: false,
    check: z.string().min(1).default("oidc-client-secret"),
  },
  /** What the button on the sign-in page says. Default: the issuer's host. */
  oidcLabel: { variable: "MILLRACE_OIDC_LABEL", secret: false, check: z.string().min(1).max(60).optional() },
  /** What is asked for of a person. Default `openid profile email`. */
  oidcScopes: {
    variable: "MILLRACE_OIDC_SCOPES",
    secret: false,
    check: z.string().min(1).default("openid profile email"),
  },
  /** The claim that roles are read from. Default `groups`. */
  oidcRoleClaim: {
    variable: "MILLRACE_OIDC_ROLE_CLAIM",
    secret: false,
    check: z.string().min(1).default("groups"),
  },
  /** Which values of it give which role, such as `admin=platform; operator=data,on-call; viewer=*`. */
  oidcRoles: { variable: "MILLRACE_OIDC_ROLES", secret: false, check: z.string().min(1).optional() },
  /** Where traces and metrics are sent by OTLP over HTTP, without `/v1/traces`. Default: nowhere. */
  otlpEndpoint: {
    variable: "MILLRACE_OTLP_ENDPOINT",
    aliases: [{ variable: "OTEL_EXPORTER_OTLP_ENDPOINT", begins: /^https?:\/\//i }],
    secret: true,
    check: z
      .string()
      .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
        message: "must be a URL such as http://localhost:4318",
      })
      .optional(),
  },
  /** Headers that are sent along, such as `authorization=Bearer%20…`, separated by commas. Default: none. */
  otlpHeaders: {
    variable: "MILLRACE_OTLP_HEADERS",
    aliases: [{ variable: "OTEL_EXPORTER_OTLP_HEADERS", begins: /^[^=\s]+=/ }],
    secret: "whole",
    check: z.string().min(1).optional(),
  },
  /** Share of runs that are traced, from 0 to 1. Default 1. */
  traceSample: {
    variable: "MILLRACE_TRACE_SAMPLE",
    secret: false,
    check: z.coerce
      .number({ message: "must be a number from 0 to 1" })
      .min(0, { message: "must be a number from 0 to 1" })
      .max(1, { message: "must be a number from 0 to 1" })
      .default(1),
  },
  /** Accept `.env`, key and secret files that others can read, with a warning. Default false. */
  allowOpenFiles: {
    variable: ALLOW_OPEN_FILES,
    secret: false,
    check: flag().default(false),
    outside: true,
  },
} as const satisfies Record<string, SettingDefinition>;

/** Name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The values of all settings; those that name files and folders are absolute. */
export type SettingValues = { readonly [N in SettingName]: z.output<(typeof SETTINGS)[N]["check"]> };

/** What was given for some settings, unchecked. */
export type SettingInput = { readonly [N in SettingName]?: unknown };

export interface LoadSettings {
  /** The project's folder: `.env` is looked for there, and relative paths start there. */
  readonly directory: string;
  /** From the project's configuration. */
  readonly config?: SettingInput;
  /** From the command line. */
  readonly flags?: SettingInput;
  /** Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A setting for people to read. */
export interface SettingLine {
  readonly name: SettingName;
  readonly variable: string;
  /** Passwords are replaced by `***`; null where it is not set. */
  readonly value: string | null;
  readonly origin: SettingOrigin;
  /** The variable that said it, where that is not its own but an alias. */
  readonly alias?: string;
}

/** All settings, checked, with their origins. */
export interface Settings {
  readonly values: SettingValues;
  readonly origins: Readonly<Record<SettingName, SettingOrigin>>;
  /** What looks like a mistake, such as a variable MILLRACE_… that does not exist. */
  readonly warnings: readonly string[];
  /** Everything that `.env` says, also what is no setting. */
  readonly dotenv: Readonly<Record<string, string>>;
  /** The settings without secrets. */
  lines(): SettingLine[];
}

const TABLE = new SettingTable<SettingName>(SETTINGS);
/** Settings that are paths from the project's folder on. */
const PATHS = [
  ...["dataDirectory", "secretsDirectory", "masterPasswordFile"],
  ...["ingestTlsCert", "ingestTlsKey", "ingestTlsClientCa"],
] as readonly SettingName[];
/** Never lent to the code of pipelines: it opens every secret. */
const KEPT_BACK: readonly string[] = [
  SETTINGS.masterPassword.variable,
  SETTINGS.previousMasterPassword.variable,
];

/**
 * Reads the settings: defaults, then the project's configuration, `.env`, the environment and flags, of which the later
 * wins. An empty variable counts as not set. Fails with MLR_SETTINGS_INVALID, and with MLR_FILE_EXPOSED where others can
 * read `.env`.
 */
export async function loadSettings(options: LoadSettings): Promise<Settings> {
  const directory = resolve(options.directory);
  const environment = options.environment ?? process.env;
  const warnings: string[] = [];
  const access = fileAccess(environment, (text) => warnings.push(text));
  const dotenv = await readDotenv(directory, access);
  const layers: readonly SettingLayer[] = [
    { origin: "project", given: TABLE.named(options.config, "the project's configuration") },
    { origin: ".env", given: TABLE.fromVariables(dotenv) },
    { origin: "environment", given: TABLE.fromVariables(environment) },
    { origin: "flag", given: TABLE.named(options.flags, "the command line") },
  ];
  const picked = TABLE.names.map((name) => TABLE.pick(name, layers, (text) => warnings.push(text)));
  const values: Record<string, unknown> = Object.fromEntries(picked.map(({ name, value }) => [name, value]));
  const origins = Object.fromEntries(picked.map(({ name, origin }) => [name, origin]));
  for (const name of PATHS) {
    const path = values[name];
    if (typeof path === "string") values[name] = resolve(directory, path);
  }
  for (const { name, value } of picked) TABLE.makeKnown(name, value);
  const places = [
    { variables: dotenv, where: ".env" },
    { variables: environment, where: "the environment" },
  ];
  return {
    // Each value came out of its own check.
    values: values as SettingValues,
    origins: origins as Record<SettingName, SettingOrigin>,
    warnings: [...warnings, ...unknownVariables(places, TABLE.variables)],
    dotenv,
    lines: () =>
      picked.map(({ name, origin, alias }) => ({
        name,
        variable: SETTINGS[name].variable,
        value: TABLE.shown(name, values[name]),
        origin,
        ...(alias === undefined ? {} : { alias }),
      })),
  };
}

/** How files with secrets may be read, as the environment says. @param environment Default: this process's. */
export function fileAccess(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  warn: (text: string) => void = () => undefined,
): Omit<PrivateFile, "path"> {
  const { variable, check } = SETTINGS.allowOpenFiles;
  const parsed = check.safeParse(environment[variable] === "" ? undefined : environment[variable]);
  return { allowOpen: parsed.data ?? false, warn };
}

/**
 * Lends what the `.env` of a folder says to the code of pipelines, but for the master password; variables that the
 * environment has already stay as they are. Fails as `loadSettings`.
 * @param environment says whether a `.env` that others can read is accepted.
 */
export async function lendDotenv(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const dotenv = await readDotenv(resolve(directory), fileAccess(environment));
  for (const [name, value] of Object.entries(dotenv)) {
    if (!KEPT_BACK.includes(name)) process.env[name] ??= value;
  }
}

function wholeNumber(low: number, high: number): z.ZodCoercedNumber {
  const message = `must be a whole number from ${low} to ${high}`;
  return z.coerce.number({ message }).int({ message }).min(low, { message }).max(high, { message });
}

function flag(): z.ZodType<boolean, unknown> {
  const message = "must be true or false";
  const words: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };
  return z
    .unknown()
    .refine((value) => typeof value === "boolean" || String(value).toLowerCase() in words, { message })
    .transform((value) => (typeof value === "boolean" ? value : words[String(value).toLowerCase()] === true));
}
