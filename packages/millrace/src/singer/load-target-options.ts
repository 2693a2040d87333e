import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MillraceError, parseOptions } from "@millrace/core";
import { targetOptions, type TargetOptions } from "./target-options.ts";

/** Before the name of an option in capitals: its environment variable. */
const VARIABLE_PREFIX = "TARGET_MILLRACE_";

/** Options whose variables are taken as they are; those of the others are JSON. */
const TEXTS: readonly string[] = [
  "database_url",
  "destination",
  "name",
  "default_target_schema",
  "load_method",
];

/** Where the configuration comes from. */
export interface TargetConfigPlaces {
  /** Paths of JSON files, of which the later wins; `ENV` stands for the environment. */
  readonly configs: readonly string[];
  /** Where relative paths start. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the target's configuration. Fails with MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN. */
export async function loadTargetOptions(places: TargetConfigPlaces): Promise<TargetOptions> {
  let given: Record<string, unknown> = {};
  for (const config of places.configs) {
    given = { ...given, ...(config === "ENV" ? fromEnvironment(places) : await fromFile(config, places)) };
  }
  const options = parseOptions(targetOptions, given, "singer-target");
  if (options.destination !== undefined && options.database_url !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "singer-target: database_url and destination are both given",
      { hint: "Keep the one that says where to land." },
    );
  }
  return options;
}

/** The environment variable of an option. */
export function variableOf(option: string): string {
  return VARIABLE_PREFIX + option.toUpperCase();
}

function fromEnvironment({ environment }: TargetConfigPlaces): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const option of Object.keys(targetOptions.shape)) {
    const text = environment[variableOf(option)];
    if (text === undefined || text === "") continue;
    given[option] = TEXTS.includes(option) ? text : parsed(text, `the variable ${variableOf(option)}`);
  }
  return given;
}

async function fromFile(config: string, { directory }: TargetConfigPlaces): Promise<Record<string, unknown>> {
  const file = resolve(directory, config);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `singer-target: the configuration ${file} cannot be read`,
      {
        hint: "Give the path of a JSON file with --config, or ENV for environment variables.",
        details: { file },
        cause,
      },
    );
  }
  const value = parsed(text, `the configuration ${file}`);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `singer-target: the configuration ${file} is no JSON object`,
    {
      hint: 'For instance { "load_method": "upsert" }.',
      details: { file },
    },
  );
}

/** What is wrong with it is not quoted: it may be a secret. */
function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `singer-target: ${what} is no JSON`, {
      hint: "Correct it. Texts in JSON stand in double quotes.",
    });
  }
}
