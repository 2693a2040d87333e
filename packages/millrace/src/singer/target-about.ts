import { z } from "zod";
import { version } from "../version.ts";
import { variableOf } from "./load-target-options.ts";
import { targetOptions } from "./target-options.ts";

/** What the target says of itself, as Meltano reads it. */
export interface TargetAbout {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  /** A JSON schema. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const SECRETS: readonly string[] = ["database_url"];

/** What `--about` tells. */
export function targetAbout(): TargetAbout {
  const { properties, type } = z.toJSONSchema(targetOptions, { io: "input" }) as {
    properties: Record<string, Record<string, unknown>>;
    type: string;
  };
  for (const name of SECRETS) properties[name] = { ...properties[name], secret: true, writeOnly: true };
  return {
    name: "target-millrace",
    description: "Singer target that lands streams exactly, through Millrace.",
    version: version(),
    capabilities: ["about", "activate-version", "batch", "hard-delete", "soft-delete", "target-schema"],
    settings: { type, properties },
  };
}

/** `--about` in the format that was asked for; without one for people. */
export function aboutText(about: TargetAbout, format: "json" | "markdown" | undefined): string {
  if (format === "json") return JSON.stringify(about, undefined, 2);
  return format === "markdown" ? markdown(about) : plain(about);
}

interface Setting {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
}

function settingsOf({ settings }: TargetAbout): Setting[] {
  const properties = settings["properties"] as Record<string, Record<string, unknown>>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: Array.isArray(property["enum"]) ? property["enum"].join(", ") : String(property["type"]),
    default: property["default"] === undefined ? "" : JSON.stringify(property["default"]),
    description: String(property["description"]),
  }));
}

function plain(about: TargetAbout): string {
  return [
    `Name: ${about.name}`,
    `Description: ${about.description}`,
    `Version: ${about.version}`,
    "Capabilities:",
    ...about.capabilities.map((each) => `  - ${each}`),
    "Settings:",
    ...settingsOf(about).flatMap((setting) => [
      `  - Name: ${setting.name}`,
      `    Type: ${setting.type}`,
      ...(setting.default === "" ? [] : [`    Default: ${setting.default}`]),
      `    Environment Variable: ${variableOf(setting.name)}`,
      `    ${setting.description}`,
    ]),
  ].join("\n");
}

function markdown(about: TargetAbout): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return [
    `# \`${about.name}\``,
    "",
    about.description,
    "",
    `Version ${about.version}`,
    "",
    "## Capabilities",
    "",
    ...about.capabilities.map((each) => `* \`${each}\``),
    "",
    "## Settings",
    "",
    "| Setting | Type | Default | Description |",
    "| :-- | :-- | :-- | :-- |",
    ...settingsOf(about).map(
      (each) =>
        `| ${each.name} | ${cell(each.type)} | ${each.default === "" ? "" : `\`${cell(each.default)}\``} | ${cell(each.description)} |`,
    ),
  ].join("\n");
}
