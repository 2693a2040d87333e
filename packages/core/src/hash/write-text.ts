/** Longer texts are cheaper to write natively than by a loop in JavaScript. */
const LOOP_LIMIT = 24;

/** Writes UTF-8 at `at` and gives where it ends. There must be room for three bytes per UTF-16 code unit. */
export function writeText(bytes: Buffer, at: number, text: string): number {
  const length = text.length;
  if (length > LOOP_LIMIT) return at + bytes.write(text, at, "utf8");
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return at + bytes.write(text, at, "utf8");
    bytes[at + i] = code;
  }
  return at + length;
}

/** Lower-case hex after `\x`. */
export function writeHex(bytes: Buffer, at: number, value: Uint8Array): number {
  bytes[at] = 92;
  bytes[at + 1] = 120;
  const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return at + 2 + bytes.write(view.toString("hex"), at + 2, "latin1");
}
