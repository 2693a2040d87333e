const STEP = /\.([\p{L}_$@][\p{L}\p{N}_$@-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

/**
 * Reads a path that names one value: `$.meta.next`, `$['@odata.nextLink']`, `meta.next`, or a member's name. Undefined
 * where it is none, but perhaps a JSONPath with wildcards or filters.
 */
export function parseSteps(path: string): (string | number)[] | undefined {
  const text = path.startsWith("$") ? path.slice(1) : path.startsWith("[") ? path : `.${path}`;
  const steps: (string | number)[] = [];
  for (let at = 0; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) return undefined;
    const [, name, index, single, double] = match;
    steps.push(
      name ?? (index === undefined ? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1") : Number(index)),
    );
  }
  return steps;
}

/** The value that the steps lead to. */
export function follow(document: unknown, steps: readonly (string | number)[]): unknown {
  let value = document;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
