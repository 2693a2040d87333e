import type { Convert, Place } from "../field.ts";
import { text } from "./text.ts";

/**
 * The part of a text that a pattern finds: its first group, or all of it.
 * @example css(".rooms", matching(/(\d+) 房/, number))
 */
export function matching(pattern: RegExp, convert: Convert = text): Convert {
  const once = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ""));
  const read = (value: string, place: Place): unknown => {
    const found = once.exec(value);
    return found === null ? null : convert(found[1] ?? found[0], place);
  };
  return convert.columnType === undefined ? read : Object.assign(read, { columnType: convert.columnType });
}
