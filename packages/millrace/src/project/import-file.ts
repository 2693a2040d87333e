import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/core";
import { lendOwnPackages } from "./own-packages.ts";

/**
 * Imports a file of the project and returns its default export; undefined where it has none.
 * Fails with MLR_PROJECT_INVALID, which names the file and, where it is known, the line.
 */
export async function importDefault(path: string, root: string): Promise<unknown> {
  lendOwnPackages();
  try {
    const loaded = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    throw fileError(path, root, error);
  }
}

/** `path` as the project's people know it: from the root, with forward slashes. */
export function projectPath(path: string, root: string): string {
  return relative(root, path).replaceAll("\\", "/");
}

/** What is wrong with a file, as MLR_PROJECT_INVALID. */
export function fileError(path: string, root: string, cause: unknown): MillraceError {
  const file = projectPath(path, root);
  const message = cause instanceof Error ? cause.message : String(cause);
  const line = lineIn(path, cause);
  const where = line === undefined ? file : `${file}:${line}`;
  const hint = hintFor(cause, message);
  return new MillraceError("MLR_PROJECT_INVALID", `${where}: ${summary(cause, message)}`, {
    ...(hint === undefined ? {} : { hint }),
    details: {
      file,
      ...(line === undefined ? {} : { line }),
      ...(cause instanceof MillraceError ? { code: cause.code, ...cause.details } : {}),
    },
    cause,
  });
}

/** The line of `path` that the error's stack names first: where a syntax error is, or which line of the file threw. */
function lineIn(path: string, cause: unknown): number | undefined {
  if (!(cause instanceof Error) || cause.stack === undefined) return undefined;
  const url = pathToFileURL(path).href;
  for (const name of [url, path]) {
    const at = cause.stack.indexOf(`${name}:`);
    const digits = at < 0 ? null : /^\d+/.exec(cause.stack.slice(at + name.length + 1));
    if (digits !== null) return Number(digits[0]);
  }
  return undefined;
}

function summary(cause: unknown, message: string): string {
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(message);
  if (missing !== null) return `cannot find "${missing[1]}"`;
  const exported = /^The requested module '([^']+)' does not provide an export named '([^']+)'/.exec(message);
  if (exported !== null) return `"${exported[1]}" exports nothing named "${exported[2]}"`;
  if (cause instanceof SyntaxError) return `syntax error: ${message.trim()}`;
  return message.trim();
}

function hintFor(cause: unknown, message: string): string | undefined {
  if (cause instanceof MillraceError) return cause.hint;
  const missing = /^Cannot find package '([^']+)'/.exec(message);
  if (missing !== null) return `Install it in the project: npm install ${missing[1]}`;
  if (message.startsWith("Cannot find module")) {
    return "Imports of the project's own files need their full name: ./name.ts";
  }
  if (cause instanceof SyntaxError && /ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX/.test(String(codeOf(cause)))) {
    return "Node runs TypeScript by leaving its types out; enums, namespaces and parameter properties need other words.";
  }
  return undefined;
}

function codeOf(cause: Error): unknown {
  return "code" in cause ? cause.code : undefined;
}
