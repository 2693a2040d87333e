import type { Row } from "@millrace/core";
import { put } from "../../shared/xml/element-tree.ts";

/** Names of a path such as `GetOrdersResult/Order`; a prefix of a namespace does not count. */
export function pathNames(path: string): string[] {
  return path
    .replace(/^\//, "")
    .split("/")
    .map((name) => name.slice(name.indexOf(":") + 1));
}

/** The value that a path leads to; of arrays the first. */
export function valueAt(value: unknown, names: readonly string[]): unknown {
  let current = value;
  for (const name of names) {
    if (Array.isArray(current)) current = (current as unknown[])[0];
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Row)[name];
  }
  return Array.isArray(current) ? (current as unknown[])[0] : current;
}

/** A copy with another value where a path leads. */
export function withValueAt(value: unknown, names: readonly string[], replacement: unknown): Row {
  const [first = "", ...rest] = names;
  const before = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : {};
  const copy: Row = { ...before };
  put(copy, first, rest.length === 0 ? replacement : withValueAt(before[first], rest, replacement));
  return copy;
}
