import { MillraceError } from "@millrace/core";
import { search } from "@aws-lambda-powertools/jmespath";
import { compile } from "json-p3";
import { follow, parseSteps } from "../select-path.ts";

/** Takes the rows out of a document; undefined where the place they should be at does not exist. */
export type RowsOf = (document: unknown, text: () => string) => readonly unknown[] | undefined;

/** Compiles where the rows are. A path to an array means its elements. Fails with MLR_ARGUMENT_INVALID. */
export function compileRows(path: string | { readonly jmespath: string }): RowsOf {
  if (typeof path !== "string") return jmesPath(path.jmespath);
  if (!path.startsWith("$")) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${path}" is not a JSONPath: it has to start with $`, {
      hint: 'Write for instance "$.data[*]", or { jmespath: "…" }.',
    });
  }
  const plain = parseSteps(path.replace(/(\[\*\]|\.\*)$/, ""));
  return plain === undefined ? jsonPath(path) : plainPath(plain, /(\[\*\]|\.\*)$/.test(path));
}

/** The usual case: a place, and all that is in it. */
function plainPath(steps: readonly (string | number)[], all: boolean): RowsOf {
  return (document) => {
    const found = follow(document, steps);
    if (found === undefined) return undefined;
    if (found === null) return [];
    if (Array.isArray(found)) return found as unknown[];
    return all && typeof found === "object" ? Object.values(found) : [found];
  };
}

function jsonPath(path: string): RowsOf {
  const query = compiled(path, () => compile(path));
  return (document, text) => {
    // Comparisons in filters need plain numbers; the rows are then taken from the exact document by their place.
    const exact = hasExactNumbers(document);
    const nodes = query.query((exact ? JSON.parse(text()) : document) as Parameters<typeof query.query>[0]);
    const found = Array.from(nodes, (node) => (exact ? follow(document, node.location) : node.value));
    return found.length === 1 && Array.isArray(found[0]) ? (found[0] as unknown[]) : found;
  };
}

function jmesPath(expression: string): RowsOf {
  const run = (document: unknown): unknown => search(expression, document as Parameters<typeof search>[1]);
  compiled(expression, () => run({}));
  return (document) => {
    const found = run(document);
    if (found === null || found === undefined) return undefined;
    return Array.isArray(found) ? (found as unknown[]) : [found];
  };
}

function compiled<T>(path: string, compilePath: () => T): T {
  try {
    return compilePath();
  } catch (error) {
    // An expression may be right and still not fit an empty document.
    if (error instanceof Error && /type|argument/i.test(error.constructor.name) && path !== "") {
      return undefined as T;
    }
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${path}" is not a path to rows: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** True where a number is kept as bigint or as its text. */
function hasExactNumbers(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) return true;
  for (const each of Array.isArray(value) ? value : Object.values(value))
    if (hasExactNumbers(each)) return true;
  return false;
}
