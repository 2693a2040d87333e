import { MillraceError, parseInterval } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";

/** Writes an interval given as ISO 8601 text, such as `P14M3DT12.5S`; needs 20 bytes of slack. */
export function writeInterval(out: CopyBuffer, text: string): void {
  const interval = parseInterval(text);
  if (interval === undefined) {
    throw new MillraceError("MLR_INTERNAL", `"${text.slice(0, 60)}" reached a column of type interval`);
  }
  const { view, position } = out;
  view.setInt32(position, 16);
  view.setBigInt64(position + 4, interval.micros);
  view.setInt32(position + 12, interval.days);
  view.setInt32(position + 16, interval.months);
  out.position = position + 20;
}
