import { MillraceError } from "@millrace/core";

/** Says of the elements from the outermost one down whether the last is a row. Names are without prefixes. */
export type RowPath = (names: readonly string[]) => boolean;

const SEGMENT = /^(\*|[^\s/*@[\]()]+)$/;

/**
 * Compiles a path such as `/catalog/book` (from the outermost element), `//book` (at any depth) or `/feed/*`. Prefixes of
 * namespaces are left out. Fails with MLR_ARGUMENT_INVALID for anything else, such as conditions.
 */
export function compileRowPath(path: string): RowPath {
  const anywhere = path.startsWith("//");
  const segments = path
    .replace(/^\/{1,2}/, "")
    .split("/")
    .map((segment) => segment.slice(segment.indexOf(":") + 1));
  if (segments.some((segment) => !SEGMENT.test(segment))) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `xml(): option "rows": "${path}" is no path to elements`,
      {
        hint: "Write the names from the outermost element on, such as /catalog/book, or //book for any depth; * stands for any name.",
        details: { option: "rows" },
      },
    );
  }
  return (names) => {
    if (anywhere ? names.length < segments.length : names.length !== segments.length) return false;
    const start = names.length - segments.length;
    return segments.every((segment, index) => segment === "*" || segment === names[start + index]);
  };
}
