import { MillraceError } from "@millrace/core";
import type { TextContent } from "../shared/files/text-content.ts";
import type { Segment } from "./json-path.ts";
import { scanText } from "./scan-text.ts";

/**
 * Where the rows of a document are when nobody says so: in its top-level array, or in the only array of its top-level
 * object. Fails with MLR_SOURCE_FORMAT where that is not clear.
 */
export async function findRows(content: TextContent, maxLength: number): Promise<readonly Segment[]> {
  const start = content.sample.trimStart().charAt(0);
  if (start !== "{") return ["*all"];
  const arrays: { name: string; objects: boolean }[] = [];
  const sink = {
    element: () => undefined,
    member: (name: string, first: string) => {
      if (first.startsWith("[")) arrays.push({ name, objects: first === "[{" });
    },
  };
  // No member has this path, so that every value is passed over.
  for await (const _ of scanText(content, ["*none"], sink, maxLength)) continue;
  const candidates = arrays.filter((array) => array.objects);
  const only = candidates.length === 1 ? candidates[0] : arrays.length === 1 ? arrays[0] : undefined;
  if (only !== undefined) return [`.${only.name}`, "*all"];
  const names = (candidates.length > 0 ? candidates : arrays).map((array) => array.name);
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    names.length === 0
      ? `${content.file.name} is one object without an array of rows`
      : `${content.file.name} is an object with several arrays: ${names.join(", ")}`,
    {
      hint:
        names.length === 0
          ? 'Say where the rows are with the option `rows`; "$" takes the whole object as one row.'
          : `Say which has the rows with the option \`rows\`, for instance "$.${names[0] ?? ""}[*]".`,
      details: { file: content.file.name, arrays: names },
    },
  );
}
