import { MillraceError } from "@millrace/core";
import type { RowsOf } from "./compile-rows.ts";

/** Names that members with the rows usually have, for documents where more than one array could be meant. */
const USUAL = [
  "data",
  "items",
  "results",
  "records",
  "rows",
  "value",
  "values",
  "entries",
  "features",
  "content",
  "hits",
  "list",
];

/**
 * Where the rows are when nobody says so: the top-level array, or the only array (of objects, where there are others) of the
 * top-level object. What one page shows holds for those that follow. Fails with MLR_SOURCE_FORMAT where it is not clear.
 */
export function rowsFinder(where: string): RowsOf {
  let known: string | undefined;
  return (document) => {
    if (Array.isArray(document)) return document as unknown[];
    if (typeof document !== "object" || document === null) throw unclear(where, "no array or object", []);
    const members = Object.entries(document).filter((entry): entry is [string, unknown[]] =>
      Array.isArray(entry[1]),
    );
    if (known !== undefined) return members.find(([name]) => name === known)?.[1];
    const found = choose(members);
    if (found === undefined) {
      const names = members.map(([name]) => name);
      throw unclear(
        where,
        names.length === 0 ? "one object without an array of rows" : "an object with several arrays",
        names,
      );
    }
    const [name, rows] = found;
    if (rows.length > 0) known = name;
    return rows;
  };
}

function choose(members: readonly [string, unknown[]][]): [string, unknown[]] | undefined {
  const objects = members.filter(
    ([, rows]) => typeof rows[0] === "object" && rows[0] !== null && !Array.isArray(rows[0]),
  );
  const candidates = objects.length > 0 ? objects : members;
  if (candidates.length === 1) return candidates[0];
  return candidates.find(([name]) => USUAL.includes(name.toLowerCase()));
}

function unclear(where: string, what: string, names: readonly string[]): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${where} is ${what}${names.length === 0 ? "" : `: ${names.join(", ")}`}`,
    {
      hint:
        names.length === 0
          ? 'Say where the rows are with `rows`, for instance "$.data[*]"; "$" takes the whole document as one row.'
          : `Say which has the rows with \`rows\`, for instance "$.${names[0] ?? ""}[*]".`,
      details: { arrays: [...names] },
    },
  );
}
