import type { CopyBuffer } from "./copy-buffer.ts";

/** Up to this many characters, a loop over ASCII beats the call into the runtime. */
const SHORT = 24;
/** From this many characters on, the exact length is counted first instead of reserving three bytes for each. */
const LONG = 32768;

/** Writes a text. */
export function writeText(out: CopyBuffer, text: string): void {
  writeString(out, text, 0);
}

/** Writes JSON text as jsonb: one byte of version, then the text. */
export function writeJson(out: CopyBuffer, text: string): void {
  writeString(out, text, 1);
}

function writeString(out: CopyBuffer, text: string, version: 0 | 1): void {
  const length = text.length;
  out.reserve(5 + (length < LONG ? length * 3 : Buffer.byteLength(text)));
  const start = out.position + 4;
  const bytes = out.bytes;
  let at = start;
  if (version === 1) bytes[at++] = 1;
  let size = -1;
  if (length <= SHORT) size = writeAscii(bytes, text, at);
  if (size < 0) size = bytes.write(text, at, "utf8");
  out.view.setInt32(start - 4, at - start + size);
  out.position = at + size;
}

/** Writes the characters as bytes; -1 where one of them is not ASCII. */
function writeAscii(bytes: Buffer, text: string, at: number): number {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return -1;
    bytes[at + i] = code;
  }
  return length;
}

/** Writes bytes as they are. */
export function writeBytes(out: CopyBuffer, value: Uint8Array): void {
  out.reserve(4 + value.length);
  out.view.setInt32(out.position, value.length);
  out.bytes.set(value, out.position + 4);
  out.position += 4 + value.length;
}
