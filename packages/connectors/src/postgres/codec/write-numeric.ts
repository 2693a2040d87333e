import { MillraceError } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";

const NEGATIVE = 0x4000;
const NAN = 0xc000;
const INFINITY = 0xd000;
const MINUS_INFINITY = 0xf000;
/** What numeric can hold, in decimal digits before and after the point. */
const MAX_WHOLE_DIGITS = 131072;
const MAX_FRACTION_DIGITS = 16383;
/** Length, number of groups, weight, sign and scale. */
const HEADER_BYTES = 12;
const ZERO = 48;
const NINE = 57;
const POINT = 46;
const MINUS = 45;
/** What a digit of a group of four is worth, by how many digits of the group follow it. */
const WORTH = Uint16Array.of(1, 10, 100, 1000);

/** Writes a plain decimal, as the storage form has it, in the format of numeric_recv: base 10000, most significant group first. */
export function writeNumeric(out: CopyBuffer, text: string): void {
  const end = text.length;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  // No lookup by the text itself: that would make V8 intern every number.
  if (!(text.charCodeAt(start) <= NINE)) return writeSpecial(out, text);
  let wholeEnd = start;
  while (wholeEnd < end && text.charCodeAt(wholeEnd) !== POINT) wholeEnd++;
  const scale = wholeEnd === end ? 0 : end - wholeEnd - 1;
  if (wholeEnd - start > MAX_WHOLE_DIGITS || scale > MAX_FRACTION_DIGITS) refuseSize(text);
  out.reserve(16 + (end >> 1));
  const { view, position: head } = out;
  out.position += HEADER_BYTES;
  const weight = writeGroups(out, text, start, wholeEnd);
  const groups = (out.position - head - HEADER_BYTES) >> 1;
  view.setInt32(head, out.position - head - 4);
  view.setUint16(head + 4, groups);
  view.setInt16(head + 6, groups === 0 ? 0 : weight);
  view.setUint16(head + 8, start === 1 && groups > 0 ? NEGATIVE : 0);
  view.setUint16(head + 10, scale);
}

/** Writes the digits in groups of four, counted from the point; returns the power of 10000 of the first group written. */
function writeGroups(out: CopyBuffer, text: string, start: number, wholeEnd: number): number {
  const { bytes, position: first } = out;
  const last = text.length - 1;
  let at = first;
  let weight = ((wholeEnd - start + 3) >> 2) - 1;
  // How many digits of the group follow: the first group may be short.
  let following = (wholeEnd - start - 1) & 3;
  let group = 0;
  for (let i = start; i <= last; i++) {
    if (i === wholeEnd) continue;
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) refuseText(text);
    group += digit * (WORTH[following] as number);
    if (following > 0 && i !== last) {
      following--;
      continue;
    }
    following = 3;
    // Groups of zeros at either end are left out, as the server itself does.
    if (group === 0 && at === first) weight--;
    else {
      bytes[at] = group >> 8;
      bytes[at + 1] = group;
      at += 2;
      group = 0;
    }
  }
  while (at > first && bytes[at - 1] === 0 && bytes[at - 2] === 0) at -= 2;
  out.position = at;
  return weight;
}

function writeSpecial(out: CopyBuffer, text: string): void {
  const sign = text === "NaN" ? NAN : text === "Infinity" ? INFINITY : MINUS_INFINITY;
  if (sign === MINUS_INFINITY && text !== "-Infinity") refuseText(text);
  out.reserve(12);
  const { view, position } = out;
  view.setInt32(position, 8);
  view.setUint32(position + 4, 0);
  view.setUint16(position + 8, sign);
  view.setUint16(position + 10, 0);
  out.position += 12;
}

function refuseText(text: string): never {
  throw new MillraceError(
    "MLR_INTERNAL",
    `"${text.slice(0, 100)}" reached a column of type numeric, which takes plain decimals`,
  );
}

function refuseSize(text: string): never {
  throw new MillraceError(
    "MLR_ROW_INVALID",
    `a number of ${text.length} characters, ${text.slice(0, 30)}…, is more than numeric can hold`,
    { hint: "Store the column as text." },
  );
}
