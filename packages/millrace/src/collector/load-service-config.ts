import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import { checkOwnCode, fileAccess, readPrivateFile } from "@millrace/platform/settings";
import { importDefault } from "../project/import-file.ts";
import { DEFAULT_CONFIG, parseServiceConfig, type ServiceConfig } from "./service-config.ts";

const CODE = new Set([".ts", ".mts", ".js", ".mjs"]);

/** A configuration as it was found. */
export interface LoadedServiceConfig {
  readonly config: ServiceConfig;
  /** It was not there, and was written with the defaults. */
  readonly created: boolean;
}

/**
 * The configuration in a file: JSON, YAML, or TypeScript with a default export. Written with the defaults where there is none.
 * Fails with MLR_FILE_EXPOSED where others may change it (or read it, as it may hold credentials), with
 * MLR_PROJECT_INVALID and MLR_ARGUMENT_INVALID.
 */
export async function loadServiceConfig(
  file: string,
  { root, warn }: { readonly root: string; readonly warn: (text: string) => void },
): Promise<LoadedServiceConfig> {
  const access = fileAccess(process.env, warn);
  if (CODE.has(path.extname(file))) {
    await checkOwnCode({ ...access, path: file });
    return { config: parseServiceConfig(await importDefault(file, root), file), created: false };
  }
  const known = await readPrivateFile({ ...access, path: file });
  if (known === undefined) await create(file);
  return {
    config: parseServiceConfig(await parse(known ?? DEFAULT_CONFIG, file), file),
    created: known === undefined,
  };
}

async function create(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const { parse: parseYaml } = await import("yaml");
  const text = isJson(file) ? `${JSON.stringify(parseYaml(DEFAULT_CONFIG), null, 2)}\n` : DEFAULT_CONFIG;
  // It may be given credentials.
  await writeFile(file, text, { flag: "wx", mode: 0o600 });
}

async function parse(text: string, file: string): Promise<unknown> {
  try {
    if (isJson(file)) return JSON.parse(text);
    const { parse: parseYaml } = await import("yaml");
    return parseYaml(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError("MLR_PROJECT_INVALID", `${file}: ${message}`, {
      hint: "Its ending says what it is: .json, .yaml, .yml or .ts.",
      cause: error,
    });
  }
}

function isJson(file: string): boolean {
  return path.extname(file) === ".json";
}
