import { MillraceError } from "@millrace/core";

/** Reads one value out of a row; undefined where the path leads nowhere. */
export type Getter = (row: unknown) => unknown;

const STEP = /\.([A-Za-z_$][\w$-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]/y;

/**
 * Compiles a path: `$.a.b[0]["x y"]` (the part of JSONPath that names one value), or a column's name taken literally.
 * Fails with MLR_ARGUMENT_INVALID where a text that begins with `$` is no such path.
 */
export function compilePath(path: string): Getter {
  return path.startsWith("$") ? compileSteps(parsePath(path)) : compileSteps([path]);
}

/** The steps of a path that begins with `$`. */
export function parsePath(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) throw invalidPath(path, at);
    const [, name, index, double, single] = match;
    steps.push(name ?? (index === undefined ? unescape(double ?? single ?? "") : Number(index)));
  }
  return steps;
}

function invalidPath(path: string, at: number): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `"${path}" is not a path: it cannot go on with "${path.slice(at, at + 20)}"`,
    {
      hint: 'A path names one value: $.name, $.list[0], $["a name"]. Wildcards, filters and ".." are not part of it.',
      details: { path, at },
    },
  );
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

function compileSteps(steps: readonly (string | number)[]): Getter {
  const [first, second, ...rest] = steps;
  if (first === undefined) return (row) => row;
  const one = compileStep(first);
  if (second === undefined) return one;
  const two = compileStep(second);
  if (rest.length === 0) return (row) => two(one(row));
  const tail = compileSteps(rest);
  return (row) => tail(two(one(row)));
}

function compileStep(step: string | number): Getter {
  if (typeof step === "number")
    return (value) => (Array.isArray(value) ? (value[step] as unknown) : undefined);
  // Names that every object inherits are columns only where the row has them itself.
  if (step in Object.prototype) {
    return (value) => (isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined);
  }
  return (value) => (isObject(value) ? value[step] : undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
