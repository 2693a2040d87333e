import { MillraceError } from "@millrace/core";
import type { CopyBuffer } from "./copy-buffer.ts";

const SIGN_NEGATIVE = 0x4000;
const SPECIAL: Readonly<Record<string, number>> = { NaN: 0xc000, Infinity: 0xd000, "-Infinity": 0xf000 };
/** What numeric can hold, in decimal digits before and after the point. */
const MAX_WHOLE_DIGITS = 131072;
const MAX_FRACTION_DIGITS = 16383;
const ZERO = 48;
const MINUS = 45;

/** Writes a plain decimal, as the storage form has it, in the format of numeric_recv: base 10000, most significant group first. */
export function writeNumeric(out: CopyBuffer, text: string): void {
  const special = SPECIAL[text];
  if (special !== undefined) return writeSpecial(out, special);
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const point = text.indexOf(".", start);
  const end = text.length;
  const wholeEnd = point < 0 ? end : point;
  const scale = point < 0 ? 0 : end - point - 1;
  if (wholeEnd - start > MAX_WHOLE_DIGITS || scale > MAX_FRACTION_DIGITS) {
    throw new MillraceError(
      "MLR_ROW_INVALID",
      `a number of ${text.length} characters, ${text.slice(0, 30)}…, is more than numeric can hold`,
      { hint: "Store the column as text." },
    );
  }
  const wholeGroups = (wholeEnd - start + 3) >> 2;
  const groups = wholeGroups + ((scale + 3) >> 2);
  out.reserve(12 + groups * 2);
  const head = out.position;
  out.position += 12;
  let weight = wholeGroups - 1;
  let written = 0;
  // The first group may be short: it is filled from the left with zeros.
  let index = wholeEnd - wholeGroups * 4;
  for (let group = 0; group < groups; group++) {
    if (index === wholeEnd) index++;
    let value = 0;
    for (let digit = 0; digit < 4; digit++, index++) value = value * 10 + digitAt(text, index, start, end);
    if (value === 0 && written === 0) weight--;
    else {
      out.view.setUint16(out.position, value);
      out.position += 2;
      written++;
    }
  }
  const view = out.view;
  // Groups of zeros at the end are left out, as the server itself does.
  while (written > 0 && view.getUint16(out.position - 2) === 0) {
    written--;
    out.position -= 2;
  }
  view.setInt32(head, 8 + written * 2);
  view.setUint16(head + 4, written);
  view.setInt16(head + 6, written === 0 ? 0 : weight);
  view.setUint16(head + 8, start === 1 && written > 0 ? SIGN_NEGATIVE : 0);
  view.setUint16(head + 10, scale);
}

function digitAt(text: string, index: number, start: number, end: number): number {
  if (index < start || index >= end) return 0;
  const digit = text.charCodeAt(index) - ZERO;
  if (digit < 0 || digit > 9) {
    throw new MillraceError(
      "MLR_INTERNAL",
      `"${text.slice(0, 100)}" reached numeric, which takes plain decimals`,
    );
  }
  return digit;
}

function writeSpecial(out: CopyBuffer, sign: number): void {
  out.reserve(12);
  const { view, position } = out;
  view.setInt32(position, 8);
  view.setUint32(position + 4, 0);
  view.setUint16(position + 8, sign);
  view.setUint16(position + 10, 0);
  out.position += 12;
}
