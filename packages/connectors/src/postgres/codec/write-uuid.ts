import { MillraceError } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";

/** Character code → hex digit, 255 where it is none. */
const HEX = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i;
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}
/** Where in the text each byte's two digits are. */
const PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

/** Writes a UUID in its 8-4-4-4-12 form; needs 20 bytes of slack. */
export function writeUuid(out: CopyBuffer, text: string): void {
  const { bytes, position } = out;
  out.view.setInt32(position, 16);
  let seen = 0;
  let codes = 0;
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i] as number;
    const first = text.charCodeAt(place);
    const second = text.charCodeAt(place + 1);
    codes |= first | second;
    const high = HEX[first] as number;
    const low = HEX[second] as number;
    seen |= high | low;
    bytes[position + 4 + i] = (high << 4) | low;
  }
  if (seen > 15 || codes > 127 || text.length !== 36) {
    throw new MillraceError("MLR_INTERNAL", `"${text.slice(0, 60)}" reached a column of type uuid`);
  }
  out.position = position + 20;
}
