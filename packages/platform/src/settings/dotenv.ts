import { join } from "node:path";
import { parseEnv } from "node:util";
import { type PrivateFile, readPrivateFile } from "./file-access.ts";

/**
 * What the `.env` of a folder says; nothing where there is none.
 * Fails with MLR_FILE_EXPOSED where others can read it, and with MLR_SETTINGS_INVALID where it cannot be read.
 */
export async function readDotenv(
  directory: string,
  access: Omit<PrivateFile, "path"> = {},
): Promise<Record<string, string>> {
  return parseDotenv((await readPrivateFile({ ...access, path: join(directory, ".env") })) ?? "");
}

/** The variables of a text in the format of `.env`. */
export function parseDotenv(text: string): Record<string, string> {
  // Editors on Windows begin files with a byte order mark.
  const parsed = parseEnv(text.replace(/^\uFEFF/, ""));
  return Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
