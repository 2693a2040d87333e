import { hash } from "node:crypto";
import { MillraceError } from "@millrace/core";

/** Bytes of a file name that all usual file systems take, with room for what is added to it. */
const MAX_BYTES = 180;
/** Names that Windows keeps for devices, whatever follows after a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * A name for a file or folder that never leaves the folder it is put in, and that Windows and file systems that do not
 * tell upper from lower case take too: letters in lower case, digits, `_`, `-` and inner dots stay, all else becomes the
 * `%XX` of its UTF-8 bytes. Different names stay different; long ones are cut and end in digits of their hash.
 */
export function safeName(name: string): string {
  const normal = name.normalize("NFC");
  const encoded = encode(normal, /[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}_.-]/u);
  if (Buffer.byteLength(encoded) <= MAX_BYTES) return encoded;
  const ascii = encode(normal, /[a-z0-9_-]/);
  return `${ascii.slice(0, 100).replace(/%.?$/, "")}-${hash("sha256", name, "hex").slice(0, 16)}`;
}

/** The name of a hive partition: `column=value`; a reader decodes it to the same text. Null is hive's own word for it. */
export function partitionName(column: string, value: string | null): string {
  const kept = /[\p{L}\p{M}\p{Nd}_.+,;@ -]/u;
  const text = value === null ? "__HIVE_DEFAULT_PARTITION__" : encode(value, kept);
  const name = `${encode(column, kept)}=${text}`;
  if (Buffer.byteLength(name) <= MAX_BYTES + 60) return name;
  throw new MillraceError(
    "MLR_DESTINATION_FAILED",
    `a value of column "${column}" is too long for the name of a folder: ${JSON.stringify(value?.slice(0, 60))}…`,
    { hint: "Partition by a column with short values, such as a date or a code.", details: { column } },
  );
}

function encode(name: string, kept: RegExp): string {
  let out = "";
  const characters = Array.from(name);
  for (const [index, character] of characters.entries()) {
    const edge = index === 0 || index === characters.length - 1;
    const dotOrSpace = character === "." || character === " ";
    out += kept.test(character) && !(edge && dotOrSpace) ? character : percent(character);
  }
  return DEVICE.test(out) ? `${percent(out.charAt(0))}${out.slice(1)}` : out;
}

function percent(character: string): string {
  return Buffer.from(character, "utf8").toString("hex").toUpperCase().replaceAll(/../g, "%$&");
}
