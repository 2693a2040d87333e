import type { PackageParts } from "./package-parts.ts";
import { parseXml } from "./xml-events.ts";

/** What a number in a cell stands for, by the way it is shown. */
export type NumberMeaning = "number" | "date" | "time" | "datetime" | "duration";

/** Formats that workbooks do not spell out. */
const BUILT_IN: readonly (readonly [from: number, to: number, meaning: NumberMeaning])[] = [
  [14, 17, "date"],
  [18, 21, "time"],
  [22, 22, "datetime"],
  [27, 31, "date"],
  [32, 35, "time"],
  [36, 36, "date"],
  [45, 45, "time"],
  [46, 46, "duration"],
  [47, 47, "time"],
  [50, 54, "date"],
  [55, 56, "time"],
  [57, 58, "date"],
];

/** The meanings of the numbers of cells by the cells' style. */
export async function readNumberFormats(
  parts: PackageParts,
  part: string | undefined,
  file: string,
): Promise<NumberMeaning[]> {
  const styles: NumberMeaning[] = [];
  if (part === undefined) return styles;
  const custom = new Map<number, NumberMeaning>();
  let inCells = false;
  await parseXml(
    parts.text(part),
    {
      open: (name, attributes) => {
        if (name === "numFmt") {
          custom.set(Number(attributes["numFmtId"]), meaningOf(attributes["formatCode"] ?? ""));
        } else if (name === "cellXfs") inCells = true;
        else if (name === "xf" && inCells) {
          const id = Number(attributes["numFmtId"] ?? 0);
          styles.push(
            custom.get(id) ?? BUILT_IN.find(([from, to]) => id >= from && id <= to)?.[2] ?? "number",
          );
        }
      },
      close: (name) => {
        if (name === "cellXfs") inCells = false;
      },
    },
    file,
  );
  return styles;
}

/** What a format such as `yyyy-mm-dd hh:mm` shows. */
export function meaningOf(code: string): NumberMeaning {
  // Of positive numbers; without texts, escaped characters, colours and locales.
  const positive = code.replaceAll(/"[^"]*"|\\.|_.|\*./g, "").split(";")[0] ?? "";
  if (/\[(h+|m+|s+)\]/i.test(positive)) return "duration";
  const bare = positive.replaceAll(/\[[^\]]*\]/g, "").toLowerCase();
  if (/general/.test(bare)) return "number";
  const day = /[yd]|e(?![+-])|m{3,}|^m+$/.test(bare);
  const clock = /[hs]|am\/pm|a\/p/.test(bare);
  if (day) return clock ? "datetime" : "date";
  return clock ? "time" : "number";
}
