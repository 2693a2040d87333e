import { MillraceError } from "@millrace/core";

/** One step of a path: a member's name, an element's index, or all of either. */
export type Segment = string | number | "*all";

const STEP =
  /\.\*|\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[\*\]|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

/**
 * Reads the part of JSONPath that can be followed while reading: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`.
 * Fails with MLR_ARGUMENT_INVALID.
 */
export function parseJsonPath(path: string): Segment[] {
  const segments: Segment[] = [];
  if (!path.startsWith("$")) throw invalid(path, 0);
  let at = 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const step = STEP.exec(path);
    if (step === null) throw invalid(path, at);
    const [text, name, index, single, double] = step;
    if (text === ".*" || text === "[*]") segments.push("*all");
    else if (index !== undefined) segments.push(Number(index));
    else segments.push(`.${name ?? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1")}`);
    at += text.length;
  }
  return segments;
}

/** Whether a step leads to the member `key` (a name) or element `key` (an index) of a container. */
export function leadsTo(segment: Segment | undefined, key: string | number): boolean {
  if (segment === "*all") return true;
  return typeof key === "number" ? segment === key : segment === `.${key}`;
}

function invalid(path: string, at: number): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `"${path}" is not a path that json() can follow: it stops at character ${at + 1}`,
    {
      hint: "Paths start with $ and go on with .name, ['name'], [0], [*] or .*, for instance \"$.features[*]\".",
      details: { path },
    },
  );
}
