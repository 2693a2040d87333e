import type { Cursors, CursorValues } from "../query/cursors.ts";

/** Puts cursors where an answer has their marks. What is in the data cannot look like one: the marker is made for the request. */
export function sealCursors(
  json: string,
  {
    marker,
    names,
    cursors,
  }: { readonly marker: string; readonly names: readonly string[]; readonly cursors: Cursors },
): string {
  if (names.length === 0 || !json.includes(marker)) return json;
  const mark = new RegExp(`"${marker}(\\d+):((?:[^"\\\\]|\\\\.)*)"`, "g");
  return json.replace(mark, (_, at: string, escaped: string) => {
    const place = JSON.parse(JSON.parse(`"${escaped}"`) as string) as CursorValues;
    return JSON.stringify(cursors.write(place, names[Number(at)] ?? ""));
  });
}
