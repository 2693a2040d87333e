import path from "node:path";

/** Longest name that every file system takes, in bytes. */
const LONGEST = 255;
const SEPARATOR = "~";

/** A name as text: what is no UTF-8 in it is shown as `%FF`. */
export function shownName(raw: Uint8Array): string {
  const text = Buffer.from(raw).toString("utf8");
  if (Buffer.from(text, "utf8").equals(raw)) return text;
  return Array.from(Buffer.from(raw), (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}

/** True where the text of a name leads back to its bytes. */
export function isPlainName(raw: Uint8Array): boolean {
  return Buffer.from(Buffer.from(raw).toString("utf8"), "utf8").equals(raw);
}

/** The name of a claimed file: its id first, and of its own name as much as fits, with the ending. */
export function claimedName(id: string, raw: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${id}${SEPARATOR}`),
    shortened(raw, LONGEST - id.length - SEPARATOR.length),
  ]);
}

/** Id and own name of a claimed file; undefined for other files. */
export function readClaimedName(file: Uint8Array): { readonly id: string; readonly raw: Buffer } | undefined {
  const bytes = Buffer.from(file);
  const id = bytes.subarray(0, 36).toString("latin1");
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id) || bytes[36] !== SEPARATOR.charCodeAt(0))
    return undefined;
  return { id, raw: bytes.subarray(37) };
}

/** A name that no other file has: `invoice~1a2b3c4d5e6f.pdf`. */
export function uniqueName(raw: Uint8Array, id: string): Buffer {
  const { stem, ending } = parts(raw);
  const mark = Buffer.from(`${SEPARATOR}${id.slice(-12)}`);
  return Buffer.concat([stem.subarray(0, Math.max(1, LONGEST - mark.length - ending.length)), mark, ending]);
}

/** The name of what is put beside a file. */
export function besideName(file: Uint8Array, ending: string): Buffer {
  return Buffer.concat([Buffer.from(file).subarray(0, LONGEST - ending.length), Buffer.from(ending)]);
}

function shortened(raw: Uint8Array, most: number): Buffer {
  const { stem, ending } = parts(raw);
  return Buffer.concat([stem.subarray(0, Math.max(1, most - ending.length)), ending]);
}

/** The last part of a path, without and with its ending; endings of more than 16 bytes are none. */
function parts(raw: Uint8Array): { readonly stem: Buffer; readonly ending: Buffer } {
  const bytes = Buffer.from(raw);
  const name = bytes.subarray(
    Math.max(bytes.lastIndexOf(0x2f), path.sep === "\\" ? bytes.lastIndexOf(0x5c) : -1) + 1,
  );
  const dot = name.lastIndexOf(0x2e);
  if (dot <= 0 || name.length - dot > 16) return { stem: name, ending: Buffer.alloc(0) };
  return { stem: name.subarray(0, dot), ending: name.subarray(dot) };
}
