import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in the project's code. */
export interface CodePosition {
  /** From the project's folder on, with `/` between its parts. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Causes of causes that are looked at. */
const DEPTH = 10;
const FRAME = /^\s*at (?:.*\()?(.+?):(\d+):(\d+)\)?$/;

/**
 * Where in the project's own code an error came from: the first line of the stack of its innermost cause that lies in the
 * project, else of the causes around it. Undefined where none does, as when a server did not answer.
 */
export function codePositionOf(error: unknown, root: string): CodePosition | undefined {
  const causes: Error[] = [];
  for (let at = error; at instanceof Error && causes.length < DEPTH; at = at.cause) causes.unshift(at);
  for (const { stack = "" } of causes) {
    for (const line of stack.split("\n")) {
      const [, place = "", row, column] = FRAME.exec(line) ?? [];
      const file = row === undefined ? undefined : ownFile(place, root);
      if (file !== undefined) return { file, line: Number(row), column: Number(column) };
    }
  }
  return undefined;
}

/** The file's path in the project; undefined for one that is outside, or a package's. */
function ownFile(place: string, root: string): string | undefined {
  let path = place;
  if (place.startsWith("file:")) {
    try {
      // What is loaded again has a query, so that Node takes it for another file.
      path = fileURLToPath(new URL(place));
    } catch {
      return undefined;
    }
  }
  if (!isAbsolute(path)) return undefined;
  const own = relative(resolve(root), path);
  if (own === "" || own.startsWith("..") || isAbsolute(own)) return undefined;
  const parts = own.split(sep);
  return parts.includes("node_modules") ? undefined : parts.join("/");
}
