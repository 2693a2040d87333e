import { MillraceError } from "@millrace/core";

/** A value that may be put into a request. */
export type Bound = string | number | boolean;
/** Values by reference, such as `repos.name`. */
export type Bindings = Readonly<Record<string, Bound>>;

const REFERENCE = /\{([A-Za-z_][\w-]*)\.([^{}]+)\}/g;

/** The references of a template whose first part is one of `spaces`. */
export function referencesIn(template: string, spaces: ReadonlySet<string>): string[] {
  return [...template.matchAll(REFERENCE)]
    .filter(([, space = ""]) => spaces.has(space))
    .map(([, space = "", path = ""]) => `${space}.${path}`);
}

/** References anywhere in a document. */
export function referencesInside(value: unknown, spaces: ReadonlySet<string>): string[] {
  if (typeof value === "string") return referencesIn(value, spaces);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((each) => referencesInside(each, spaces));
}

/** Fills in what is bound; what is not is left as it stands. `write` turns a value into text. */
export function fill(template: string, bindings: Bindings, write: (value: Bound) => string = String): string {
  if (!template.includes("{")) return template;
  return template.replaceAll(REFERENCE, (whole, space: string, path: string) => {
    const value = bindings[`${space}.${path}`];
    return value === undefined ? whole : write(value);
  });
}

/** As `fill`; a template that is one reference keeps the type of its value. */
export function fillValue(template: string, bindings: Bindings): Bound {
  const only = /^\{([A-Za-z_][\w-]*)\.([^{}]+)\}$/.exec(template);
  const value = only === null ? undefined : bindings[`${only[1] ?? ""}.${only[2] ?? ""}`];
  return value ?? fill(template, bindings);
}

/** As `fillValue`, in every text of a document. */
export function fillInside(value: unknown, bindings: Bindings): unknown {
  if (typeof value === "string") return fillValue(value, bindings);
  if (Array.isArray(value)) return value.map((each) => fillInside(each, bindings));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fillInside(each, bindings)]));
}

/** A value as one segment of a path. Fails with MLR_SOURCE_FORMAT for those that would lead to another path. */
export function asSegment(value: Bound): string {
  const text = String(value);
  if (text !== "" && text !== "." && text !== "..") return encodeURIComponent(text);
  throw new MillraceError("MLR_SOURCE_FORMAT", `"${text}" cannot be a part of a path`, {
    hint: "Check the field of the parent's rows that the path is made with.",
  });
}
