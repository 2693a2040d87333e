import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { MillraceError, nearest } from "@millrace/core";
import { z } from "zod";

const databaseUrl = z.string().refine((text) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text), {
  message: "must be a URL such as postgresql://user:password@host:5432/database",
});

/** Every setting: its environment variable, its check, and whether it must never be shown. */
const SETTINGS = {
  /** The default destination. Default: the embedded PostgreSQL. */
  databaseUrl: { variable: "MILLRACE_DATABASE_URL", secret: true, check: databaseUrl.optional() },
  /** Database of run records and leases. Default: a schema `millrace_control` in the default destination's database, or a database of the embedded PostgreSQL. */
  controlUrl: { variable: "MILLRACE_CONTROL_URL", secret: true, check: databaseUrl.optional() },
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
} as const;

/** Name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The values of all settings; `dataDirectory` is absolute. */
export type SettingValues = { readonly [N in SettingName]: z.output<(typeof SETTINGS)[N]["check"]> };

/** Where a value comes from; a later one of this list wins. */
export type SettingOrigin = "default" | "project" | ".env" | "environment" | "flag";

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

const NAMES = Object.keys(SETTINGS) as SettingName[];
const VARIABLES = NAMES.map((name) => SETTINGS[name].variable);

/**
 * Reads the settings: defaults, then the project's configuration, `.env`, the environment and flags, of which the later
 * wins. An empty variable counts as not set. Fails with MLR_SETTINGS_INVALID.
 */
export async function loadSettings(options: LoadSettings): Promise<Settings> {
  const directory = resolve(options.directory);
  const environment = options.environment ?? process.env;
  const dotenv = await readDotenv(join(directory, ".env"));
  const layers: readonly Layer[] = [
    { origin: "project", given: named(options.config, "the project's configuration") },
    { origin: ".env", given: fromVariables(dotenv) },
    { origin: "environment", given: fromVariables(environment) },
    { origin: "flag", given: named(options.flags, "the command line") },
  ];
  const picked: Picked[] = NAMES.map((name) => pick(name, layers));
  const values = Object.fromEntries(picked.map(({ name, value }) => [name, value]));
  const origins = Object.fromEntries(picked.map(({ name, origin }) => [name, origin]));
  values["dataDirectory"] = resolve(directory, String(values["dataDirectory"]));
  return {
    // Each value came out of its own check.
    values: values as SettingValues,
    origins: origins as Record<SettingName, SettingOrigin>,
    warnings: [...unknownVariables(dotenv, ".env"), ...unknownVariables(environment, "the environment")],
    dotenv,
    lines: () =>
      NAMES.map((name) => ({
        name,
        variable: SETTINGS[name].variable,
        value: shown(name, values[name]),
        origin: origins[name] as SettingOrigin,
      })),
  };
}

/** Lends what `.env` says to the code of pipelines; variables that the environment has already stay as they are. */
export function exportDotenv(settings: Pick<Settings, "dotenv">): void {
  for (const [name, value] of Object.entries(settings.dotenv)) process.env[name] ??= value;
}

/** A connection URL without its password, for people to read. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return "***";
  const masked = new URL(url);
  if (masked.password !== "") masked.password = "***";
  for (const key of masked.searchParams.keys()) {
    if (/password|secret|token|key/i.test(key)) masked.searchParams.set(key, "***");
  }
  return masked.href;
}

interface Layer {
  readonly origin: SettingOrigin;
  readonly given: ReadonlyMap<string, unknown>;
}

function wholeNumber(low: number, high: number): z.ZodCoercedNumber {
  const message = `must be a whole number from ${low} to ${high}`;
  return z.coerce.number({ message }).int({ message }).min(low, { message }).max(high, { message });
}

async function readDotenv(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new MillraceError("MLR_SETTINGS_INVALID", `${file} cannot be read: ${error.message}`, {
      cause: error,
    });
  });
  // Editors on Windows begin files with a byte order mark.
  const parsed = parseEnv(text.replace(/^\uFEFF/, ""));
  return Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function named(input: SettingInput | undefined, where: string): Map<string, unknown> {
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(input ?? {})) {
    if (!(name in SETTINGS)) {
      const guess = nearest(name, NAMES);
      throw new MillraceError("MLR_SETTINGS_INVALID", `There is no setting "${name}" (in ${where})`, {
        hint: guess === undefined ? `The settings: ${NAMES.join(", ")}.` : `Did you mean "${guess}"?`,
        details: { setting: name },
      });
    }
    if (value !== undefined) given.set(name, value);
  }
  return given;
}

function fromVariables(environment: Readonly<Record<string, string | undefined>>): Map<string, unknown> {
  const given = new Map<string, unknown>();
  for (const name of NAMES) {
    const value = environment[SETTINGS[name].variable];
    if (value !== undefined && value !== "") given.set(name, value);
  }
  return given;
}

interface Picked {
  readonly name: SettingName;
  readonly value: unknown;
  readonly origin: SettingOrigin;
}

function pick(name: SettingName, layers: readonly Layer[]): Picked {
  const layer = layers.findLast(({ given }) => given.has(name));
  const origin = layer?.origin ?? "default";
  const value = layer?.given.get(name);
  const parsed = SETTINGS[name].check.safeParse(value);
  if (!parsed.success)
    throw invalid({ name, value, origin }, parsed.error.issues[0]?.message ?? "is invalid");
  return { name, value: parsed.data, origin };
}

function invalid({ name, value, origin }: Picked, message: string): MillraceError {
  const { variable, secret } = SETTINGS[name];
  const what = origin === ".env" || origin === "environment" ? variable : `The setting "${name}"`;
  const is = secret ? "" : ` is "${String(value)}", but`;
  return new MillraceError("MLR_SETTINGS_INVALID", `${what} (from ${LABELS[origin]})${is} ${message}`, {
    hint: "Correct it, or remove it to use the default.",
    details: { setting: name, variable, origin },
  });
}

const LABELS: Readonly<Record<SettingOrigin, string>> = {
  default: "the defaults",
  project: "the project's configuration",
  ".env": ".env",
  environment: "the environment",
  flag: "the command line",
};

function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  where: string,
): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith("MILLRACE_") && !(VARIABLES as readonly string[]).includes(name))
    .map((name) => {
      const guess = nearest(name, VARIABLES);
      return `${name} in ${where} is not a setting${guess === undefined ? "." : `; did you mean ${guess}?`}`;
    });
}

function shown(name: SettingName, value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return SETTINGS[name].secret ? maskUrl(text) : text;
}
