import { MillraceError } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";

const INTERVAL = /^P(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(-?)(\d+)(?:\.(\d{1,6}))?S)?$/;

/** Writes an interval given in the canonical form, such as `P14M3DT12.5S`; needs 20 bytes of slack. */
export function writeInterval(out: CopyBuffer, text: string): void {
  const parts = INTERVAL.exec(text);
  if (parts === null) {
    throw new MillraceError("MLR_INTERNAL", `"${text.slice(0, 60)}" reached a column of type interval`);
  }
  const micros = BigInt((parts[4] ?? "0") + (parts[5] ?? "").padEnd(6, "0"));
  const { view, position } = out;
  view.setInt32(position, 16);
  view.setBigInt64(position + 4, parts[3] === "-" ? -micros : micros);
  view.setInt32(position + 12, Number(parts[2] ?? 0));
  view.setInt32(position + 16, Number(parts[1] ?? 0));
  out.position = position + 20;
}
